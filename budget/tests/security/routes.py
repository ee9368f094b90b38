"""Every route of the program: who may ask it, and an honest request for it.

A new route must be added here; `test_every_route_is_classified` names the ones that are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from budget.ledger.models import today
from budget.months import Month
from budget.tests.security.world import World

Form = dict[str, object]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
MISSING = 987_654_321


@dataclass(frozen=True)
class Own:
    """A route that works on the book one is in.

    Attributes:
        owned: the id in the path, of one of the book's objects.
        month: whether the path names a month, before the id.
        year: whether it names a year.
        reads: "page" is open to all members, "form" to those who may write; empty where GET is refused.
        form: what a browser sends; None where nothing is written. It holds every field that the page's form has.
        is_personal: it changes the person's own things (which book is shown), so viewers may do it too.
    """

    owned: Callable[[World], int] | None = None
    month: bool = False
    reads: str = "page"
    form: Callable[[World], Form] | None = None
    is_personal: bool = False
    year: bool = False

    def path(self, name: str, world: World, other: int | None = None) -> str:
        """The address on the world's own object, or on another id."""
        args: list[object] = [str(Month.of(today()))] if self.month else []
        if self.year:
            args.append(str(today().year))
        if self.owned:
            args.append(self.owned(world) if other is None else other)
        return reverse(name, args=args)


class Again(SimpleUploadedFile):
    """A file that is whole however often it is sent."""

    def read(self, *args: int) -> bytes:
        self.seek(0)
        return bytes(super().read(*args))


STATEMENT = b"Date,Payee,Amount\n2026-11-02,Bakery,-4.50\n2026-11-14,Employer,2150.00\n"


def _keyed(**form: object) -> Form:
    return {"request_key": str(uuid4()), **form}


def _txn(world: World) -> Form:
    return _keyed(
        amount="3.20",
        direction="out",
        payee="Kiosk",
        category=world.food.pk,
        date=today().isoformat(),
        account=world.account.pk,
        description="Paper",
        note="on the way",
        again="",
    )


def _account(name: str) -> Callable[[World], Form]:
    return lambda world: _keyed(
        name=f"{name} {world.mark}", type="savings", institution="Bank", currency="EUR", opening_balance="10.00"
    )


def _category(world: World) -> Form:
    return _keyed(
        label="Snacks", name="Snacks", parent=world.rent.pk, color="#112233", icon="tag", rollover="none"
    ) | dict.fromkeys(("is_recurring",), "on")


def _rule(world: World) -> Form:
    return _keyed(pattern="Films", amount="9.99", tolerance="0.50", category=world.rent.pk, name="Films", note="Family")


def _series(world: World) -> Form:
    return _keyed(
        name=f"{world.mark} Club",
        amount="9.90",
        direction="out",
        varies="on",
        rhythm="monthly",
        anchor=today().isoformat(),
        account=world.account.pk,
        category=world.rent.pk,
        posts="on",
        note="Family",
    )


