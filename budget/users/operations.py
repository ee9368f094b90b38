"""Making the first user of an empty installation."""

from allauth.account.models import EmailAddress
from django.db import connection, transaction

from budget.users.errors import SomebodyIsHereAlready
from budget.users.models import User


def is_first_run() -> bool:
    """Whether nobody has an account yet, not even a disabled one."""
    return not User.objects.exists()


def create_first_user(*, name: str, email: str, password: str) -> User:
    """Make the person whose installation this is: they may do everything, the admin included.

    Of several requests at once exactly one succeeds: SQLite takes its only write lock as the transaction begins,
    PostgreSQL the table's.

    Raises:
        SomebodyIsHereAlready: there is a user.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE budget_user IN SHARE ROW EXCLUSIVE MODE")
        if not is_first_run():
            raise SomebodyIsHereAlready
        user = User.objects.create_superuser(email, name, password)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
