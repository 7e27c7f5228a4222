"""Notices that an endpoint answers with another model than before, which costs the rater its standing at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.models import Rater, ServedModel
from crowd.services.vote_states import demote_for_snapshot

MAX_NAME = 200


class SnapshotChanged(Exception):
    """Another model answered; ``detail`` is a sentence for the manager."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def check_served(*, rater: Rater, replies: Iterable[Mapping[str, Any]]) -> None:
    """Hold what replies say of their model against the rater's first; demote it when they name another.

    What a reply leaves out is no change. Safe to repeat. Raises SnapshotChanged: no vote may be made of the replies.
    """
    watches_fingerprint = bool(rater.spec.get("watches_fingerprint", True))
    for name, fingerprint in dict.fromkeys(served_by(reply) for reply in replies):
        kept = fingerprint if watches_fingerprint else ""
        own = _own(rater, name, kept)
        if (name and own.name and name != own.name) or (kept and own.fingerprint and kept != own.fingerprint):
            raise SnapshotChanged(_demote(rater, own, name, kept))
        if (name and not own.name) or (kept and not own.fingerprint):
            ServedModel.objects.filter(pk=own.pk).update(name=name or own.name, fingerprint=kept or own.fingerprint)


def served_by(reply: Mapping[str, Any]) -> tuple[str, str]:
    """The model and the fingerprint that a reply names; empty where it names none."""
    found = (reply.get("model"), reply.get("system_fingerprint"))
    name, fingerprint = (value[:MAX_NAME] if isinstance(value, str) else "" for value in found)
    return name, fingerprint


def newest_other(rater: Rater) -> ServedModel | None:
    """The model that was last seen to answer in the rater's stead; None while it is its own."""
    return ServedModel.objects.filter(rater=rater, is_own=False).order_by("-seen_at", "-pk").first()


def _own(rater: Rater, name: str, fingerprint: str) -> ServedModel:
    own = ServedModel.objects.filter(rater=rater, is_own=True).first()
    if own is not None:
        return own
    try:
        with transaction.atomic():
            return ServedModel.objects.create(
                rater=rater, name=name, fingerprint=fingerprint, is_own=True, seen_at=timezone.now()
            )
    except IntegrityError:
        return ServedModel.objects.get(rater=rater, is_own=True)  # another process saw its first reply a moment ago


def _demote(rater: Rater, own: ServedModel, name: str, fingerprint: str) -> str:
    now = f"{name} {fingerprint}".strip()
    detail = (
        f"the endpoint answers with {now}; the votes and tests are those of {own}. "
        "Renew the rater: the new model begins in the shadow with a record of its own"
    )
    with transaction.atomic():
        ServedModel.objects.update_or_create(
            rater=rater,
            name=name or own.name,
            fingerprint=fingerprint,
            defaults={"is_own": False, "seen_at": timezone.now()},
        )
        demote_for_snapshot(project=rater.project, worker=rater.worker, reason=detail)
    return detail
