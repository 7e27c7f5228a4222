"""Whom a project trusts, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client.call import Call, get, given, post
from assay_client.shapes import Json


def trust(project: str) -> Call[Json]:
    """Every worker's trust level with the evidence behind it."""
    return get(f"/projects/{project}/trust")


def set_trust(project: str, worker: str, level: str, reason: str, days: int | None = None) -> Call[Json]:
    """Set a worker's level by hand, with a reason that the worker is shown."""
    return post(f"/projects/{project}/workers/{worker}/trust", given(level=level, reason=reason, days=days))


def preview_trust(project: str, ladder: Mapping[str, Any] | None = None) -> Call[Json]:
    """Whom the ladder of trust would have hit; nothing is changed."""
    return post(f"/projects/{project}/trust/preview", dict(ladder or {}))


def rules(project: str) -> Call[Json]:
    """Every version of every rule, the newest first."""
    return get(f"/projects/{project}/rules")


def set_rule(project: str, name: str, body: Mapping[str, Any]) -> Call[Json]:
    """Keep a rule: its next version, from now on the active one."""
    return post(f"/projects/{project}/rules", {"name": name, "body": dict(body)})


def preview_rule(project: str, body: Mapping[str, Any], days: int | None = None) -> Call[Json]:
    """Whom a rule would have hit; nothing is changed."""
    return post(f"/projects/{project}/rules/preview", given(body=dict(body), days=days))


def retire_rule(project: str, name: str) -> Call[Json]:
    """Let a rule fire no more."""
    return post(f"/projects/{project}/rules/retire", {"name": name})