OWN = {
    "reports:overview": Own(),
    "reports:month": Own(month=True),
    "reports:month-csv": Own(month=True),
    "reports:month-xlsx": Own(month=True),
    "recount:month": Own(month=True, form=lambda w: {"again": "1"}, is_personal=True),
    "reports:top": Own(),
    "reports:categories": Own(),
    "reports:trend": Own(),
    "reports:trend-csv": Own(),
    "reports:category": Own(owned=lambda w: w.food.pk),
    "reports:category-csv": Own(owned=lambda w: w.food.pk),
    "reports:index": Own(),
    "reports:calendar": Own(month=True),
    "reports:calendar-csv": Own(month=True),
    "reports:net-worth": Own(),
    "reports:net-worth-csv": Own(),
    "reports:merchants": Own(),
    "reports:merchants-csv": Own(),
    "reports:year": Own(year=True),
    "reports:year-csv": Own(year=True),
    "reports:transactions-csv": Own(),
    "reports:transactions-xlsx": Own(),
    "ledger:transaction-list": Own(),
    "ledger:expense-list": Own(),
    "ledger:income-list": Own(),
    "ledger:transaction-create": Own(reads="form", form=_txn),
    "ledger:transactions-change": Own(
        reads="",
        form=lambda w: _keyed(action="categorize", category=w.rent.pk, txn=[w.txn.pk, w.spent.pk], all="", count=""),
    ),
    "ledger:transaction-change": Own(owned=lambda w: w.txn.pk, form=lambda w: _txn(w) | {"seen": w.txn.version}),
    "ledger:transaction-category": Own(owned=lambda w: w.txn.pk, reads="", form=lambda w: {"category": w.rent.pk}),
    "ledger:transaction-delete": Own(owned=lambda w: w.spent.pk, reads="", form=lambda w: _keyed()),
    "ledger:account-list": Own(),
    "ledger:account-create": Own(reads="form", form=_account("New")),
    "ledger:account-transfer-create": Own(
        reads="form",
        form=lambda w: _keyed(
            source=w.account.pk, target=w.savings.pk, amount="5.00", date=today().isoformat(), note="aside"
        ),
    ),
    "ledger:account-detail": Own(owned=lambda w: w.account.pk),
    "ledger:account-change": Own(
        owned=lambda w: w.account.pk,
        reads="form",
        form=lambda w: _account("Changed")(w) | {"seen": w.account.version},
    ),
    "ledger:account-close": Own(owned=lambda w: w.savings.pk, reads="", form=lambda w: {}),
    "ledger:account-delete": Own(
        owned=lambda w: w.savings.pk, reads="form", form=lambda w: _keyed(typed_name=w.savings.name)
    ),
    "ledger:category-list": Own(),
    "ledger:category-create": Own(reads="form", form=_category),
    "ledger:category-change": Own(
        owned=lambda w: w.leaf.pk, reads="form", form=lambda w: _category(w) | {"seen": w.leaf.version}
    ),
    "ledger:category-archive": Own(owned=lambda w: w.spare.pk, reads="", form=lambda w: {}),
    "ledger:category-delete": Own(owned=lambda w: w.spare.pk, reads="", form=lambda w: _keyed()),
    "ledger:category-merge": Own(owned=lambda w: w.spare.pk, reads="form", form=lambda w: _keyed(target=w.rent.pk)),
    "categorization:rule-list": Own(),
    "categorization:rule-create": Own(reads="form", form=_rule),
    "categorization:rule-change": Own(
        owned=lambda w: w.rule.pk, reads="form", form=lambda w: _rule(w) | {"is_active": "on", "seen": w.rule.version}
    ),
    "categorization:rule-delete": Own(owned=lambda w: w.rule.pk, reads="", form=lambda w: _keyed()),
    "categorization:rule-move": Own(owned=lambda w: w.rule.pk, reads="", form=lambda w: _keyed(up="1")),
    "categorization:rule-run": Own(owned=lambda w: w.rule.pk, reads="", form=lambda w: _keyed()),
    "categorization:rules-run": Own(reads="", form=lambda w: _keyed()),
    "categorization:provider-ask": Own(reads="", form=lambda w: _keyed()),
    "categorization:threshold-change": Own(reads="", form=lambda w: _keyed(count="5")),
    "categorization:mapping-create": Own(
        reads="form", form=lambda w: _keyed(merchant=f"New {w.mark}", category=w.rent.pk)
    ),
    "categorization:mapping-change": Own(
        owned=lambda w: w.mapping.pk,
        reads="form",
        form=lambda w: _keyed(merchant=f"Changed {w.mark}", category=w.rent.pk, is_active="on", seen=w.mapping.version),
    ),
    "categorization:mapping-delete": Own(owned=lambda w: w.mapping.pk, reads="", form=lambda w: _keyed()),
    "categorization:accuracy": Own(),
    "recurring:series-list": Own(),
    "recurring:forecast": Own(),
    "recurring:series-create": Own(reads="form", form=_series),
    "recurring:series-search": Own(reads="", form=lambda w: _keyed()),
    "recurring:series-confirm": Own(reads="", form=lambda w: _keyed()),
    "recurring:series-detail": Own(owned=lambda w: w.series.pk),
    "recurring:series-change": Own(
        owned=lambda w: w.series.pk, reads="form", form=lambda w: _series(w) | {"seen": w.series.version}
    ),
    "recurring:series-state": Own(
        owned=lambda w: w.series.pk, reads="", form=lambda w: _keyed(state="paused", at="detail")
    ),
    "recurring:series-skip": Own(
        owned=lambda w: w.series.pk, reads="", form=lambda w: _keyed(due=w.series.anchor.isoformat(), at="detail")
    ),
    "recurring:series-delete": Own(owned=lambda w: w.series.pk, reads="", form=lambda w: _keyed()),
    "envelopes:budget-current": Own(),
    "envelopes:move-list": Own(),
    "envelopes:budget-month": Own(month=True, form=lambda w: _keyed(seen="", **{f"budget-{w.food.pk}": "310.00"})),
    "envelopes:allocation-list": Own(month=True),
    "envelopes:budget-copy": Own(month=True, reads="", form=lambda w: _keyed()),
    "envelopes:budget-start": Own(month=True, reads="", form=lambda w: _keyed()),
    "envelopes:budget-move": Own(
        month=True, form=lambda w: _keyed(**{"from": w.rent.pk, "to": w.food.pk, "amount": "2.00"})
    ),
    "envelopes:envelope-detail": Own(
        owned=lambda w: w.food.pk,
        month=True,
        form=lambda w: _keyed(later="", **{f"budget-{w.food.pk}": "333.00"}),
    ),
    "envelopes:envelope-rollover": Own(
        owned=lambda w: w.food.pk, month=True, reads="", form=lambda w: _keyed(rollover="both")
    ),
    "statements:import-list": Own(form=lambda w: _keyed(files=Again(f"{w.mark}.csv", STATEMENT))),
    "statements:import-detail": Own(owned=lambda w: w.line.statement.source_id),
    "statements:file-download": Own(owned=lambda w: w.line.statement.source_id),
    "statements:import-again": Own(owned=lambda w: w.line.statement.source_id, reads="", form=lambda w: _keyed()),
    "statements:answers-change": Own(
        owned=lambda w: w.line.statement.source_id, reads="", form=lambda w: {"date_order": "dmy", "decimal_mark": "."}
    ),
    "statements:account-choose": Own(
        owned=lambda w: w.line.statement.source_id,
        reads="",
        form=lambda w: {"statement": w.line.statement_id, "account": w.savings.pk, "name": ""},
    ),
    "statements:rows-choose": Own(
        owned=lambda w: w.line.statement.source_id, reads="", form=lambda w: {"choice": f"{w.line.pk} skipped"}
    ),
    "statements:row-mend": Own(
        owned=lambda w: w.refused.pk,
        reads="",
        form=lambda w: {"date": today().isoformat(), "payee": "Kiosk", "amount": "3.20", "direction": "out"},
    ),
    "statements:import-record": Own(
        owned=lambda w: w.line.statement.source_id, reads="", form=lambda w: _keyed(partial="1")
    ),
    "statements:import-discard": Own(owned=lambda w: w.line.statement.source_id, reads="", form=lambda w: {}),
    "statements:import-undo": Own(owned=lambda w: w.done.pk, reads="", form=lambda w: _keyed(edited="keep")),
    "review:queue": Own(),
    "review:decision-create": Own(
        reads="", form=lambda w: _keyed(category=w.rent.pk, txn=w.waiting.pk, ids=w.waiting.pk, more="")
    ),
    "review:sure-accept": Own(reads="", form=lambda w: _keyed(sure=f"{w.rent.pk}:{w.waiting.pk}")),
    "review:all-save": Own(
        reads="", form=lambda w: _keyed(**{f"c-{w.waiting.pk}": w.rent.pk, f"r-{w.waiting.pk}": w.waiting.pk})
    ),
    "review:staged-save": Own(reads="", form=lambda w: _keyed(count="1")),
    "review:staged-put-back": Own(reads="", form=lambda w: _keyed(txn=w.kept.pk)),
    "review:staging-switch": Own(reads="", form=lambda w: {"stage": "on"}),
    "review:category-list": Own(reads="form"),
    "review:rule-offer": Own(
        reads="form",
        form=lambda w: _keyed(pattern=w.mark, amount="6.60", tolerance="0.01", category=w.rent.pk, name="", note=""),
    ),
    "review:transfer-decide": Own(
        reads="", form=lambda w: _keyed(outgoing=w.sent.pk, incoming=w.came.pk, answer="link")
    ),
    "review:transfer-ask-again": Own(reads="", form=lambda w: {}),
    "reconcile:account": Own(
        owned=lambda w: w.savings.pk,
        reads="form",
        form=lambda w: _keyed(
            first="2020-01-01", last="2020-01-31", opening="0.00", closing="0.00", statement="", row=[], action="close"
        ),
    ),
    "reconcile:statement": Own(owned=lambda w: w.done.statements.get().pk, reads="form"),
    "reconcile:certificate": Own(owned=lambda w: w.certificate.pk),
    "reconcile:certificate-withdraw": Own(owned=lambda w: w.certificate.pk, reads="", form=lambda w: _keyed()),
    "history:change-list": Own(),
    "history:change-detail": Own(owned=lambda w: w.number),
    "history:undo": Own(owned=lambda w: w.number, reads="", form=lambda w: _keyed()),
    "books:book-switch": Own(reads="", form=lambda w: {"book": w.book.pk}, is_personal=True),
    "books:book-list": Own(),
    "books:book-create": Own(form=lambda w: _keyed(name="Club", currency="EUR", starter="none"), is_personal=True),
    "archive:book-export": Own(owned=lambda w: w.book.pk, reads="form"),
    "archive:book-import": Own(form=lambda w: _keyed(file=Again(f"{w.mark}.zip", b"no archive")), is_personal=True),
    "books:book-change": Own(owned=lambda w: w.book.pk, reads="form", form=lambda w: _keyed(name=f"Home {w.mark}")),
    "books:book-delete": Own(owned=lambda w: w.book.pk, reads="form", form=lambda w: _keyed(typed_name="another name")),
}

