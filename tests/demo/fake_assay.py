"""A small in-memory Assay behind real HTTP: just enough rules to see how the demo's workers behave."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MANAGER_KEY = "manager"
GOLDS_WRONG_UNTIL_SUSPENDED = 2


class RefusalError(Exception):
    """A status with its problem+json code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class FakeAssay:
    """Golds come first, then every task goes to ``overlap`` people; models see everything; two wrong golds suspend.

    ``waits``: how many claims are answered with "wait" before any work is given. ``proposes``: whether a review lets
    models' votes count.
    """

    def __init__(
        self, *, overlap: int = 2, waits: int = 0, refuse_claims_with: str = "", proposes: bool = False
    ) -> None:
        self.overlap = overlap
        self.proposes = proposes
        self.waits = waits
        self.refuse_claims_with = refuse_claims_with
        self.calls: Counter[str] = Counter()
        self.project: dict[str, Any] = {}
        self.tasks: dict[str, str] = {}
        self.golds: dict[str, tuple[str, list[str]]] = {}
        self.workers: dict[str, dict[str, Any]] = {}
        self.answers: list[dict[str, Any]] = []
        self.held: dict[str, tuple[str, str]] = {}
        self.lent = 0
        self.is_launched = False

    def handle(self, method: str, path: str, key: str, body: dict[str, Any]) -> Any:
        """The reply's body; raises RefusalError."""
        name = path.removeprefix("/api/v1/").split("/")[-1]
        self.calls[name] += 1
        if name in ("claim", "submit"):
            worker = next((w for w in self.workers.values() if w["key"] == key), None)
            if worker is None:
                raise RefusalError(401, "not_authenticated")
            return self._claim(worker) if name == "claim" else self._submit(path.split("/")[-2], worker, body["value"])
        if key != MANAGER_KEY:
            raise RefusalError(403, "forbidden")
        if name == "promote":
            self.workers[path.split("/")[-2]]["vote"] = "counted"
            return {}
        return getattr(self, f"_{method.lower()}_{name}", self._get_project)(body)

    def _post_projects(self, body: dict[str, Any]) -> Any:
        self.project = body
        return {"id": "p1"}

    def _post_tasks(self, body: dict[str, Any]) -> Any:
        self.tasks |= {task["key"]: task["payload"]["text"] for task in body["tasks"]}
        return {"created": len(body["tasks"])}

    def _post_golds(self, body: dict[str, Any]) -> Any:
        self.golds |= {gold["key"]: (gold["payload"]["text"], gold["labels"]) for gold in body["golds"]}
        return {"created": len(body["golds"])}

    def _post_workers(self, body: dict[str, Any]) -> Any:
        for new in body["workers"]:
            number = len(self.workers)
            self.workers[f"w{number}"] = {"id": f"w{number}", "key": f"key{number}", "wrong": 0, "right": 0, **new}
        shown = [{name: w[name] for name in ("id", "name", "kind", "key")} for w in self.workers.values()]
        return {"workers": shown}

    def _post_launch(self, _body: dict[str, Any]) -> Any:
        self.is_launched = True
        return {}

    def _post_refit(self, _body: dict[str, Any]) -> Any:
        return {"state": "pending"}

    def _get_project(self, _body: dict[str, Any]) -> Any:
        done = sum(self._places(key, is_live=False) >= self.overlap for key in self.tasks)
        status = {
            "tasks": len(self.tasks),
            "tasks_complete": done,
            "tasks_disputed": 0,
            "answers": len(self.answers),
            "pending_answers": 0,
            "is_refit_pending": False,
            "cost": {"amount": f"{self._paid() * 0.02:.6f}", "currency": "USD"},
        }
        return {**self.project, "id": "p1", "status": status}

    def _get_models(self, _body: dict[str, Any]) -> Any:
        models = [worker for worker in self.workers.values() if worker["kind"] != "human"]
        proposed = "counted" if self.proposes else None
        return {"results": [{"worker": _who(worker), "proposed_state": proposed} for worker in models]}

    def _get_answers(self, _body: dict[str, Any]) -> Any:
        return {"results": self.answers, "next": None}

    def _get_consensus(self, _body: dict[str, Any]) -> Any:
        rows = []
        for key in self.tasks:
            votes = Counter(a["value"] for a in self.answers if a["task_key"] == key)
            if votes:
                rows.append({"task_key": key, "label": votes.most_common(1)[0][0], "confidence": 0.75, "model": "fake"})
        return {"results": rows, "next": None}

    def _get_agreement(self, _body: dict[str, Any]) -> Any:
        alpha = {"value": 0.5, "reason": None, "low": 0.25, "high": 0.75, "tasks": 6, "workers": 5, "answers": 12}
        nothing = {"value": None, "reason": "no_pairable_units", "tasks": 0, "workers": 1, "answers": 0}
        groups = {"humans": {"krippendorff_alpha": alpha}, "models": {"krippendorff_alpha": nothing}}
        return {"data_as_of": "2026-01-02T03:04:05Z", "groups": groups}

    def _get_trust(self, _body: dict[str, Any]) -> Any:
        return {"results": [self._trust_row(worker) for worker in self.workers.values()]}

    def _get_payouts(self, _body: dict[str, Any]) -> Any:
        paid = Counter(a["worker"]["id"] for a in self.answers if a["worker"]["kind"] == "human")
        rows = [
            {"worker": _who(self.workers[id_]), "answers": n, "owed": {"amount": f"{n * 0.02:.6f}", "currency": "USD"}}
            for id_, n in paid.items()
        ]
        total = {"amount": f"{self._paid() * 0.02:.6f}", "currency": "USD"}
        return {"results": rows, "total": total, "ledger_balances": True}

    def _claim(self, worker: dict[str, Any]) -> Any:
        if self.refuse_claims_with or not self.is_launched:
            raise RefusalError(409, self.refuse_claims_with or "project_closed")
        if worker["wrong"] >= GOLDS_WRONG_UNTIL_SUSPENDED:
            raise RefusalError(403, "worker_suspended")
        if self.waits:
            self.waits -= 1
            return {"state": "wait", "retry_after_seconds": 0.01}
        seen = {a["task_key"] for a in self.answers if a["worker"]["id"] == worker["id"]}
        is_model = worker["kind"] != "human"
        unseen = [key for key in [*self.golds, *self.tasks] if key not in seen]
        free = (key for key in unseen if is_model or key in self.golds or self._places(key) < self.overlap)
        key = next(free, None)
        if key is None:
            is_lent = any(self._places(key, is_live=False) < self.overlap for key in unseen)
            return {"state": "wait", "retry_after_seconds": 0.01} if is_lent else {"state": "finished"}
        self.lent += 1
        self.held[f"a{self.lent}"] = (worker["id"], key)
        text = self.tasks.get(key) or self.golds[key][0]
        return {"state": "assigned", "assignment": {"id": f"a{self.lent}", "payload": {"text": text}}}

    def _submit(self, assignment: str, worker: dict[str, Any], value: str) -> Any:
        owner, key = self.held.pop(assignment)
        if owner != worker["id"]:
            raise RefusalError(404, "not_found")
        is_gold = key in self.golds
        if is_gold:
            worker["right" if value in self.golds[key][1] else "wrong"] += 1
        self.answers.append(
            {"task_key": key, "worker": _who(worker), "value": value, "is_gold": is_gold, "is_surplus": False}
        )
        return {"id": assignment, "state": "accepted"}

    def _places(self, key: str, *, is_live: bool = True) -> int:
        """How many places of a task are filled, those that are lent included when ``is_live``."""
        filled = sum(a["task_key"] == key and a["worker"]["kind"] == "human" for a in self.answers)
        lent = sum(k == key and self.workers[owner]["kind"] == "human" for owner, k in self.held.values())
        return filled + (lent if is_live else 0)

    def _paid(self) -> int:
        return sum(a["worker"]["kind"] == "human" for a in self.answers)

    def _trust_row(self, worker: dict[str, Any]) -> Any:
        is_out = worker["wrong"] >= GOLDS_WRONG_UNTIL_SUSPENDED
        evidence = {
            "gold_right": worker["right"],
            "gold_wrong": worker["wrong"],
            "log_likelihood_ratio": 4.61,
            "bar": 0.54,
            "probability_below_bar": 0.987,
            "accuracy": 0.2,
            "accuracy_low": 0.1,
            "accuracy_high": 0.4,
        }
        change = {"from": "new", "to": "suspended", "rule": "two-wrong", "rule_version": 1, "evidence": evidence}
        return {
            "worker": _who(worker),
            "level": "suspended" if is_out else "new",
            "vote": worker.get("vote", "counted" if worker["kind"] == "human" else "shadow"),
            "gold": {"right": worker["right"], "wrong": worker["wrong"], "log_likelihood_ratio": 0.0},
            "skill": {"mean": 0.5, "low": 0.25, "high": 0.75},
            "ability": None,
            "changes": [change] if is_out else [],
        }


def _who(worker: dict[str, Any]) -> dict[str, Any]:
    return {name: worker[name] for name in ("id", "name", "kind")}


@contextmanager
def serve_fake(assay: FakeAssay) -> Iterator[str]:
    """The address of ``assay`` on a free port; one request at a time, so that its rules hold."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without this Nagle's algorithm holds every reply back for a delayed acknowledgement.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.headers["Authorization"].removeprefix("Bearer ")
            try:
                with lock:
                    status, body = 200, assay.handle(self.command, self.path, key, json.loads(content or b"{}"))
            except RefusalError as refusal:
                status, body = refusal.status, {"code": refusal.code, "detail": f"refused: {refusal.code}"}
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Tests read the fake's state, not a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
