"""Remembers from which browser a worker logged in, by the keyed hash of a random cookie only, for 30 days."""

from __future__ import annotations

import re
import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from crowd.enums import WorkerKind
from crowd.models import DeviceSighting, User, Worker

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def note_browser(*, user: User, token: str | None) -> str | None:
    """Note that this browser logged in as this worker; returns the token that the browser is to keep.

    A token that is none of ours is replaced. Of an account that does no work nothing is noted, None is returned.
    """
    worker = Worker.objects.filter(user=user, kind=WorkerKind.HUMAN).first()
    if worker is None:
        return None
    kept = token if token is not None and TOKEN.fullmatch(token) else secrets.token_urlsafe(32)
    now = timezone.now()
    # Who reads the table without the server's secret can match no cookie to a row.
    digest = salted_hmac("assay.browser", kept, algorithm="sha256").hexdigest()
    with transaction.atomic():
        DeviceSighting.objects.bulk_create(
            [DeviceSighting(worker=worker, digest=digest, first_seen_at=now, last_seen_at=now)],
            update_conflicts=True,
            unique_fields=["digest", "worker"],
            update_fields=["last_seen_at"],
        )
    return kept