PUBLIC = {
    "health": "/health",
    "livez": "/livez",
    "readyz": "/readyz",
    "users:welcome": "/welcome/",
    "account_login": "/login/",
    "account_logout": "/logout/",
    "account_signup": "/signup/",
    "account_email_verification_sent": "/signup/code/",
    "account_inactive": "/login/inactive/",
    "account_reset_password": "/password/reset/",
    "account_reset_password_done": "/password/reset/sent/",
    "account_reset_password_from_key_done": "/password/reset/done/",
    "account_reset_password_from_key": "/password/reset/1-1/",
    "admin:login": "/admin/login/",
}
"""Open to everybody, with an address each."""

PERSON = {
    "users:profile": "/settings/profile/",
    "users:appearance": "/settings/appearance/",
    "users:security": "/settings/security/",
    "users:sessions-end": "/settings/security/sessions/",
    "account_change_password": "/password/change/",
    "account_set_password": "/password/set/",
    "account_email": "/settings/email/",
}
"""A person's own settings: behind the sign-in, about no book."""

EVIDENCE = {
    "verification:bundles": "/evidence/",
    "verification:reading": "/evidence/reading/",
    "verification:traceability": "/evidence/traceability/",
    "verification:bundle": "/evidence/20261121T091400Z-4e1c9a2f00d0/",
    "verification:file": "/evidence/20261121T091400Z-4e1c9a2f00d0/bundle.json",
}
"""The evidence of releases: for administrators; for everybody else who is signed in there is no such page."""

