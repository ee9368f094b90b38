"""An account's coverage by the bank's files, looked up by the account in a list."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from budget.ledger.models import Account
from budget.statements.coverage import Coverage

register = template.Library()


@register.filter
def known_of(coverage: Mapping[int, Coverage], account: Account) -> Coverage | None:
    """``{{ coverage|known_of:account }}``: what is known of it."""
    return coverage.get(account.pk)
