"""Where the pages of rules, merchants and accuracy are."""

from django.urls import path

from budget.categorization.views import accuracy, merchants, rules

app_name = "categorization"

urlpatterns = [
    path("settings/rules/", rules.rule_list, name="rule-list"),
    path("settings/rules/new/", rules.rule_create, name="rule-create"),
    path("settings/rules/runs/", rules.rules_run, name="rules-run"),
    path("settings/rules/questions/", rules.provider_ask, name="provider-ask"),
    path("settings/rules/confirmations/", rules.threshold_change, name="threshold-change"),
    path("settings/rules/<int:pk>/", rules.rule_change, name="rule-change"),
    path("settings/rules/<int:pk>/deletion/", rules.rule_delete, name="rule-delete"),
    path("settings/rules/<int:pk>/position/", rules.rule_move, name="rule-move"),
    path("settings/rules/<int:pk>/runs/", rules.rule_run, name="rule-run"),
    path("settings/rules/merchants/new/", merchants.mapping_create, name="mapping-create"),
    path("settings/rules/merchants/<int:pk>/", merchants.mapping_change, name="mapping-change"),
    path("settings/rules/merchants/<int:pk>/deletion/", merchants.mapping_delete, name="mapping-delete"),
    path("review/accuracy/", accuracy.accuracy, name="accuracy"),
]
