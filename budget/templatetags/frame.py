"""What the frame shows of a book: its accounts."""

from collections.abc import Iterable
from functools import cache

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from budget.ledger.directory import AccountName
from budget.markup import format_html_join

register = template.Library()


@cache
def _address() -> str:
    """Where an account's page is, with ``{}`` for its id."""
    return reverse("ledger:account-detail", args=[0]).replace("0", "{}")


@register.simple_tag
def account_links(accounts: Iterable[AccountName]) -> SafeString:
    """A link for each account, with its balance."""
    address = _address()
    return format_html_join(
        "",
        '<a href="{}"><span>{}</span><span class="n">{}</span></a>',
        ((address.format(account.pk), account.name, account.balance) for account in accounts),
    )
