"""Shorthands for calling the API in tests."""

from __future__ import annotations

from typing import Any

from cast import Cast
from rest_framework.test import APIClient

from crowd.enums import KeyScope
from crowd.models import User


def as_user(cast: Cast, user: User, *scopes: KeyScope) -> APIClient:
    """A client with a fresh key of the user."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.key_of(user, *scopes)}")
    return client


def as_worker(cast: Cast, n: int = 0) -> APIClient:
    """A client with the key of one of the cast's workers."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.keys[cast.workers[n].pk]}")
    return client


def url(cast: Cast, tail: str = "") -> str:
    """An address under the cast's project."""
    return f"/api/v1/projects/{cast.project.uid}" + (f"/{tail}" if tail else "")


def problem(response: Any) -> tuple[int, str]:
    """Status and code of a problem+json response."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    return response.status_code, body["code"]
