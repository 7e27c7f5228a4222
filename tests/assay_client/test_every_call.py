"""The client's calls and the API's document tell of the same addresses."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay_client.call import Call, Endpoint, Pages
from assay_client.calls import transfers
from assay_client.endpoints import Endpoints

ROOT = Path(__file__).resolve().parent.parent.parent
UID = "00000000-0000-0000-0000-000000000000"
SAMPLES: dict[str, Any] = {
    "project": UID,
    "view": "worker",
    "value": "cat",
    "at": datetime(2026, 1, 1, tzinfo=UTC),
    "since": datetime(2026, 1, 1, tzinfo=UTC),
    "half_width": 0.1,
    "file": Path("tasks.csv"),
    "kind": "answers",
    "format": "csv",
    **{name: {} for name in ("requirements", "course", "body", "prompt", "terms")},
    **{name: [] for name in ("tasks", "golds", "workers", "examples")},
}


def described() -> dict[str, Call[Any]]:
    """One call of every method, with samples for what it must be given."""
    calls: dict[str, Call[Any]] = {}
    methods = {name: found for name, found in vars(Endpoints).items() if isinstance(found, Endpoint | Pages)}
    functions = {name: found.describe for name, found in methods.items()}
    functions |= {"export_now": transfers.export_now, "export_file": transfers.export_file}
    for name, describe in functions.items():
        wanted = {
            parameter.name: SAMPLES.get(parameter.name, UID)
            for parameter in inspect.signature(describe).parameters.values()
            if parameter.default is inspect.Parameter.empty
            and parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        }
        if name == "create_project":
            wanted["project"] = {}
        if name == "set_up_rater":
            wanted["rater"] = {}
        calls[name] = describe(**wanted)
    return calls


def operations() -> dict[tuple[str, str], re.Pattern[str]]:
    """The document's operations with what their addresses look like; a plain address before one with a blank."""
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    found = {}
    for path in sorted(document["paths"], key=lambda path: path.count("{")):
        pattern = re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")))
        for method in document["paths"][path]:
            if method in ("get", "post", "patch", "put", "delete"):
                found[method.upper(), path] = pattern
    return found


def operation_of(call: Call[Any]) -> tuple[str, str] | None:
    for (method, path), pattern in operations().items():
        if method == call.method and pattern.fullmatch(call.address):
            return method, path
    return None


@pytest.mark.parametrize("name", sorted(described()))
def test_a_call_asks_an_address_that_the_api_has(name: str) -> None:
    call = described()[name]
    if is_about_files(call) and not any("/imports" in path for _, path in operations()):
        pytest.skip("the document does not tell of imports and exports yet")
    assert operation_of(call) is not None


def is_about_files(call: Call[Any]) -> bool:
    return re.search(r"/(imports|exports)\b", call.path) is not None


def test_every_method_says_what_it_does() -> None:
    methods = {name: found for name, found in vars(Endpoints).items() if isinstance(found, Endpoint | Pages)}
    assert [name for name, found in methods.items() if not found.__doc__] == []
