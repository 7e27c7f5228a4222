"""`assay project …` and `assay watch`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from assay_client.client import AssayClient
from assay_client.command_line.outcome import OK, USAGE, Stop
from assay_client.command_line.screen import Progress, show, table
from assay_client.shapes import Json

SECONDS_BETWEEN_LOOKS = 2.0


def add_parsers(commands: Any) -> None:
    """The commands."""
    project = commands.add_parser("project", help="create, list, show, launch, pause projects")
    verbs = project.add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="create a project from labels, or from a JSON file")
    create.add_argument("name", nargs="?", help="its name; not needed where the file has one")
    create.add_argument("--labels", help="the label set, comma-separated: positive,negative")
    create.add_argument("--file", type=Path, help="a JSON file with everything the API takes; - reads standard input")
    create.add_argument("--instructions", help="what workers read")
    create.add_argument("--overlap", help="answers per task, as 3 or 2-5")
    create.set_defaults(run=_create)
    verbs.add_parser("list", help="your projects").set_defaults(run=_list)
    for name, run in (("show", _show), ("launch", _launch), ("pause", _pause)):
        verb = verbs.add_parser(name, help=f"{name} a project")
        verb.add_argument("project", help="its id")
        verb.set_defaults(run=run)
    watch = commands.add_parser("watch", help="follow a project until its tasks are finished or Ctrl+C")
    watch.add_argument("project", help="its id")
    watch.add_argument("--every", type=float, default=SECONDS_BETWEEN_LOOKS, help="seconds between looks")
    watch.set_defaults(run=_watch)


def _create(client: AssayClient, options: argparse.Namespace) -> int:
    plan = _from_file(options.file) if options.file else {}
    if options.name:
        plan["name"] = options.name
    if options.labels:
        plan["labels"] = [{"value": value.strip()} for value in options.labels.split(",") if value.strip()]
    if options.instructions is not None:
        plan["instructions"] = options.instructions
    if options.overlap:
        plan |= _overlap(options.overlap)
    if "name" not in plan or "labels" not in plan:
        raise Stop("a project needs a name and labels; give NAME and --labels, or --file with both", USAGE)
    made = client.create_project(plan)
    print(made["id"])
    return OK


def _from_file(file: Path) -> Json:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        plan = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Stop(f"{file} cannot be read: {error}", USAGE) from error
    if not isinstance(plan, dict):
        raise Stop(f"{file} must hold one JSON object", USAGE)
    return plan


def _overlap(text: str) -> Json:
    least, _, most = text.partition("-")
    try:
        return {"min_overlap": int(least), "max_overlap": int(most or least)}
    except ValueError:
        raise Stop(f"--overlap {text!r} is neither a number nor a range such as 2-5", USAGE) from None


def _list(client: AssayClient, options: argparse.Namespace) -> int:
    rows = list(client.projects())
    if options.json:
        show(rows)
    else:
        table(rows, ("id", "state", "name"))
    return OK


def _show(client: AssayClient, options: argparse.Namespace) -> int:
    found = client.project(options.project)
    if options.json:
        show(found)
        return OK
    plain = {name: value for name, value in found.items() if isinstance(value, str | int | float) and value != ""}
    for name, value in {**plain, **found.get("status", {})}.items():
        shown = f"{value['amount']} {value['currency']}" if isinstance(value, dict) else value
        print(f"{name:20} {shown}")
    return OK


def _launch(client: AssayClient, options: argparse.Namespace) -> int:
    print(client.launch(options.project)["state"])
    return OK


def _pause(client: AssayClient, options: argparse.Namespace) -> int:
    print(client.pause(options.project)["state"])
    return OK


def _watch(client: AssayClient, options: argparse.Namespace) -> int:
    progress = Progress("tasks finished")
    last: tuple[float, int] | None = None
    try:
        while True:
            status = client.project(options.project)["status"]
            finished, now = status["tasks_complete"] + status["tasks_disputed"], time.monotonic()
            note = f"{finished} of {status['tasks']}, {status['answers']} answers"
            if last is not None and now > last[0]:
                note += f", {(status['answers'] - last[1]) / (now - last[0]):.1f} a second"
            if status["tasks_disputed"]:
                note += f", {status['tasks_disputed']} disputed"
            note += f", cost {status['cost']['amount']} {status['cost']['currency']}"
            last = (now, status["answers"])
            if status["tasks"] and finished == status["tasks"] and not status["pending_answers"]:
                progress.finish(note)
                return OK
            progress.update(finished, status["tasks"], note)
            time.sleep(options.every)
    finally:
        progress.leave()
