"""Which language a page speaks: the visitor's choice, else what the browser asks for; the API speaks English."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

KEPT_SECONDS = 365 * 24 * 3600


class PageLanguage(LocaleMiddleware):
    """Django's, but for the API: its words are documented, and programs compare them."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of one request."""
        if request.path_info.startswith("/api/"):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the visitor's choice in a cookie, then go back to the page where it was made."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    # `redirect` would take anything but a path for the name of a page.
    response = redirect(back if is_ours and back.startswith("/") else "home")
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        remember_language(response, language)
    return response


def remember_language(response: HttpResponse, language: str) -> None:
    """Let the browser keep which language was chosen."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
