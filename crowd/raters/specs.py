"""What a rater may be set up to be: whether its description makes sense, its key, its group."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from crowd.enums import WorkerKind
from crowd.errors import FieldProblem
from crowd.raters.endpoint import address_problem

# name -> (type, default, least, most)
NUMBERS: dict[str, tuple[type, Any, float, float]] = {
    "temperature": (float, 0.0, 0.0, 2.0),
    "top_p": (float, 1.0, 0.01, 1.0),
    "samples": (int, 1, 1, 20),
    "rotations": (int, 1, 1, 20),
    "shots": (int, 0, 0, 50),
}
FLAGS = {"has_logprobs": True, "is_aliased": False, "watches_fingerprint": True}
TEXTS = ("base_url", "model", "snapshot", "key_name", "pool")
KNOWN = {*NUMBERS, *FLAGS, *TEXTS, "seed"}


def check_llm(
    spec: Mapping[str, Any], *, labels: int, keys: Mapping[str, str], is_local_allowed: bool
) -> list[FieldProblem]:
    """What is wrong with a chat model's description. ``keys``: the key names that may be used, with their hosts."""
    problems = [FieldProblem(f"/spec/{name}", "is no part of a model's description") for name in set(spec) - KNOWN]
    problems += [
        FieldProblem(f"/spec/{name}", "is missing")
        for name in ("base_url", "model")
        if not isinstance(spec.get(name), str) or not spec[name].strip()
    ]
    problems += [
        FieldProblem(f"/spec/{name}", "must be a text")
        for name in TEXTS
        if spec.get(name) is not None and not isinstance(spec[name], str)
    ]
    for name, (kind, _, least, most) in NUMBERS.items():
        value = spec.get(name)
        is_number = isinstance(value, int) or (kind is float and isinstance(value, float))
        if value is not None and (isinstance(value, bool) or not is_number or not least <= value <= most):
            problems.append(FieldProblem(f"/spec/{name}", f"{least:g} to {most:g}"))
    problems += [
        FieldProblem(f"/spec/{name}", "true or false") for name in FLAGS if not isinstance(spec.get(name, False), bool)
    ]
    seed = spec.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        problems.append(FieldProblem("/spec/seed", "a whole number, or null"))
    if problems:
        return problems
    problem = address_problem(spec["base_url"], is_local_allowed=is_local_allowed)
    if problem is not None:
        problems.append(FieldProblem("/spec/base_url", problem))
    key_name, host = spec.get("key_name"), urlsplit(spec["base_url"]).hostname
    # A key goes only to the host that its operator named: a manager must not send it elsewhere.
    if key_name and keys.get(key_name) != host:
        known = ", ".join(f"{name} for {of}" for name, of in sorted(keys.items())) or "none"
        problems.append(FieldProblem("/spec/key_name", f"no such key for {host}; this server has {known}"))
    if spec.get("rotations", 1) > labels:
        problems.append(FieldProblem("/spec/rotations", f"at most one for each of the {labels} labels"))
    if spec.get("samples", 1) > 1 and not spec.get("temperature"):
        problems.append(FieldProblem("/spec/samples", "several samples are the same at temperature 0; raise it"))
    if bool(spec.get("pool")) != bool(spec.get("shots")):
        problems.append(FieldProblem("/spec/shots", "examples take both a pool and a number of shots"))
    return problems


def complete_llm(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The description with every default written out, so that its hash does not depend on what was left out."""
    full: dict[str, Any] = {name: kind(spec.get(name, default)) for name, (kind, default, *_) in NUMBERS.items()}
    full |= {name: spec.get(name, default) for name, default in FLAGS.items()}
    full |= {name: spec.get(name) or "" for name in TEXTS}
    full["seed"] = spec.get("seed", 0)
    full["base_url"] = full["base_url"].rstrip("/")
    return full


def check_classifier(spec: Mapping[str, Any]) -> list[FieldProblem]:
    """What is wrong with a classifier's description."""
    problems = [FieldProblem(f"/spec/{name}", "is no part of a classifier") for name in set(spec) - {"field"}]
    if "field" in spec and not isinstance(spec["field"], str):
        problems.append(FieldProblem("/spec/field", "a name such as text or product.title"))
    return problems


def key_of(kind: WorkerKind, shaped_by: Mapping[str, Any]) -> str:
    """The hash of all that shapes a rater's votes."""
    identity = json.dumps([kind.value, shaped_by], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(identity.encode()).hexdigest()


def default_group(kind: WorkerKind, spec: Mapping[str, Any], key: str) -> str:
    """Raters that must be expected to err together: a model's family, all classifiers, each function by itself.

    Too coarse a group costs a little weight; too fine a one counts one opinion twice. Hence the family.
    """
    match kind:
        case WorkerKind.LLM:
            name = spec["model"].rsplit("/", 1)[-1].lower()
            family = re.match(r"[a-z]+", name)
            return f"llm:{family.group() if family else name}"
        case WorkerKind.CLASSIFIER:
            return "classifier"
        case _:
            return f"function:{key[:12]}"
