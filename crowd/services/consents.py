"""Publishes the terms of work, keeps who agreed to them, and lets nobody work who has not."""

from __future__ import annotations

import time
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import WorkerKind
from crowd.errors import Conflict, ConsentNeeded, InvalidInput
from crowd.models import Consent, ConsentText, User, Worker
from crowd.queries.consents import agreed_version, newest_version

# So long may a process hand out tasks under an older text: the claim asks memory, not the database.
KNOWN_SECONDS = 10
WORKERS_KEPT = 50_000

# Versions only grow, so what was once enough for a version stays enough for it.
_agreed: dict[int, int] = {}


def publish_text(*, text: str) -> ConsentText:
    """Publish the next version, which everybody is asked for from now on. Raises InvalidInput, Conflict."""
    if not text.strip():
        raise InvalidInput("the text is empty; nothing was published")
    with transaction.atomic():
        newest = ConsentText.objects.select_for_update().order_by("-version").first()
        if newest is not None and newest.text == text:
            raise Conflict(f"this is the text of version {newest.version}; nothing was published")
        version = 1 if newest is None else newest.version + 1
        row = ConsentText.objects.create(version=version, text=text, published_at=timezone.now())
    forget_versions()
    return row


def give_consent(*, user: User, version: int) -> Consent:
    """Agree to the newest text; again returns the consent that is there. Raises Conflict for another version."""
    if version != newest_version() or version == 0:
        raise Conflict("the text has changed since you were shown it; read the newest one")
    text = ConsentText.objects.get(version=version)
    try:
        with transaction.atomic():
            return Consent.objects.create(user=user, text=text, given_at=timezone.now())
    except IntegrityError:
        return Consent.objects.get(user=user, text=text)


def require_consent(*, worker: Worker) -> None:
    """Nothing, when the worker has agreed to the newest text, or need not. Raises ConsentNeeded."""
    if worker.kind != WorkerKind.HUMAN:
        return
    needed = _needed_version(int(time.monotonic() // KNOWN_SECONDS))
    if needed == 0 or _agreed.get(worker.pk, 0) >= needed:
        return
    version = agreed_version(worker.user_id)
    if version < needed:
        raise ConsentNeeded("agree to the newest terms first; nothing can be worked on without")
    if len(_agreed) >= WORKERS_KEPT:
        _agreed.clear()
    _agreed[worker.pk] = version


def forget_versions() -> None:
    """Ask the database anew which text is the newest, and who agreed to it."""
    _needed_version.cache_clear()
    _agreed.clear()


@lru_cache(maxsize=1)
def _needed_version(period: int) -> int:  # noqa: ARG001  a new period asks again
    return newest_version()
