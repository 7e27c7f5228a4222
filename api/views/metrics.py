"""What Prometheus asks for."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.timings import timings
from crowd.queries.figures import server_figures

FAMILIES = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}


class _Figures:
    """A collector that reads the figures when it is asked."""

    def collect(self) -> Iterator[Metric]:
        for figure in server_figures():
            names = sorted(figure.samples[0][0]) if figure.samples else []
            family = FAMILIES[figure.kind](figure.name, figure.help, labels=names)
            for labels, value in figure.samples:
                family.add_metric([labels[name] for name in names], value)
            yield family


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as text, for who has the token or comes from an address of the settings; 404 for others."""
    if not (_has_token(request) or _is_near(request)):
        raise Http404
    figures = CollectorRegistry()
    figures.register(_Figures())
    body = generate_latest(figures) + generate_latest(timings())
    return HttpResponse(body, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").partition("Bearer ")[2].strip()
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _is_near(request: HttpRequest) -> bool:
    # Who comes through a proxy has the proxy's address: those need the token.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_NETWORKS)
