"""The administration: gathers each feature's pages; money is read-only there."""

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib import admin
from django.contrib.auth.models import Group

from budget.administration import may_enter
from budget.books import admin as books
from budget.categorization import admin as categorization
from budget.envelopes import admin as envelopes
from budget.files import admin as files
from budget.history import admin as history
from budget.ledger import admin as ledger
from budget.recurring import admin as recurring
from budget.statements import admin as statements
from budget.users import admin as users

__all__ = ["books", "categorization", "envelopes", "files", "history", "ledger", "recurring", "statements", "users"]

admin.site.site_header = admin.site.site_title = "Budget Tracker administration"
admin.site.index_title = "Administration"
admin.site.enable_nav_sidebar = False
admin.site.has_permission = may_enter  # type: ignore[method-assign]  # said once for all pages

# Who may do what is said by membership, and an address belongs to its user.
for foreign in (Group, EmailAddress, EmailConfirmation):
    if admin.site.is_registered(foreign):
        admin.site.unregister(foreign)
