"""Rules that span rows, held by the database itself: triggers for tenant isolation, transfers and the history.

A CHECK sees one row and a foreign key one column; these rules need more. The triggers are made after every `migrate`
(SQLite drops them whenever Django rebuilds a table), so there is one place that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate

SAME_BOOK: Sequence[tuple[str, str, str]] = (
    ("budget_category", "parent_id", "budget_category"),
    ("budget_transaction", "account_id", "budget_account"),
    ("budget_transaction", "category_id", "budget_category"),
    ("budget_accounttransfer", "outgoing_id", "budget_transaction"),
    ("budget_accounttransfer", "incoming_id", "budget_transaction"),
    ("budget_envelope", "category_id", "budget_category"),
    ("budget_allocation", "envelope_id", "budget_envelope"),
    ("budget_envelopetransfer", "outgoing_id", "budget_allocation"),
    ("budget_envelopetransfer", "incoming_id", "budget_allocation"),
    ("budget_entry", "change_id", "budget_change"),
    ("budget_transaction", "line_id", "budget_statementline"),
    ("budget_transaction", "predicted_category_id", "budget_category"),
    ("budget_amountrule", "category_id", "budget_category"),
    ("budget_merchantmapping", "category_id", "budget_category"),
    ("budget_certificate", "account_id", "budget_account"),
    ("budget_filepart", "file_id", "budget_storedfile"),
    ("budget_statementimport", "file_id", "budget_storedfile"),
    ("budget_statementimport", "change_id", "budget_change"),
    ("budget_statementimport", "taken_back_id", "budget_change"),
    ("budget_rememberedcolumns", "account_id", "budget_account"),
    ("budget_statement", "source_id", "budget_statementimport"),
    ("budget_statement", "account_id", "budget_account"),
    ("budget_statementline", "statement_id", "budget_statement"),
    ("budget_recurringseries", "account_id", "budget_account"),
    ("budget_recurringseries", "category_id", "budget_category"),
    ("budget_settleddue", "series_id", "budget_recurringseries"),
    ("budget_seriesrow", "series_id", "budget_recurringseries"),
    ("budget_seriesrow", "transaction_id", "budget_transaction"),
)
"""Table, its foreign key, and the table that it points at: both rows belong to one book."""

LOADED_IN_BULK = frozenset({"budget_transaction", "budget_statementline"})
"""Tables that get rows by the thousand in one statement."""


@dataclass(frozen=True)
class Rule:
    """A trigger: when it fires, on what, and which state of affairs it refuses (a condition on NEW and OLD).

    `refuses_any` says the same of all rows of one INSERT at once, as `new_rows`: PostgreSQL asks that once for each
    statement instead of once for each row, which saves a seventh of a load. SQLite has no such triggers.
    """

    name: str
    table: str
    event: str
    refuses: str
    refuses_any: str = ""

    def fits(self, columns: Mapping[str, Set[str]]) -> bool:
        """Whether a database with these tables and columns has all that the rule looks at."""
        looked_at = f"{self.refuses} {self.refuses_any}"
        tables = {self.table, *re.findall(r"\bbudget_[a-z]+", looked_at)}
        own = {*re.findall(r"\b(?:NEW|OLD|n)\.([a-z_0-9]+)", looked_at), *re.findall(r"[a-z_0-9]+", self.event)}
        return tables <= columns.keys() and own <= columns[self.table]

    def removal(self, vendor: str) -> str:
        """The SQL that takes it away where it is."""
        return f"DROP TRIGGER IF EXISTS {self.name}" + ("" if vendor == "sqlite" else f" ON {self.table}")

    def statements(self, vendor: str) -> list[str]:
        """The SQL that makes it, replacing an older one."""
        if vendor == "sqlite":
            return [
                self.removal(vendor),
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW WHEN {self.refuses} "
                f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
            ]
        answer = "OLD" if self.event == "DELETE" else "NEW"
        when, condition, each = "BEFORE", self.refuses, "FOR EACH ROW"
        if self.refuses_any:
            when, condition, answer = "AFTER", self.refuses_any, "NULL"
            each = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN RAISE EXCEPTION '{self.name}' USING ERRCODE = 'check_violation', "
            f"CONSTRAINT = '{self.name}', TABLE = '{self.table}'; END IF; RETURN {answer}; END $$",
            self.removal(vendor),
            f"CREATE TRIGGER {self.name} {when} {self.event} ON {self.table} {each} EXECUTE FUNCTION {self.name}()",
        ]


def _same_book_rules() -> list[Rule]:
    rules = []
    for table, column, target in SAME_BOOK:
        name = f"{table.removeprefix('budget_')}_{column.removesuffix('_id')}_of_its_book"
        other = f"(SELECT t.book_id FROM {target} t WHERE t.id = NEW.{column})"  # noqa: S608  (names of ours)
        refuses = f"NEW.{column} IS NOT NULL AND {other} <> NEW.book_id"
        refuses_any = (
            f"EXISTS (SELECT 1 FROM new_rows n JOIN {target} t ON t.id = n.{column} WHERE t.book_id <> n.book_id)"  # noqa: S608
            if table in LOADED_IN_BULK
            else ""
        )
        rules.append(Rule(f"{name}_new", table, "INSERT", refuses, refuses_any))
        rules.append(Rule(f"{name}_moved", table, f"UPDATE OF {column}, book_id", refuses))
    return rules


def _amount(table: str, column: str) -> str:
    return f"(SELECT t.amount FROM {table} t WHERE t.id = NEW.{column})"  # noqa: S608  (names of ours)


def _currency(column: str) -> str:
    return (
        "(SELECT a.currency FROM budget_transaction t JOIN budget_account a ON a.id = t.account_id "  # noqa: S608
        f"WHERE t.id = NEW.{column})"
    )


def _account(column: str) -> str:
    return f"(SELECT t.account_id FROM budget_transaction t WHERE t.id = NEW.{column})"  # noqa: S608  (names of ours)


def _transfer_rules() -> list[Rule]:
    legs, parts = "budget_transaction", "budget_allocation"
    out, into = _amount(legs, "outgoing_id"), _amount(legs, "incoming_id")
    one_currency = f"{_currency('outgoing_id')} = {_currency('incoming_id')}"
    leg_of = "EXISTS (SELECT 1 FROM budget_accounttransfer t WHERE t.outgoing_id = OLD.id OR t.incoming_id = OLD.id)"
    unmarked = (
        "EXISTS (SELECT 1 FROM budget_transaction t "
        "WHERE t.id IN (NEW.outgoing_id, NEW.incoming_id) AND NOT t.is_transfer)"
    )
    return [
        Rule(
            "account_transfer_balances",
            "budget_accounttransfer",
            "INSERT",
            f"{out} <= 0 OR {into} >= 0 OR ({one_currency} AND {out} + {into} <> 0) "
            f"OR {_account('outgoing_id')} = {_account('incoming_id')} OR {unmarked}",
        ),
        Rule("account_transfer_is_final", "budget_accounttransfer", "UPDATE OF outgoing_id, incoming_id", "1 = 1"),
        Rule(
            "account_transfer_leg_is_frozen",
            legs,
            "UPDATE OF amount, account_id, is_transfer",
            "(OLD.amount <> NEW.amount OR OLD.account_id <> NEW.account_id OR OLD.is_transfer <> NEW.is_transfer) "
            f"AND {leg_of}",
        ),
        Rule(
            "envelope_transfer_balances",
            "budget_envelopetransfer",
            "INSERT",
            f"{_amount(parts, 'outgoing_id')} >= 0 "
            f"OR {_amount(parts, 'outgoing_id')} + {_amount(parts, 'incoming_id')} <> 0",
        ),
        Rule("envelope_transfer_is_final", "budget_envelopetransfer", "UPDATE OF outgoing_id, incoming_id", "1 = 1"),
        Rule(
            "allocation_is_never_edited",
            parts,
            "UPDATE OF amount, envelope_id",
            "OLD.amount <> NEW.amount OR OLD.envelope_id <> NEW.envelope_id",
        ),
    ]


def _currency_rules() -> list[Rule]:
    used = "EXISTS (SELECT 1 FROM budget_transaction t WHERE t.account_id = NEW.id)"
    refuses = f"OLD.currency <> NEW.currency AND {used}"
    return [Rule("account_currency_is_fixed_by_use", "budget_account", "UPDATE OF currency", refuses)]


def _category_rules() -> list[Rule]:
    grandparent = "(SELECT p.parent_id FROM budget_category p WHERE p.id = NEW.parent_id)"
    has_children = "EXISTS (SELECT 1 FROM budget_category c WHERE c.parent_id = NEW.id)"
    refuses = f"NEW.parent_id IS NOT NULL AND ({grandparent} IS NOT NULL OR {has_children})"
    return [
        Rule("category_two_levels_new", "budget_category", "INSERT", refuses),
        Rule("category_two_levels_moved", "budget_category", "UPDATE OF parent_id", refuses),
    ]


def _history_rules() -> list[Rule]:
    rules = []
    for table in ("budget_change", "budget_entry"):
        book_there = "EXISTS (SELECT 1 FROM budget_book b WHERE b.id = OLD.book_id)"
        rules.append(Rule(f"{table.removeprefix('budget_')}_never_deleted", table, "DELETE", book_there))
    columns = "book_id, number, by_name, at, kind, summary, key, key_digest, undoes_id, previous_digest, digest"
    rules.append(Rule("change_never_altered", "budget_change", f"UPDATE OF {columns}", "1 = 1"))
    rules.append(
        Rule(
            "entry_never_altered",
            "budget_entry",
            "UPDATE OF book_id, change_id, position, model, action, first_id, last_id, count, payload, digest",
            "1 = 1",
        )
    )
    return rules


def _statement_rules() -> list[Rule]:
    said = (
        "statement_id, number, place, date, value_date, amount, currency, printed, payee, text, bank_id, "
        "category_hint, is_pending, fingerprint, original"
    )
    recorded = (
        "EXISTS (SELECT 1 FROM budget_statement s JOIN budget_statementimport i ON i.id = s.source_id "
        "WHERE s.id = OLD.statement_id AND i.stage = 'recorded')"
    )
    return [
        Rule("statementline_never_altered", "budget_statementline", f"UPDATE OF {said}", recorded),
        Rule("filepart_never_altered", "budget_filepart", "UPDATE OF book_id, file_id, number", "1 = 1"),
        Rule("storedfile_never_altered", "budget_storedfile", "UPDATE OF book_id, sha256, size", "1 = 1"),
        Rule(
            "statementimport_keeps_its_change",
            "budget_statementimport",
            "UPDATE OF change_id, file_id, book_id",
            "OLD.change_id IS NOT NULL",
        ),
    ]


def rules() -> list[Rule]:
    """Every trigger that the schema must have."""
    return [
        *_same_book_rules(),
        *_transfer_rules(),
        *_currency_rules(),
        *_category_rules(),
        *_history_rules(),
        *_statement_rules(),
    ]


def install(connection: BaseDatabaseWrapper) -> None:
    """Make all triggers, replacing older ones of the same name.

    A database that was taken back to an earlier migration gets those that fit it, and loses those that do not.
    """
    with connection.cursor() as cursor:
        columns = {
            table: {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for table in connection.introspection.table_names(cursor)
            if table.startswith("budget_")
        }
        for rule in rules():
            if rule.fits(columns):
                statements = rule.statements(connection.vendor)
            else:
                statements = [rule.removal(connection.vendor)] if rule.table in columns else []
            for statement in statements:
                cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of rules that the database does not hold."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {str(row[0]) for row in cursor.fetchall()}
    return [rule.name for rule in rules() if rule.name not in there]


def _after_migrate(*, using: str, plan: Sequence[tuple[Any, bool]] = (), **kwargs: object) -> None:
    connection = connections[using]
    if "budget_entry" in connection.introspection.table_names():
        install(connection)


def _before_migrate(*, using: str, plan: Sequence[tuple[Any, bool]] = (), **kwargs: object) -> None:
    """SQLite alters a table by making it anew, which no trigger that looks at it allows.

    Where a migration fails they stay away until the next one that succeeds; `/readyz` says so meanwhile.
    """
    connection = connections[using]
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'budget!_%' ESCAPE '!'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")


def register() -> None:
    """Make the triggers whenever `migrate` has run."""
    own = apps.get_app_config("budget")
    pre_migrate.connect(_before_migrate, own, dispatch_uid="budget.guards.before")
    post_migrate.connect(_after_migrate, own, dispatch_uid="budget.guards")
