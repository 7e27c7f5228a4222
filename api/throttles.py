"""Slows callers down who call too often: 429 with Retry-After, the same for the plain views and for DRF's."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.permission_table import WORK, access_for
from crowd.services.rates import take_block

WINDOW_SECONDS = 60
# The share of the limit that a process takes at a time: what it does not use is lost to the others for that minute.
BLOCKS = 100
KEPT = 20_000

_left: OrderedDict[str, tuple[int, int]] = OrderedDict()
_lock = Lock()


class CallerThrottle(BaseThrottle):
    """Counts a user's calls by what they do: work, read, write."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether there is a call left in this minute."""
        user_id = getattr(request.user, "pk", None)
        if user_id is None:
            return True
        name = request.resolver_match.url_name if request.resolver_match else None
        is_work = access_for(name, str(request.method)) == WORK
        kind = "work" if is_work else "read" if request.method in ("GET", "HEAD") else "write"
        return is_within(user_id, kind)

    def wait(self) -> float:
        """Seconds until the next minute."""
        return seconds_left()


def check_rate(user_id: int, kind: str) -> None:
    """Nothing while there are calls left in this minute; raises Throttled otherwise."""
    if not is_within(user_id, kind):
        raise Throttled(wait=seconds_left())


def is_within(user_id: int, kind: str) -> bool:
    """Use up one call of the user; False when none is left in this minute."""
    limit = settings.RATES[kind]
    if not limit:
        return True
    caller, window = f"{user_id}:{kind}", int(time.time()) // WINDOW_SECONDS
    if _use(caller, window):
        return True
    block = max(1, limit // BLOCKS)
    if not take_block(caller=caller, window=window, block=block, limit=limit, window_seconds=WINDOW_SECONDS):
        return False
    with _lock:
        of_window, left = _left.get(caller, (window, 0))
        _left[caller] = (window, (left if of_window == window else 0) + block - 1)
        while len(_left) > KEPT:
            _left.popitem(last=False)
    return True


def seconds_left() -> float:
    """Until this minute is over."""
    return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


def _use(caller: str, window: int) -> bool:
    with _lock:
        of_window, left = _left.get(caller, (0, 0))
        if of_window != window or left < 1:
            return False
        _left[caller] = (window, left - 1)
        return True
