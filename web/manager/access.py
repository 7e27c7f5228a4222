"""Lets the owner and the managers of a project open its pages, and nobody else know that it is there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crowd.enums import Role
from crowd.models import User
from crowd.queries.access import MANAGING, project_for
from web.refusals import hides_what_is_not_theirs

View = Callable[..., HttpResponse]
READ = ("GET", "HEAD")
WRITE = ("POST",)


def for_managers(methods: Iterable[str] = READ, *, roles: Iterable[Role] = MANAGING) -> Callable[[View], View]:
    """A page of a project: the view gets the project itself. A form sent after the session ended leads to "manage"."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, project: uuid.UUID, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                is_read = request.method in READ
                return redirect_to_login(request.get_full_path() if is_read else reverse("manage", args=[project]))
            row = project_for(uid=project, user=user_of(request), roles=roles)
            return view(request, row, **kwargs)

        return never_cache(require_http_methods(list(methods))(hides_what_is_not_theirs(wrapped)))

    return decorate


def user_of(request: HttpRequest) -> User:
    """Whoever is logged in."""
    assert isinstance(request.user, User)
    return request.user
