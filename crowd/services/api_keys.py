"""Issues, rotates and revokes API keys."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import EventKind, KeyScope
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import ApiKey, Event, User
from crowd.policies.api_keys import PREFIX_LENGTH, USE_NOTED_EVERY, digest_of

MAX_OVERLAP_HOURS = 30 * 24


@dataclass(frozen=True)
class NewKey:
    """A key's row with its text, which is shown this once: only its hash is stored."""

    row: ApiKey
    text: str


def issue_key(*, user: User, name: str, scopes: Sequence[KeyScope], expires_at: datetime | None = None) -> str:
    """A new key in plain text, shown this once: only its hash is stored."""
    return _issue(user, name, scopes, expires_at).text


def create_key(
    *, user: User, name: str, scopes: Sequence[KeyScope], reach: Sequence[KeyScope], expires_at: datetime | None
) -> NewKey:
    """A key of one's own, which reaches no further than what made it (``reach``). Raises InvalidInput."""
    now = timezone.now()
    problems = [
        FieldProblem(f"/scopes/{i}", "the key that you call with does not have this scope")
        for i, scope in enumerate(scopes)
        if scope not in reach
    ]
    if not scopes:
        problems.append(FieldProblem("/scopes", "give at least one scope"))
    if expires_at is not None and expires_at <= now:
        problems.append(FieldProblem("/expires_at", "lies in the past"))
    if problems:
        raise InvalidInput("the key cannot be made like this; nothing was changed", problems=tuple(problems))
    with transaction.atomic():
        new = _issue(user, name, list(dict.fromkeys(scopes)), expires_at)
        _record(EventKind.KEY_CREATED, new.row, now)
        return new


def rotate_key(*, user: User, key_uid: uuid.UUID, reach: Sequence[KeyScope], overlap_hours: int) -> NewKey:
    """A new key with the name, scopes and expiry of an old one, which works for ``overlap_hours`` more.

    Raises NotFound, InvalidInput, Conflict for a key that has ended.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        problem = FieldProblem("/overlap_hours", f"0 to {MAX_OVERLAP_HOURS}")
        raise InvalidInput("the key cannot be rotated like this; nothing was changed", problems=(problem,))
    with transaction.atomic():
        now = timezone.now()
        old = _own(user, key_uid, reach)
        if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
            raise Conflict("this key has ended; make a new one")
        new = _issue(user, old.name, [KeyScope(scope) for scope in old.scopes], old.expires_at)
        ends = now + timedelta(hours=overlap_hours)
        old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)
        old.save(update_fields=["expires_at"])
        _record(EventKind.KEY_ROTATED, old, now)
        return new


def revoke_key(*, user: User, key_uid: uuid.UUID, reach: Sequence[KeyScope]) -> ApiKey:
    """End a key now. Done twice it is done once. Raises NotFound."""
    with transaction.atomic():
        now = timezone.now()
        key = _own(user, key_uid, reach)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            _record(EventKind.KEY_REVOKED, key, now)
        return key


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Write down that the key is in use, seldom: a write with every call would cost more than most calls."""
    if key.last_used_at is not None and key.last_used_at > now - USE_NOTED_EVERY:
        return
    # Guarded, so that of many calls at once one writes.
    due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now)


def _issue(user: User, name: str, scopes: Sequence[KeyScope], expires_at: datetime | None) -> NewKey:
    text = f"assay_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=text[:PREFIX_LENGTH],
        digest=digest_of(text),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    return NewKey(row, text)


def _own(user: User, key_uid: uuid.UUID, reach: Sequence[KeyScope]) -> ApiKey:
    key = ApiKey.objects.select_for_update().filter(user=user, uid=key_uid).first()
    # A narrow key must not end a wider one, nor turn itself into it.
    if key is None or not set(key.scopes) <= set(reach):
        raise NotFound("there is no such key among yours")
    return key


def _record(kind: EventKind, key: ApiKey, at: datetime) -> None:
    Event.objects.create(
        kind=kind, actor=key.user, subject=key.uid, detail={"name": key.name, "scopes": key.scopes}, created_at=at
    )
