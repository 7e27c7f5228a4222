"""The panel of payouts: what is pending, approved, batched, paid and disputed."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.utils.translation import gettext_noop as _

from crowd.enums import AccountKind
from crowd.models import Batch, Entry, PayReview, Project
from crowd.queries.panels.shapes import Json, body, figure, table
from crowd.queries.workers import ledger_balance_micros, payout_report

MOST = 500


def payouts(project: Project) -> Json:
    """Reviews by state, batches by state, and what every worker is owed now, from the ledger."""
    reviews = PayReview.objects.filter(project=project).values_list("state").annotate(n=Count("id")).order_by("state")
    owed = payout_report(project)
    paid = Entry.objects.filter(account__project=project, account__kind=AccountKind.WORKER_PAID).aggregate(
        total=Sum("amount_micros")
    )["total"]
    off = ledger_balance_micros(project)
    return body(
        figures=[
            figure(_("Owed to workers"), sum(line.micros for line in owed), unit="micros"),
            figure(_("Paid"), -(paid or 0), unit="micros"),
            figure(_("The ledger is off by"), off, unit="micros"),
        ],
        tables=[
            table(
                "reviews",
                _("Pay under review, by state"),
                [(_("State"), "text"), (_("Answers"), "number")],
                [[state, n] for state, n in reviews],
            ),
            table(
                "batches",
                _("Batches, newest first"),
                [(_("Made"), "time"), (_("State"), "text")],
                [
                    [batch.created_at.isoformat(), batch.state]
                    for batch in Batch.objects.filter(project=project).order_by("-id")[:50]
                ],
            ),
            table(
                "owed",
                _("Owed now"),
                [(_("Worker"), "text"), (_("Paid answers"), "number"), (_("Owed"), "micros")],
                [[line.worker.name, line.answers, line.micros] for line in owed[:MOST]],
            ),
        ],
        notes=[_("The 500 workers enrolled first are shown; the export of payouts holds everybody.")]
        if len(owed) > MOST
        else [],
    )
