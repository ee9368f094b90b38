"""Which feature answers under which path."""

from importlib.util import find_spec

from django.urls import include, path

from budget.months import register_converter

register_converter()

FEATURES = (
    "budget.users",
    "budget.reports",
    "budget.recount",
    "budget.ledger",
    "budget.categorization",
    "budget.envelopes",
    "budget.recurring",
    "budget.review",
    "budget.statements",
    "budget.history",
    "budget.books",
    "budget.archive",
)

urlpatterns = [path("", include(f"{feature}.urls")) for feature in FEATURES if find_spec(f"{feature}.urls")]
urlpatterns.append(path("", include("budget.statements.reconcile_urls")))
