"""What becomes of a category's plan when the category is merged, deleted or made income."""

from __future__ import annotations

from django.db.models import Count, Q, Sum

from budget.envelopes.errors import StillPlanned
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.operations import envelopes_of
from budget.history import Recorder
from budget.ledger import dependents
from budget.ledger.models import Category, today
from budget.months import Month


class Plans:
    """The categories' envelopes, as the ledger asks about them."""

    one = "monthly budget"
    many = "monthly budgets"

    def release(self, change: Recorder, category: Category) -> int:
        """Delete the envelopes that were set back to zero; those with a move keep its other side company."""
        empty, kept = [], 0
        rows = Envelope.objects.of(change.book).filter(category=category).values_list("pk")
        legs = Count("allocations__transfer_out") + Count("allocations__transfer_in")
        for pk, given, moves in rows.annotate(given=Sum("allocations__amount"), moves=legs).order_by("pk"):
            if given or moves:
                kept += 1
            else:
                empty.append(pk)
        if empty:
            change.delete_many(Allocation.objects.of(change.book).filter(envelope__in=empty))
            change.delete_many(Envelope.objects.of(change.book).filter(pk__in=empty))
        return kept

    def move(self, change: Recorder, source: Category, target: Category) -> None:
        """Give `target` every allocation of `source`, in the same months, moves included.

        No allocation is ever edited: each is written anew, and the old one deleted.
        """
        self.release(change, source)
        old = list(Envelope.objects.of(change.book).filter(category=source).order_by("month"))
        if not old:
            return
        into = {row.pk: envelopes_of(change, Month.of(row.month), [target.pk])[target.pk] for row in old}
        rows = Allocation.objects.of(change.book).filter(envelope__category=source).order_by("pk")
        new = {
            row.pk: Allocation(
                envelope=into[row.envelope_id], amount=row.amount, note=row.note, created_at=row.created_at
            )
            for row in rows
        }
        change.create_all(list(new.values()))
        moves = EnvelopeTransfer.objects.of(change.book).filter(
            Q(outgoing__envelope__category=source) | Q(incoming__envelope__category=source)
        )
        again = [
            EnvelopeTransfer(
                outgoing=new.get(move.outgoing_id, move.outgoing),
                incoming=new.get(move.incoming_id, move.incoming),
                created_at=move.created_at,
            )
            for move in moves.select_related("outgoing", "incoming").order_by("pk")
        ]
        if again:
            change.delete_many(moves)
            change.create_all(again)
        change.delete_many(Allocation.objects.of(change.book).filter(envelope__category=source))
        change.delete_many(Envelope.objects.of(change.book).filter(category=source))

    def require_free_for_income(self, change: Recorder, category: Category) -> None:
        """A budget of this month or a later one would be out of sight, and out of reach of a move."""
        current = Month.of(today())
        rows = Envelope.objects.of(change.book).filter(category=category, month__gte=current.first)
        planned = rows.annotate(given=Sum("allocations__amount")).exclude(given=None).exclude(given=0)
        if first := planned.order_by("month").first():
            raise StillPlanned(category, Month.of(first.month))


def register() -> None:
    """Have the ledger ask."""
    dependents.register(PLANS)


PLANS = Plans()
