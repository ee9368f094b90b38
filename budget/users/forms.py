"""What people type to sign up, sign in and say how their pages look."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from allauth.account import app_settings as allauth_settings
from allauth.account import forms as allauth_forms
from allauth.account.internal.userkit import filter_users_by_email
from babel.numbers import get_territory_currencies
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from budget.errors import BudgetError
from budget.ledger.models import AccountType
from budget.ledger.taxonomy import Starter
from budget.money.currencies import currency_choices, is_currency
from budget.money.reading import read_amount
from budget.users.models import User, UserManager

MANDATORY = "mandatory"


def confirms_email() -> bool:
    """Whether a new address is confirmed with a code before its owner is let in."""
    return bool(allauth_settings.EMAIL_VERIFICATION == MANDATORY)


def password_hint() -> str:
    """How long a password must be, in words."""
    for validator in password_validation.get_default_password_validators():
        if isinstance(validator, password_validation.MinimumLengthValidator):
            return f"At least {validator.min_length} characters. A few words in a row are good."
    return "A few words in a row are good."


def email_field() -> forms.EmailField:
    """An address as browsers and password managers expect it."""
    attrs = {"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
    return forms.EmailField(
        label="Email",
        max_length=100,
        widget=forms.EmailInput(attrs=attrs),
        error_messages={
            "required": "Enter your email address.",
            "invalid": "That does not look like an email address.",
        },
    )


def name_field() -> forms.CharField:
    """A person's name, as others will see it."""
    return forms.CharField(
        label="Name",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name."},
    )


def password_field(label: str, autocomplete: str, *, hint: bool = False) -> forms.CharField:
    """A password; what was typed is never sent back to the page."""
    return forms.CharField(
        label=label,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        help_text=password_hint() if hint else "",
        error_messages={"required": f"Enter your {label.lower()}."},
    )


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no complete types
    """Email and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"] = password_field("Password", "current-password")
        self.order_fields(("login", "password"))

    def clean_login(self) -> str:
        """The address as it is stored."""
        return UserManager.normalize_email(self.cleaned_data["login"])


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]  # allauth has no complete types
    """Name, email and password of a new person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = name_field()
        self.fields["email"] = email_field()
        self.fields["password1"] = password_field("Password", "new-password", hint=True)
        self.order_fields(("name", "email", "password1"))

    def validate_unique_email(self, value: str) -> str:
        """Remember whether the address is taken; the answer to a stranger is the same either way."""
        self.account_already_exists = bool(filter_users_by_email(value))
        return value


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth has no complete types
    """The address that a link is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = email_field()


class _NewPassword:
    """One new password instead of the same one twice: it can be shown while it is typed."""

    fields: dict[str, forms.Field]
    user: User

    def use_one_field(self) -> None:
        """Replace allauth's pair of fields."""
        del self.fields["password2"]
        self.fields["password1"] = password_field("New password", "new-password", hint=True)

    def clean_password1(self) -> str:
        """Refuse what is too short, too common or too close to the name."""
        password: str = self.cleaned_data["password1"]  # type: ignore[attr-defined]  # a form's
        password_validation.validate_password(password, self.user)
        return password


class ChangePasswordForm(_NewPassword, allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth's types
    """The old password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_one_field()
        self.fields["oldpassword"] = password_field("Current password", "current-password")
        self.order_fields(("oldpassword", "password1"))


class ResetPasswordKeyForm(_NewPassword, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth's types
    """A new password, for whoever holds the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_one_field()


class FirstUserForm(forms.Form):
    """The person whose installation this is."""

    name = name_field()
    email = email_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field("Password", "new-password", hint=True)

    def clean(self) -> dict[str, Any]:
        """Look at the password beside the name and the address that it must not repeat."""
        values = super().clean() or {}
        password = values.get("password")
        if password:
            somebody = User(email=values.get("email", ""), name=values.get("name", ""))
            try:
                password_validation.validate_password(password, somebody)
            except ValidationError as refused:
                self.add_error("password", refused)
        return values


def likely_currency(languages: str) -> str:
    """The currency of the first country in an `Accept-Language` header, such as USD for "en-US,en"; else EUR."""
    for wanted in languages.split(","):
        _, _, territory = wanted.split(";")[0].strip().partition("-")
        codes = get_territory_currencies(territory.upper()) if len(territory) == 2 else []
        if codes and is_currency(codes[0]):
            return str(codes[0])
    return "EUR"


class FirstBookForm(forms.Form):
    """A person's first book: its name, its currency, what it begins with."""

    name = forms.CharField(
        label="Name of the book",
        max_length=100,
        initial="Personal",
        error_messages={"required": "Give the book a name, such as Personal."},
    )
    currency = forms.ChoiceField(label="Currency", choices=currency_choices)
    starter = forms.ChoiceField(
        label="Categories",
        choices=Starter.choices,
        initial="full",
        widget=forms.RadioSelect,
    )
    account_name = forms.CharField(
        label="First account",
        max_length=100,
        initial="Everyday",
        error_messages={"required": "Name the account, such as Everyday."},
    )
    account_type = forms.ChoiceField(label="Kind of account", choices=AccountType.choices, initial=AccountType.CHECKING)
    opening_balance = forms.CharField(
        label="Balance now",
        max_length=100,
        required=False,
        help_text="What is on it today. A debt has a minus.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "n"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the balance in the currency that was chosen."""
        values = super().clean() or {}
        typed, currency = values.get("opening_balance", ""), values.get("currency")
        values["opening_balance"] = Decimal(0)
        if typed and currency:
            try:
                values["opening_balance"] = read_amount(typed, currency=currency)
            except BudgetError as refused:
                self.add_error("opening_balance", str(refused))
        return values


if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm


class ProfileForm(_UserForm):
    """What a person may change about themselves."""

    name = name_field()

    class Meta:
        """The fields, in the order of the page."""

        model = User
        fields = ("name", "theme", "single_keys")
        widgets = {"theme": forms.RadioSelect}
        labels = {"theme": "Colours", "single_keys": "Use single letters as keyboard shortcuts"}
