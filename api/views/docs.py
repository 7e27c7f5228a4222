"""The API's own document, with pages to read it in."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from api.errors import problem_response
from api.schema import openapi
from crowd.errors import NotFound

# ReDoc makes two style sheets that it gives no nonce: an empty one that it fills by script, and one of fixed text.
REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]
YAML, JSON = "application/yaml", "application/json"


@require_safe
def as_yaml(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The document as YAML."""
    return HttpResponse(_rendered(YAML), content_type=YAML)


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The document as JSON."""
    return HttpResponse(_rendered(JSON), content_type=JSON)


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    """Swagger UI, from this server's own files."""
    return render(request, "api/swagger.html")


@csp_update({"style-src": [SELF, NONCE, *REDOC_STYLES]})
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """ReDoc, from this server's own files; nonce and hashes let its generated style sheets through."""
    return render(request, "api/redoc.html")


@lru_cache(maxsize=2)
def _rendered(media_type: str) -> bytes:
    renderer: Any = OpenApiYamlRenderer() if media_type == YAML else OpenApiJsonRenderer()
    raw: bytes = renderer.render(openapi(), renderer_context={})
    return raw


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001  what no address matches
    """404 as problem+json: a malformed id is as unknown as any other."""
    problem = problem_response(NotFound("there is no such address"), {})
    assert problem is not None
    return HttpResponse(json.dumps(problem.data), status=404, content_type="application/problem+json")
