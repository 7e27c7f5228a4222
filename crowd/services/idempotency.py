"""Gives a repeated POST the outcome of the first: one stored outcome per user and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from crowd.errors import InProgress, KeyReused
from crowd.models import IdempotencyRecord, User

# How long a repeat waits for the first call before it is told to come back.
WAIT_SECONDS = 2
FORGOTTEN_AT_ONCE = 5_000


@dataclass(frozen=True)
class Outcome:
    """What a POST answers. ``stored``: what a repeat gets where that must differ, because the body holds a secret."""

    status: int
    body: Any
    stored: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def run_once(*, user: User, key: str, request_digest: str, act: Callable[[], Outcome]) -> tuple[Outcome, bool]:
    """Run ``act`` unless this user's key has an outcome; returns the outcome and whether it is a replay.

    The record is written first, in the transaction of the act: of simultaneous repeats one acts, the others wait for
    it. An act that raises leaves no record, so it may be tried again. Raises KeyReused for another
    request, InProgress while the first one takes long.
    """
    stored = _stored(user, key, request_digest)
    if stored is not None:
        return stored, True
    try:
        with transaction.atomic():
            record = IdempotencyRecord(user=user, key=key, request_digest=request_digest)
            with transaction.atomic():
                _wait_briefly()
                record.save(force_insert=True)
                _wait_as_always()
            outcome = act()
            record.status = outcome.status
            record.body = outcome.body if outcome.stored is None else outcome.stored
            record.headers = outcome.headers
            record.save(update_fields=["status", "body", "headers"])
            return outcome, False
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise InProgress("the first call with this Idempotency-Key still runs; repeat this one later") from error
        raise
    except IntegrityError:
        stored = _stored(user, key, request_digest)
        if stored is None:
            raise
        return stored, True


def forget_outcomes() -> int:
    """Delete outcomes older than `ASSAY_KEEP_IDEMPOTENCY_DAYS`, some thousand at a time; returns how many."""
    kept = timedelta(days=settings.KEPT_DAYS["idempotency"])
    old = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - kept).order_by("created_at")
    return IdempotencyRecord.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])).delete()[
        0
    ]


def _wait_briefly() -> None:
    # The first call's record is not committed yet: the insert waits for it, on PostgreSQL by a lock. On SQLite the
    # immediate transaction has waited already.
    _set_lock_timeout(f"'{WAIT_SECONDS}s'")


def _wait_as_always() -> None:
    _set_lock_timeout("DEFAULT")


def _set_lock_timeout(value: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout TO {value}")


def _stored(user: User, key: str, request_digest: str) -> Outcome | None:
    record = IdempotencyRecord.objects.filter(user=user, key=key, status__isnull=False).first()
    if record is None or record.status is None:
        return None
    if record.request_digest != request_digest:
        raise KeyReused("this Idempotency-Key was used for a different request; choose a new key")
    return Outcome(record.status, record.body, headers=record.headers or {})
