"""Recognises API keys: `Authorization: Bearer KEY` or `Authorization: Token KEY`."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from api.permissions import HasScope
from crowd.enums import KeyScope
from crowd.models import ApiKey, User, Worker
from crowd.policies.api_keys import digest_of
from crowd.queries.access import valid_key
from crowd.services.api_keys import note_use
from crowd.services.workers import worker_of_user

SCHEMES = {b"bearer", b"token"}
# How long claim and submit trust a key that was looked up: a revoked one still works there for as long, at most, in
# processes that have seen it. Its expiry holds to the second, and every other view asks the database each time.
TRUSTED_SECONDS = 5.0
KEPT = 20_000


class ApiKeyAuthentication(BaseAuthentication):
    """The user of a valid key; the key itself becomes ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """None without a key; AuthenticationFailed with one that is unknown, expired or revoked."""
        text = key_text(request)
        if text is None:
            return None
        key = valid_key(text)
        if key is None:
            raise AuthenticationFailed("the API key is unknown, expired or revoked")
        note_use(key=key, now=timezone.now())
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


@dataclass(frozen=True)
class WorkerLogIn:
    """Who works with a key; ``expires_at`` is the key's, ``trusted_until`` by the monotonic clock."""

    user: User
    worker: Worker
    expires_at: datetime | None
    trusted_until: float


_log_ins: OrderedDict[str, WorkerLogIn] = OrderedDict()
_lock = Lock()


def key_text(request: Request | HttpRequest) -> str | None:
    """The key of the Authorization header; None without one. Raises AuthenticationFailed for one that is malformed."""
    parts = get_authorization_header(request).split()
    if not parts or parts[0].lower() not in SCHEMES:
        return None
    if len(parts) != 2:
        raise AuthenticationFailed("the Authorization header must be 'Bearer KEY'")
    try:
        return parts[1].decode("ascii")
    except UnicodeDecodeError:
        raise AuthenticationFailed("the API key is unknown, expired or revoked") from None


def worker_log_in(key: str) -> WorkerLogIn:
    """Who works with the key, looked up at most every few seconds.

    Raises AuthenticationFailed, or PermissionDenied without the worker scope.
    """
    digest = digest_of(key)
    known = _log_ins.get(digest)
    if known is not None and known.trusted_until > time.monotonic():
        if known.expires_at is None or known.expires_at > timezone.now():
            return known
        raise AuthenticationFailed("the API key is unknown, expired or revoked")
    row = valid_key(key)
    if row is None:
        _log_ins.pop(digest, None)
        raise AuthenticationFailed("the API key is unknown, expired or revoked")
    if KeyScope.WORKER not in row.scopes:
        raise PermissionDenied(HasScope.message)
    note_use(key=row, now=timezone.now())
    log_in = WorkerLogIn(row.user, worker_of_user(row.user), row.expires_at, time.monotonic() + TRUSTED_SECONDS)
    with _lock:
        _log_ins[digest] = log_in
        while len(_log_ins) > KEPT:
            _log_ins.popitem(last=False)
    return log_in
