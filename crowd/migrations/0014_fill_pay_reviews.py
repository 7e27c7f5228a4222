"""A review for the pay of every answer that was booked before there were reviews: it runs from the answer's day."""

from datetime import timedelta

from django.db import migrations
from django.db.models import Sum

DEFAULT_DAYS = 14
CHUNK = 2000


def forwards(apps, schema_editor):
    Transaction = apps.get_model("crowd", "Transaction")
    Entry = apps.get_model("crowd", "Entry")
    PayReview = apps.get_model("crowd", "PayReview")
    paid = Transaction.objects.filter(kind="answer_pay", answer__pay_review__isnull=True).order_by("answer_id")
    last = 0
    while True:
        rows = list(
            paid.filter(answer_id__gt=last).values_list(
                "id", "answer_id", "project_id", "answer__worker_id", "answer__created_at", "answer__assignment__shard_id"
            )[:CHUNK]
        )
        if not rows:
            return
        amounts = {
            row["transaction_id"]: -row["sum"]
            for row in Entry.objects.filter(
                transaction_id__in=[row[0] for row in rows], account__kind="worker_payable"
            )
            .values("transaction_id")
            .annotate(sum=Sum("amount_micros"))
        }
        PayReview.objects.bulk_create(
            PayReview(
                answer_id=answer,
                project_id=project,
                worker_id=worker,
                amount_micros=amounts[key],
                shard_id=shard,
                due_at=created_at + timedelta(days=DEFAULT_DAYS),
            )
            for key, answer, project, worker, created_at, shard in rows
        )
        last = rows[-1][1]


class Migration(migrations.Migration):

    dependencies = [("crowd", "0013_pay")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)]
