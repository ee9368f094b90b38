"""The way in: sign-in, sign-up, passwords, the first page, a person's own settings."""

from allauth.account import views as allauth_views
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from budget.books.middleware import needs_no_book
from budget.books.pages import apart
from budget.users import settings_views, views

app_urls = (
    [
        path("welcome/", needs_no_book(views.welcome), name="welcome"),
        path("settings/profile/", apart(views.profile_update), name="profile"),
        path("settings/appearance/", RedirectView.as_view(pattern_name="users:profile"), name="appearance"),
        path("settings/security/", settings_views.security, name="security"),
        path("settings/security/sessions/", settings_views.sessions_end, name="sessions-end"),
    ],
    "users",
)

# Named as allauth looks for them.
urlpatterns = [
    path("", include(app_urls)),
    path("login/", needs_no_book(views.LoginView.as_view()), name="account_login"),
    path("logout/", needs_no_book(views.LogoutView.as_view()), name="account_logout"),
    path("signup/", needs_no_book(views.SignupView.as_view()), name="account_signup"),
    path("signup/code/", allauth_views.email_verification_sent, name="account_email_verification_sent"),
    path("login/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("password/change/", apart(views.PasswordChangeView.as_view()), name="account_change_password"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("settings/email/", RedirectView.as_view(pattern_name="users:profile"), name="account_email"),
    path("password/reset/", needs_no_book(views.PasswordResetView.as_view()), name="account_reset_password"),
    path("password/reset/sent/", allauth_views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/done/", allauth_views.password_reset_from_key_done, name="account_reset_password_from_key_done"
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        needs_no_book(views.PasswordResetFromKeyView.as_view()),
        name="account_reset_password_from_key",
    ),
]
