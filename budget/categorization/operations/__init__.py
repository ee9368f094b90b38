"""What is done to rules and known merchants, and what they do; each operation is one change, whole or not at all."""

from budget.categorization.operations.asking import ask_provider
from budget.categorization.operations.filing import (
    NotFiled,
    RulePreview,
    add_rule_and_run,
    preview_rule,
    run_rule,
    run_rules,
)
from budget.categorization.operations.learning import learn, learn_many
from budget.categorization.operations.mappings import add_mapping, change_mapping, delete_mapping
from budget.categorization.operations.rules import add_rule, change_rule, delete_rule, move_rule, rules_in_order
from budget.categorization.operations.threshold import MOST_CONFIRMATIONS, set_confirmations_needed

__all__ = [
    "MOST_CONFIRMATIONS",
    "NotFiled",
    "RulePreview",
    "add_mapping",
    "add_rule",
    "add_rule_and_run",
    "ask_provider",
    "change_mapping",
    "change_rule",
    "delete_mapping",
    "delete_rule",
    "learn",
    "learn_many",
    "move_rule",
    "preview_rule",
    "rules_in_order",
    "run_rule",
    "run_rules",
    "set_confirmations_needed",
]
