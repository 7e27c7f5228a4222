"""Pages of an account: log-in, home, a worker's own record."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from crowd.models import User
from crowd.queries.earnings import earnings_of, totals_by_currency
from crowd.queries.offers import managed_by, offers_for, open_projects_for
from crowd.queries.projects import helped_projects
from crowd.queries.standings import standings_of
from crowd.services.measuring import SIGHTING_KEPT
from crowd.services.sightings import note_browser
from crowd.services.workers import worker_of_user
from web.account.forms import LogInForm
from web.account.lines import EarningLine, HelpedLine, ManagedLine, OfferLine, OpenLine, StandingLine
from web.language import remember_language
from web.money import Money

BROWSER_COOKIE = "assay_browser"


class LogInPage(LoginView):
    """Log-in; who is logged in already goes home."""

    template_name = "account/log_in.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in, and leave the browser its random mark (docs/privacy.md)."""
        user = form.get_user()
        assert isinstance(user, User)
        response = super().form_valid(form)
        token = note_browser(user=user, token=self.request.COOKIES.get(BROWSER_COOKIE))
        if token is not None:
            response.set_cookie(
                BROWSER_COOKIE,
                token,
                max_age=SIGHTING_KEPT,
                path=self.request.path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        if user.pages_language:
            remember_language(response, user.pages_language)
        return response


@method_decorator(never_cache, name="dispatch")
class HomeView(LoginRequiredMixin, TemplateView):
    """What the person may work on, what they manage."""

    template_name = "account/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Each list."""
        user = self.request.user
        assert isinstance(user, User)
        return super().get_context_data(
            offers=[OfferLine(offer) for offer in offers_for(user)],
            helped=[HelpedLine(project, roles) for project, roles in helped_projects(user).items()],
            to_join=[OpenLine(project) for project in open_projects_for(user)],
            managed=[ManagedLine(project) for project in managed_by(user)],
            **kwargs,
        )


@never_cache
@login_required
@require_safe
def own_page(request: HttpRequest) -> HttpResponse:
    """The worker's own earnings, standing, notices."""
    assert isinstance(request.user, User)
    worker = worker_of_user(request.user)
    earnings = earnings_of(worker)
    totals = [Money(micros, currency) for currency, micros in totals_by_currency(earnings).items()]
    context = {
        "totals": totals,
        "earnings": [EarningLine(earning) for earning in earnings],
        "standings": [StandingLine(standing) for standing in standings_of(worker)],
    }
    return render(request, "account/me.html", context)
