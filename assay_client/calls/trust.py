"""Whom a project trusts, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client.call import Call, get, given, post
from assay_client.shapes import Json, Money


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


def trust_contributors(project: str) -> Call[Json]:
    """How much each worker has added to the consensus, as last measured."""
    return get(f"/projects/{project}/trust/contributors")


def trust_calibration(project: str) -> Call[Json]:
    """Whether levels keep what they promise, as last measured."""
    return get(f"/projects/{project}/trust/calibration")


def trust_drift(project: str) -> Call[Json]:
    """Whose accuracy moves, as last measured."""
    return get(f"/projects/{project}/trust/drift")


def overturn_trust(project: str, change: str, reason: str) -> Call[Json]:
    """Overturn a decision; what followed is put right, with an apology."""
    return post(f"/projects/{project}/trust/changes/{change}/overturn", {"reason": reason})


def trust_appeals(project: str) -> Call[Json]:
    """The appeals against restrictions and suspensions that you may judge, due first."""
    return get(f"/projects/{project}/trust/appeals")


def decide_trust_appeal(project: str, appeal: str, is_granted: bool, reason: str) -> Call[Json]:
    """Grant the appeal, which overturns the decision, or deny it."""
    return post(f"/projects/{project}/trust/appeals/{appeal}/decide", {"is_granted": is_granted, "reason": reason})


def appeal_trust(change: str, reason: str) -> Call[Json]:
    """Contest a restriction or suspension of your own."""
    return post(f"/me/trust/changes/{change}/appeal", {"reason": reason})


def restitutions(project: str, page_size: int | None = None) -> Call[Json]:
    """What was made good, the oldest first."""
    return get(f"/projects/{project}/restitutions", page_size=page_size)


def restitution(project: str, restitution: str) -> Call[Json]:
    """How one restitution stands."""
    return get(f"/projects/{project}/restitutions/{restitution}")


def restitution_lines(project: str, restitution: str, page_size: int | None = None) -> Call[Json]:
    """What a restitution has done, step by step."""
    return get(f"/projects/{project}/restitutions/{restitution}/lines", page_size=page_size)


def flags(project: str, page_size: int | None = None) -> Call[Json]:
    """What calls for a look, with its evidence, the oldest first."""
    return get(f"/projects/{project}/flags", page_size=page_size)


def confirm_flag(project: str, flag: str, note: str) -> Call[Json]:
    """Write down that a flag is right; nothing else follows."""
    return post(f"/projects/{project}/flags/{flag}/confirm", {"note": note})


def dismiss_flag(project: str, flag: str, note: str) -> Call[Json]:
    """Write down that a flag is wrong; nothing else follows."""
    return post(f"/projects/{project}/flags/{flag}/dismiss", {"note": note})


def fairness(project: str) -> Call[Json]:
    """Pay per active hour against the floor, rates by group, the forecast for a launch."""
    return get(f"/projects/{project}/fairness")


def set_fairness(project: str, floor: Money | None = None, expected_seconds: float | None = None) -> Call[Json]:
    """Set the floor of pay and the time that a task is thought to take; what is None is left as it is."""
    return post(f"/projects/{project}/fairness", given(floor=floor, expected_seconds=expected_seconds))


def own_report(project: str) -> Call[Json]:
    """What is decided about the worker, on what evidence, until when, and what was made good."""
    return get(f"/me/projects/{project}/report")
