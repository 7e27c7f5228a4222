"""Gives a repeated POST the outcome of the first: one stored outcome per user and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from crowd.errors import KeyReused
from crowd.models import IdempotencyRecord, User


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
    it. An act that raises leaves no record, so it may be tried again. Raises KeyReused for another request.
    """
    stored = _stored(user, key, request_digest)
    if stored is not None:
        return stored, True
    try:
        with transaction.atomic():
            record = IdempotencyRecord(user=user, key=key, request_digest=request_digest)
            with transaction.atomic():
                record.save(force_insert=True)
            outcome = act()
            record.status = outcome.status
            record.body = outcome.body if outcome.stored is None else outcome.stored
            record.headers = outcome.headers
            record.save(update_fields=["status", "body", "headers"])
            return outcome, False
    except IntegrityError:
        stored = _stored(user, key, request_digest)
        if stored is None:
            raise
        return stored, True


def _stored(user: User, key: str, request_digest: str) -> Outcome | None:
    record = IdempotencyRecord.objects.filter(user=user, key=key, status__isnull=False).first()
    if record is None or record.status is None:
        return None
    if record.request_digest != request_digest:
        raise KeyReused("this Idempotency-Key was used for a different request; choose a new key")
    return Outcome(record.status, record.body, headers=record.headers or {})
