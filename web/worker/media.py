"""Lets pages that show tasks load what payloads point to, and nothing else more than other pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from csp.constants import NONCE, SELF
from django.conf import settings
from django.http import HttpResponse


def shows_payloads(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Add the sources of media to the page's content security policy.

    Pictures, sounds and films load; scripts, styles, frames and fetched data stay those of this site.
    """

    @wraps(view)
    def wrapped(*args: object, **kwargs: object) -> HttpResponse:
        response = view(*args, **kwargs)
        # django-csp reads its changes to the policy off the response.
        response._csp_update = {  # type: ignore[attr-defined]
            "img-src": settings.MEDIA_SOURCES,
            # Only where the page has asked for a nonce: the wave of a sound brings a style element of its own.
            "style-src": [NONCE],
            "media-src": [SELF, "data:", *settings.MEDIA_SOURCES],
        }
        return response

    return wrapped