_ADMIN_PARTS = ("changelist", "add", "history", "delete", "change")
_ADMIN_MODELS = (
    *("book", "membership", "envelope", "allocation", "envelopetransfer", "change", "category", "standardcategory"),
    *("account", "transaction", "accounttransfer", "user", "storedfile", "statementimport", "statement"),
    *("statementline", "certificate", "amountrule", "merchantmapping"),
    *("recurringseries", "settleddue"),
)
STAFF = {
    **dict.fromkeys(f"admin:budget_{model}_{part}" for model in _ADMIN_MODELS for part in _ADMIN_PARTS),
    **dict.fromkeys(f"admin:{name}" for name in ("index", "logout", "password_change", "password_change_done")),
    **dict.fromkeys(f"admin:{name}" for name in ("autocomplete", "jsi18n", "view_on_site", "app_list")),
    **dict.fromkeys(("admin:auth_user_password_change", "admin:(<path:object_id>/)", r"admin:((?P<url>.*)$)")),
}
"""The administration; `staff_paths` has the addresses."""


def names(patterns: Sequence[URLPattern | URLResolver] = (), spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The name of every route there is, with its namespace; the pattern in parentheses where it has no name."""
    for entry in patterns or get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry.url_patterns, spaces + ((entry.namespace,) if entry.namespace else ()))
        else:
            yield ":".join((*spaces, entry.name or f"({entry.pattern})"))


def staff_paths(world: World) -> list[str]:
    """An address of every page of the administration, on the world's objects."""
    objects = {
        "book": world.book,
        "membership": world.book.memberships.all()[0],
        "envelope": world.envelope,
        "allocation": world.allocation,
        "envelopetransfer": world.move,
        "change": world.book.changes.all()[0],
        "category": world.food,
        "standardcategory": None,
        "account": world.account,
        "transaction": world.txn,
        "accounttransfer": world.transfer,
        "user": world.user,
        "storedfile": world.line.statement.source.file,
        "statementimport": world.line.statement.source,
        "statement": world.line.statement,
        "statementline": world.line,
        "certificate": world.certificate,
        "amountrule": world.rule,
        "merchantmapping": world.mapping,
        "recurringseries": world.series,
        "settleddue": world.settled,
    }
    paths = [reverse(f"admin:{name}") for name in ("index", "password_change", "password_change_done", "jsi18n")]
    paths += [
        "/admin/autocomplete/",
        "/admin/budget/",
        "/admin/nothing/",
        f"/admin/auth/user/{world.user.pk}/password/",
    ]
    paths += [f"/admin/r/1/{world.book.pk}/", reverse("admin:auth_user_password_change", args=[world.user.pk])]
    for model in _ADMIN_MODELS:
        paths += [reverse(f"admin:budget_{model}_{part}") for part in ("changelist", "add")]
        if one := objects[model]:
            parts = ("history", "delete", "change")
            paths += [reverse(f"admin:budget_{model}_{part}", args=[one.pk]) for part in parts]
            paths.append(f"/admin/budget/{model}/{one.pk}/")
    return paths
