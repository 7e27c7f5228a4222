"""The page for those who run the server: what is wrong, what waits, what failed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crowd.models import User
from crowd.policies.alarms import raised
from crowd.queries.figures import server_figures
from crowd.queries.readiness import readiness_problems
from crowd.queries.seals import chain_end
from crowd.queries.troubles import troubles
from web.operators.lines import figure_lines, trouble_lines


@never_cache
@login_required
@require_safe
def show_server(request: HttpRequest) -> HttpResponse:
    """Staff only; for others there is no such page."""
    assert isinstance(request.user, User)
    if not request.user.is_staff:
        raise Http404
    figures = server_figures()
    alarms = raised({figure.name: [value for _, value in figure.samples] for figure in figures})
    position, head, _ = chain_end()
    context = {
        "now": timezone.now(),
        "problems": readiness_problems(),
        "alarms": alarms,
        "figures": figure_lines(figures, alarms),
        "troubles": trouble_lines(troubles()),
        "head": f"{position}:{head}",
    }
    return render(request, "operators/server.html", context)
