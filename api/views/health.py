"""Whether the server is up, and ready."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from crowd.queries.readiness import readiness_problems


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when the process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when everything that serving needs is there; 503 with what is not."""
    problems = readiness_problems()
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ready"})
