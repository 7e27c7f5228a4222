"""The batch files of a fake host: /v1/files and /v1/batches as OpenAI's document describes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, dict[str, str], str]
PAGE = 2


def failed_line(custom_id: str, status: int | None, code: str, message: str) -> dict[str, Any]:
    """A line of an error file."""
    error = {"code": code, "message": message}
    if status is None:
        return {"id": "r", "custom_id": custom_id, "response": None, "error": error}
    response = {"status_code": status, "request_id": "q", "body": {"error": error}}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": None}


@dataclass
class FakeBatches:
    """``status``: what a submitted batch becomes when it is looked at. ``line``: the error line of a call, or None.
    ``submitted``: the texts of the files that were submitted, kept although the files may be deleted.
    """

    answer: Callable[[dict[str, Any]], Any]
    status: str = "completed"
    has_list: bool = True
    line: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda call: None
    refusal: Reply | None = None
    problems: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    submitted: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Reply:
        """The reply to a request."""
        parts = urlsplit(target)
        path = parts.path.removeprefix("/v1")
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.lock:
            self.requests.append(f"{method} {path}")
            if self.refusal is not None:
                return self.refusal
            match (method, *path.strip("/").split("/")):
                case ("POST", "files"):
                    return self._upload(headers, raw)
                case ("GET", "files" | "batches" as kind) if not self.has_list:
                    return 404, {}, json.dumps({"error": {"message": f"no list of {kind}"}})
                case ("GET", "files"):
                    return _page(list(self.files.values()), asked)
                case ("GET", "files", name, "content"):
                    return 200, {}, self.files[name]["content"]
                case ("DELETE", "files", name):
                    return _json(self.files.pop(name) and {"id": name, "deleted": True})
                case ("POST", "batches"):
                    return self._submit(json.loads(raw))
                case ("GET", "batches"):
                    return _page(list(self.batches.values()), asked)
                case ("GET", "batches", name) if name in self.batches:
                    return self._look(self.batches[name])
                case ("POST", "batches", name, "cancel"):
                    self.batches[name]["status"] = "cancelling"
                    self.status = "cancelled"
                    return _json(self.batches[name])
        return 404, {}, json.dumps({"error": {"message": f"no {path}"}})

    def _upload(self, headers: dict[str, str], raw: bytes) -> Reply:
        message = BytesParser().parsebytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + raw)
        found = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
        assert found["purpose"].get_payload() == "batch"
        file = found["file"]
        content = file.get_payload(decode=True).decode().rstrip("\r\n")
        return _json(self._keep(content, file.get_filename()))

    def _keep(self, content: str, filename: str) -> dict[str, Any]:
        name = f"file-{len(self.files) + len(self.requests)}"
        self.files[name] = {"id": name, "filename": filename, "content": content, "purpose": "batch"}
        return self.files[name]

    def _submit(self, body: dict[str, Any]) -> Reply:
        assert body["endpoint"] == "/v1/chat/completions"
        assert body["input_file_id"] in self.files
        self.submitted.append(self.files[body["input_file_id"]]["content"])
        name = f"batch_{len(self.batches) + 1}"
        self.batches[name] = body | {"id": name, "status": "validating", "expires_at": 1_900_000_000}
        return _json(self.batches[name])

    def _look(self, batch: dict[str, Any]) -> Reply:
        if batch["status"] in ("completed", "expired", "cancelled", "failed") or self.status == "in_progress":
            if self.status == "in_progress":
                batch["status"] = "in_progress"
            return _json(batch)
        batch["status"] = self.status
        if self.status == "failed":
            batch["errors"] = {"data": self.problems}
            return _json(batch)
        calls = [json.loads(line) for line in self.files[batch["input_file_id"]]["content"].splitlines()]
        assert len({call["custom_id"] for call in calls}) == len(calls)
        bad = {call["custom_id"]: line for call in calls if (line := self.line(call)) is not None}
        good = [
            {
                "id": "r",
                "custom_id": call["custom_id"],
                "response": {"status_code": 200, "request_id": "q", "body": self.answer(call["body"])},
                "error": None,
            }
            for call in calls
            if call["custom_id"] not in bad
        ]
        # Hosts do not keep the order of the calls.
        for key, lines in (("output_file_id", good[::-1]), ("error_file_id", [line for line in bad.values() if line])):
            text = "\n".join(json.dumps(line) for line in lines)
            batch[key] = self._keep(text, f"{key}.jsonl")["id"] if lines else None
        batch["request_counts"] = {"total": len(calls), "completed": len(good), "failed": len(bad)}
        return _json(batch)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """All calls of all batches that were submitted."""
        return [json.loads(line) for text in self.submitted for line in text.splitlines()]


def _json(value: Any) -> Reply:
    return 200, {}, json.dumps({name: part for name, part in value.items() if name != "content"})


def _page(rows: list[dict[str, Any]], asked: dict[str, str]) -> Reply:
    rows = rows[::-1]
    after = asked.get("after")
    if after is not None:
        rows = rows[[row["id"] for row in rows].index(after) + 1 :]
    shown = [{name: part for name, part in row.items() if name != "content"} for row in rows[:PAGE]]
    return 200, {}, json.dumps({"object": "list", "data": shown, "has_more": len(rows) > PAGE})
