"""Gives every request an id that log lines, jobs and the reply carry; times it; closes what no page needs."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from api.timings import REQUEST_SECONDS, door_of
from config.log_lines import REQUEST_ID

HEADER = "X-Request-ID"
# What a proxy may send: nothing that could break a log line.
_SENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
logger = logging.getLogger("assay.requests")


class RequestIds:
    """Middleware, the outermost: whatever is logged on the way has the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The reply, with the id that came or a new one."""
        sent = request.headers.get(HEADER, "")
        request_id = sent if _SENT.fullmatch(sent) else uuid.uuid4().hex
        # Not taken back at the end: Django logs refusals after the last middleware. The next request sets its own.
        REQUEST_ID.set(request_id)
        begun = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - begun
        REQUEST_SECONDS.labels(door_of(request.path_info), f"{response.status_code // 100}xx").observe(seconds)
        # The path without its query: what people search for is theirs.
        logger.info("%s %s %s %.0f ms", request.method, request.path_info, response.status_code, seconds * 1000)
        response[HEADER] = request_id
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response
