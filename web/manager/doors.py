"""Opens a project's pages to the roles that may see them: the guard of every manager page with its forms."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crowd.enums import Role
from crowd.errors import DomainError, NotEnrolled, NotFound
from crowd.models import Membership, Project, User
from crowd.queries.access import MANAGING, project_for
from web.refusals import hides_what_is_not_theirs, sentences_for

JUDGING = (*MANAGING, Role.ADJUDICATOR)
PAYING = (*MANAGING, Role.FINANCE)
# Where the money goes: the owner and finance, two of them a batch.
PAYING_OUT = (Role.OWNER, Role.FINANCE)

View = Callable[..., HttpResponse]


def manager_page(*roles: Role) -> Callable[[View], View]:
    """A page for people with one of the roles on its project, owner and manager unless said otherwise.

    The view gets the project's row. Whoever is not logged in is sent there, others get 404 as for no project.
    """

    def guard(view: View) -> View:
        @never_cache
        @login_required
        @require_safe
        @hides_what_is_not_theirs
        @wraps(view)
        def guarded(request: HttpRequest, project: uuid.UUID, **kwargs: Any) -> HttpResponse:
            return view(request, _opened(request, project, roles or MANAGING), **kwargs)

        return _marked(guarded, roles, is_form=False)

    return guard


def manager_form(back: str, *roles: Role) -> Callable[[View], View]:
    """The POST of a form; a refusal of the domain becomes a message on the page that the form stands on.

    ``back`` names that page; it gets those arguments of the form's address that it knows. A field ``next`` holding an
    address below the project's own is preferred, so that what was typed comes back.
    """

    def guard(view: View) -> View:
        @never_cache
        @require_POST
        @hides_what_is_not_theirs
        @wraps(view)
        def guarded(request: HttpRequest, project: uuid.UUID, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(_back(request, back, project, kwargs))
            row = _opened(request, project, roles or MANAGING)
            try:
                return view(request, row, **kwargs)
            except (NotFound, NotEnrolled):
                raise
            except DomainError as refusal:
                for sentence in sentences_for(refusal):
                    messages.warning(request, sentence)
                return redirect(_back(request, back, project, kwargs))

        return _marked(guarded, roles, is_form=True)

    return guard


def show(
    request: HttpRequest, project: Project, template: str, section: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Render a page below a project's head; ``section`` is its entry in the project's navigation."""
    return render(
        request, template, {"project": project, "section": section, "roles": roles_of(request, project)} | dict(context)
    )


def roles_of(request: HttpRequest, project: Project) -> dict[str, bool]:
    """Which groups of pages the person may open; one query."""
    held = set(Membership.objects.filter(project=project, user=user_of(request)).values_list("role", flat=True))
    groups = {"manages": MANAGING, "judges": JUDGING, "sees_money": PAYING, "pays_out": PAYING_OUT}
    return {name: not held.isdisjoint(roles) for name, roles in groups.items()}


def user_of(request: HttpRequest) -> User:
    """Who is logged in."""
    assert isinstance(request.user, User)
    return request.user


def way_back(request: HttpRequest, name: str, project: Project) -> str:
    """Where a form leads to when all went well: the page of the project that it names as ``next``, else ``name``."""
    return _back(request, name, project.uid, {})


def page_of(request: HttpRequest, rows: Any, size: int, name: str = "page") -> Page[Any]:
    """A page of rows; a number past the end or of no sense shows the nearest page instead of an error."""
    return Paginator(rows, size).get_page(request.GET.get(name, "1"))


def _marked(view: View, roles: tuple[Role, ...], *, is_form: bool) -> View:
    # Said on the view, so that tests can hold each address to its roles.
    view.roles, view.is_form = roles or MANAGING, is_form  # type: ignore[attr-defined]
    return view


def _opened(request: HttpRequest, project: uuid.UUID, roles: tuple[Role, ...]) -> Project:
    return project_for(uid=project, user=user_of(request), roles=roles)


def _back(request: HttpRequest, name: str, project: uuid.UUID, kwargs: Mapping[str, Any]) -> str:
    wanted = request.POST.get("next", "")
    # Only pages of this project: an address of somebody else's making leads nowhere else.
    if wanted.startswith(reverse("manage", args=[project])) and "\\" not in wanted:
        return wanted
    names = list(kwargs)
    for known in range(len(names), 0, -1):
        try:
            return reverse(name, kwargs={"project": project} | {key: kwargs[key] for key in names[:known]})
        except NoReverseMatch:
            continue
    return reverse(name, kwargs={"project": project})
