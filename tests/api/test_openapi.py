"""The document of the API: checked in, complete, valid."""

from __future__ import annotations

from pathlib import Path

from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from api.schema import openapi
from api.urls import urlpatterns

CHECKED_IN = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
PAGES = {"api-openapi-yaml", "api-openapi-json", "api-docs", "api-redoc"}


def test_the_document_is_what_is_checked_in() -> None:
    current = OpenApiYamlRenderer().render(openapi(), renderer_context={}).decode()
    assert current == CHECKED_IN.read_text(), "the API has changed: run `make openapi` and commit docs/openapi.yaml"


def test_the_document_is_valid_openapi() -> None:
    assert openapi()["openapi"].startswith("3.1")
    validate_schema(openapi())


def test_every_address_is_in_the_document() -> None:
    documented = {
        operation["operationId"].partition("_")[2]
        for path in openapi()["paths"].values()
        for operation in path.values()
    }
    named = {str(pattern.name) for pattern in urlpatterns} - PAGES
    assert documented == {name.removeprefix("api-").replace("-", "_") for name in named}


def test_every_operation_says_what_it_answers() -> None:
    silent = [
        operation["operationId"]
        for path in openapi()["paths"].values()
        for operation in path.values()
        if not any(code.startswith("2") for code in operation["responses"]) or not operation["summary"]
    ]
    assert silent == []


def test_the_document_is_served_to_anybody(api: APIClient) -> None:
    assert api.get("/api/v1/openapi.yaml").content.decode() == CHECKED_IN.read_text()
    assert api.get("/api/v1/openapi.json").json()["info"]["title"] == "Assay"


def test_an_unknown_address_is_a_problem_too(api: APIClient) -> None:
    response = api.post("/api/v1/projects/not-an-id/launch", {}, format="json")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "not_found"
