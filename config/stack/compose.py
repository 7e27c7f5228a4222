"""Reads docker-compose.yml: which services there are, what each runs, waits for and answers when asked how it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

COMPOSE_FILE = Path(__file__).resolve().parent.parent.parent / "docker-compose.yml"
_VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)(?:(:?[?-])([^}]*))?\})")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class ComposeError(Exception):
    """The file, or a variable that it needs, is not as it must be."""


@dataclass(frozen=True)
class Health:
    """How a service is asked whether it is well; an empty ``test`` where nobody asks."""

    test: list[str] = field(default_factory=list)
    interval_seconds: float = 30.0
    timeout_seconds: float = 30.0
    retries: int = 3
    start_seconds: float = 0.0


@dataclass(frozen=True)
class Service:
    """One service as the file has it. ``waits_for``: the condition by the name of the service it depends on."""

    name: str
    image: str | None
    command: list[str]
    environment: dict[str, str]
    waits_for: dict[str, str]
    is_restarted: bool
    health: Health
    grace_seconds: float
    raw: Mapping[str, Any]


def read_services(variables: Mapping[str, str], file: Path = COMPOSE_FILE) -> dict[str, Service]:
    """The services of the file by name, its variables replaced as Compose replaces them.

    Raises ComposeError for a variable that must be given and is not.
    """
    document = yaml.safe_load(file.read_text())
    filled = _filled(document, variables)
    return {name: _service(name, raw) for name, raw in filled["services"].items()}


def _service(name: str, raw: Mapping[str, Any]) -> Service:
    waits = raw.get("depends_on", {})
    if isinstance(waits, list):
        waits = {other: {"condition": "service_started"} for other in waits}
    command = raw.get("command", [])
    return Service(
        name=name,
        # What is built here is this code.
        image=None if "build" in raw else raw.get("image"),
        command=shlex.split(command) if isinstance(command, str) else [str(part) for part in command],
        environment={key: str(value) for key, value in raw.get("environment", {}).items()},
        waits_for={other: how["condition"] for other, how in waits.items()},
        is_restarted=raw.get("restart", "no") != "no",
        health=_health(raw.get("healthcheck")),
        grace_seconds=seconds(str(raw.get("stop_grace_period", "10s"))),
        raw=raw,
    )


def _health(raw: Mapping[str, Any] | None) -> Health:
    if not raw or raw.get("disable"):
        return Health()
    return Health(
        test=[str(part) for part in raw["test"]],
        interval_seconds=seconds(str(raw.get("interval", "30s"))),
        timeout_seconds=seconds(str(raw.get("timeout", "30s"))),
        retries=int(raw.get("retries", 3)),
        start_seconds=seconds(str(raw.get("start_period", "0s"))),
    )


def seconds(text: str) -> float:
    """A duration of Compose, such as 90s or 1m30s, in seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ComposeError(f"{text!r} is not a duration; write 90s or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, variables), value)
    if isinstance(value, dict):
        return {key: _filled(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    return value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    dollar, name, operator, rest = match.groups()
    if dollar:
        return "$"
    found = variables.get(name)
    # A colon makes an empty value count as none.
    if found or (found is not None and not (operator or "").startswith(":")):
        return found
    if operator is not None and operator.endswith("?"):
        raise ComposeError(f"{name} is not set: {rest}")
    return rest or ""
