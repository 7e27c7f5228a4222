"""Speaks the batch files of OpenAI-compatible hosts: upload, submit, look, cancel, download."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from crowd.enums import FailureReason
from crowd.raters.endpoint import CallFailed, Endpoint

CHAT = "/v1/chat/completions"
WINDOW = "24h"
OURS = "assay_batch"
MAX_FILE_BYTES = 512 * 1024 * 1024
# Pages of a host's list that are looked through for what is ours, newest first.
MOST_PAGES = 20
# What a host says of a batch that will not go on.
OVER = {"completed", "failed", "expired", "cancelled"}
# A host without a list answers so.
NO_SUCH_ADDRESS = {404, 405, 501}


@dataclass(frozen=True, kw_only=True)
class RemoteBatch:
    """A batch as its host tells of it."""

    remote_id: str
    status: str
    completed: int
    failed: int
    output_file: str
    error_file: str
    expires_at: datetime | None
    problems: str


@dataclass(frozen=True)
class ReplyLine:
    """One line of what came back: a reply's body, or the reason why there is none."""

    custom_id: str
    body: dict[str, Any] | None
    reason: FailureReason | None = None
    detail: str = ""


class CannotTell(Exception):
    """The host has no list in which to look for what was sent before a process died."""


def request_line(custom_id: str, body: Mapping[str, Any]) -> bytes:
    """One call as a line of the file."""
    line = {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def upload_file(endpoint: Endpoint, *, name: str, lines: Sequence[bytes]) -> str:
    """Upload the file; the host's name for it. Raises CallFailed."""
    edge = f"assay-{name}"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    content = head.encode() + b"".join(lines) + f"\r\n--{edge}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={edge}"
    return _name(endpoint.ask("POST", "/files", content=content, content_type=content_type, idempotency_key=name))


def find_file(endpoint: Endpoint, *, name: str) -> str | None:
    """The host's name for a file that was uploaded before; None where it has none. Raises CallFailed, CannotTell."""
    for row in _listed(endpoint, "/files?purpose=batch"):
        if row.get("filename") == name and row.get("id"):
            return _name(row)
    return None


def submit_batch(endpoint: Endpoint, *, input_file: str, uid: str) -> RemoteBatch:
    """Have an uploaded file worked off. Raises CallFailed."""
    body = {"input_file_id": input_file, "endpoint": CHAT, "completion_window": WINDOW, "metadata": {OURS: uid}}
    return _batch(endpoint.ask("POST", "/batches", content=json.dumps(body).encode(), idempotency_key=uid))


def find_batch(endpoint: Endpoint, *, input_file: str, uid: str) -> RemoteBatch | None:
    """A batch that was submitted before, by our mark on it or by its file; None where the host has none.

    Raises CallFailed, CannotTell.
    """
    for row in _listed(endpoint, "/batches?limit=100"):
        marks = row.get("metadata")
        if (isinstance(marks, dict) and marks.get(OURS) == uid) or row.get("input_file_id") == input_file:
            return _batch(row)
    return None


def look_at_batch(endpoint: Endpoint, remote_id: str) -> RemoteBatch:
    """How a batch stands. Raises CallFailed."""
    return _batch(endpoint.ask("GET", f"/batches/{quote(remote_id, safe='')}"))


def cancel_batch(endpoint: Endpoint, remote_id: str) -> RemoteBatch:
    """Have a batch ended early: what is done by then is paid for and can be read. Raises CallFailed."""
    return _batch(endpoint.ask("POST", f"/batches/{quote(remote_id, safe='')}/cancel", content=b"{}"))


def download_lines(endpoint: Endpoint, file: str) -> Iterator[ReplyLine]:
    """What a file of replies or errors says, line by line; what is no such line is passed over. Raises CallFailed."""
    content = endpoint.fetch("GET", f"/files/{quote(file, safe='')}/content", most_bytes=MAX_FILE_BYTES)
    for raw in content.splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("custom_id"), str):
            yield _line(line)


def delete_file(endpoint: Endpoint, file: str) -> None:
    """Have the host forget a file. Raises CallFailed."""
    endpoint.fetch("DELETE", f"/files/{quote(file, safe='')}", most_bytes=1024 * 1024)


def _line(line: Mapping[str, Any]) -> ReplyLine:
    custom_id, response, error = line["custom_id"], line.get("response"), line.get("error")
    status = response.get("status_code") if isinstance(response, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if status == 200 and isinstance(body, dict) and not error:
        return ReplyLine(custom_id, body)
    if not error and isinstance(body, dict):
        error = body.get("error")
    told = error if isinstance(error, dict) else {}
    code, message = str(told.get("code") or ""), str(told.get("message") or error or "no reason is given")[:300]
    match status:
        case None if code == "batch_expired":
            reason = FailureReason.EXPIRED
        case None if code == "batch_cancelled":
            reason = FailureReason.CANCELLED
        case 429:
            reason = FailureReason.RATE_LIMITED
        case int() if status >= 500:
            reason = FailureReason.SERVER_ERROR
        case 200:
            reason = FailureReason.OUTSIDE_SCHEMA
        case _:
            reason = FailureReason.REJECTED
    said = "the batch has no reply to this call" if status is None else f"the endpoint answered {status} in the batch"
    return ReplyLine(custom_id, None, reason, f"{said}: {' '.join(part for part in (code, message) if part)}")


def _listed(endpoint: Endpoint, path: str) -> Iterator[dict[str, Any]]:
    after = ""
    for _ in range(MOST_PAGES):
        try:
            page = endpoint.ask("GET", path + (f"&after={quote(after, safe='')}" if after else ""))
        except CallFailed as failure:
            if failure.status in NO_SUCH_ADDRESS:
                raise CannotTell(failure.detail) from failure
            raise
        data = page.get("data")
        rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
        yield from rows
        if not page.get("has_more") or not rows or not rows[-1].get("id"):
            return
        after = str(rows[-1]["id"])


def _batch(row: Mapping[str, Any]) -> RemoteBatch:
    counts = row.get("request_counts")
    counts = counts if isinstance(counts, dict) else {}
    errors = row.get("errors")
    data = errors.get("data") if isinstance(errors, dict) else None
    problems = [str(one.get("message") or one.get("code") or "") for one in data or [] if isinstance(one, dict)]
    until = row.get("expires_at")
    return RemoteBatch(
        remote_id=_name(row),
        status=str(row.get("status") or "")[:40],
        completed=_whole(counts.get("completed")),
        failed=_whole(counts.get("failed")),
        output_file=str(row.get("output_file_id") or "")[:200],
        error_file=str(row.get("error_file_id") or "")[:200],
        expires_at=datetime.fromtimestamp(until, UTC) if isinstance(until, int) and 0 < until < 2**33 else None,
        problems="; ".join(problems[:3])[:600],
    )


def _name(row: Mapping[str, Any]) -> str:
    name = row.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise CallFailed(FailureReason.OUTSIDE_SCHEMA, "the endpoint's reply names no id", is_transient=False)
    return name


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0
