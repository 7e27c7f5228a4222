"""The triggers behind the append-only tables are there after all migrations: a table rebuilt on SQLite loses them."""

from __future__ import annotations

import pytest
from django.db import connection

EXPECTED = {
    "crowd_consent_no_delete",
    "crowd_consent_no_update",
    "crowd_consenttext_no_delete",
    "crowd_consenttext_no_update",
    "entry_before_seal",
    "transaction_balanced",
    "task_opened_at",
    *(
        f"crowd_{table}_no_{verb}"
        for table in (
            *("adjudication", "answer", "entry", "event", "reopenedplace", "restitutionline", "rulefiring"),
            *("transaction", "trustchange"),
            *("batchfile", "bonus", "paidentry", "pricerule"),
        )
        for verb in ("update", "delete")
    ),
    *("example_is_no_gold", "gold_is_no_example", "crowd_example_no_update"),
    *(
        f"crowd_{table}_no_{verb}"
        for table in (
            *("promptversion", "cachedvote", "votedetail"),
            *("modeltest", "votechange", "prevalencedraw", "suggestion", "modeldecision"),
            "eventseal",
        )
        for verb in ("update", "delete")
    ),
}


@pytest.mark.django_db
def test_every_trigger_exists() -> None:
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        found = {name for (name,) in cursor.fetchall()}
    extra = {"transaction_has_entries", "gold_stays_no_example"} if connection.vendor == "sqlite" else set()
    assert found == EXPECTED | extra
