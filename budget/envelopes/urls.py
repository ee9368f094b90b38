"""Addresses of the plan."""

from django.urls import path

from budget.envelopes import views

app_name = "envelopes"

urlpatterns = [
    path("budgets/", views.budget_current, name="budget-current"),
    path("budgets/moves/", views.move_list, name="move-list"),
    path("budgets/<month:month>/", views.budget_month, name="budget-month"),
    path("budgets/<month:month>/allocations/", views.allocation_list, name="allocation-list"),
    path("budgets/<month:month>/copy/", views.budget_copy, name="budget-copy"),
    path("budgets/<month:month>/start/", views.budget_start, name="budget-start"),
    path("budgets/<month:month>/move/", views.budget_move, name="budget-move"),
    path("budgets/<month:month>/<int:pk>/", views.envelope_detail, name="envelope-detail"),
    path("budgets/<month:month>/<int:pk>/rollover/", views.envelope_rollover, name="envelope-rollover"),
]
