"""Leads claims and submits with a key straight to their views, past what only pages need."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.views import hot

# The addresses of `api.urls` below the prefix of `config.urls`; whatever does not match goes the long way there.
_CLAIM = re.compile(r"/api/v1/projects/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/claim")
_SUBMIT = re.compile(r"/api/v1/assignments/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/submit")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class ShortWay:
    """Middleware: sessions, languages, messages, CSRF, CSP cost a claim as much as the claim, and a key needs none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The reply of the hot view, or of all that follows."""
        if not hot.is_hot(request):
            return self.get_response(request)
        if (match := _CLAIM.fullmatch(request.path_info)) is not None:
            request.get_host()  # refuses a host that is not ours, as CommonMiddleware does
            response = hot.claim(request, project=uuid.UUID(match[1]))
        elif (match := _SUBMIT.fullmatch(request.path_info)) is not None:
            request.get_host()
            response = hot.submit(request, assignment=uuid.UUID(match[1]))
        else:
            return self.get_response(request)
        for name, value in _HEADERS.items():
            response[name] = value
        response["Content-Length"] = str(len(response.content))
        return response
