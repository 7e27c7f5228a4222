"""Tells the throttle of log-ins who tries from where, and those who are locked out how long."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MAX_LENGTH = 254


def address_of(request: HttpRequest) -> str:
    """The visitor's address: the connection's, or as our own proxies wrote it down, however much others put before."""
    if settings.PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= settings.PROXIES and hops[-settings.PROXIES]:
            return hops[-settings.PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def account_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The account that is tried, whatever the case in which it is written."""
    given = (credentials or {}).get("username") or (request.POST.get("username", "") if request is not None else "")
    return str(given).replace("\0", "").strip().lower()[:MAX_LENGTH]


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:  # noqa: ARG001  the library gives more
    """The page that says so, with 429."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    response = render(request, "account/locked.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
