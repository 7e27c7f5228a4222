"""Sends every operation of docs/openapi.yaml what no generator sends: bad UTF-8, NUL, deep JSON, huge numbers."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import httpx
import yaml

DEEP = 5000
BODIES = {
    "bad UTF-8": b'{"name": "\xff\xfe"}',
    "half a surrogate pair": b'{"name": "\\ud800", "reason": "\\udfff"}',
    "NUL": b'{"name": "\\u0000", "reason": "\\u0000", "value": "\\u0000"}',
    "deep JSON": b'{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "huge numbers": b'{"value": 1e999, "price": %s, "min_overlap": %s}' % (b"9" * 5000, b"9" * 40),
    "no JSON": b"\x00\x01",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
}
QUERIES = {
    "bad UTF-8": "cursor=%FF%FE&search=%FF",
    "NUL": "cursor=%00&state=%00&worker=%00&kind=%00",
    "huge numbers": "page_size=" + "9" * 5000 + "&ordering=" + "9" * 300,
    "many": "&".join(f"a{n}=1" for n in range(2000)),
}
HEADERS = {
    "Idempotency-Key": "k\x7f" + "x" * 300,
    "If-Match": '"' + "x" * 4000 + '"',
}


def main(server: str, keys: dict[str, str], configuration: Path) -> int:
    """The number of server errors and of replies in HTML."""
    known = tomllib.loads(configuration.read_text())["dictionaries"]
    paths = yaml.safe_load((Path(__file__).resolve().parents[1] / "docs" / "openapi.yaml").read_text())["paths"]
    bad, calls = 0, 0
    with httpx.Client(base_url=server, timeout=30) as client:
        for path, operations in paths.items():
            where = re.sub(r"\{(\w+)\}", lambda name: known[name[1]]["values"][0], path)
            for method in operations:
                for what, arguments in _tries(method):
                    headers = {"Authorization": f"Bearer {keys['owner']}", **arguments.pop("headers", {})}
                    tail = f"?{arguments.pop('query')}" if "query" in arguments else ""
                    reply = client.request(method.upper(), where + tail, headers=headers, **arguments)
                    calls += 1
                    if reply.status_code >= 500 or "html" in reply.headers.get("Content-Type", ""):
                        bad += 1
                        sys.stdout.write(
                            f"{method.upper()} {path} with {what}: {reply.status_code} {reply.text[:200]}\n"
                        )
    sys.stdout.write(f"{calls} calls with odd bytes, {bad} of them answered badly\n")
    return bad


def _tries(method: str) -> list[tuple[str, dict[str, object]]]:
    if method in ("get", "delete"):
        return [(f"{what} in the query", {"query": query}) for what, query in QUERIES.items()]
    json_type = {"Content-Type": "application/json"}
    bodies = [(f"{what} in the body", {"content": body, "headers": json_type}) for what, body in BODIES.items()]
    return bodies + [(f"an odd {name}", {"json": {}, "headers": {name: value}}) for name, value in HEADERS.items()]


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])) else 0)
