"""`assay tasks import` and `assay export`."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay_client.call import Call
from assay_client.calls import transfers as calls
from assay_client.client import AssayClient
from assay_client.command_line.outcome import FAILED, OK, USAGE, Stop
from assay_client.command_line.screen import Progress, show
from assay_client.shapes import Json

FINAL = ("finished", "failed", "cancelled")
ENDED = {"failed": "failed", "cancelled": "was cancelled", "expired": "has been thrown away"}
# Of an export.
UNDER_WAY = ("queued", "writing")
SECONDS_BETWEEN_LOOKS = 0.5
ERRORS_SHOWN = 10
KINDS = ("consensus", "answers", "tasks", "agreement", "trust", "events", "payouts")


def add_parsers(commands: Any) -> None:
    """The commands."""
    tasks = commands.add_parser("tasks", help="import tasks")
    verbs = tasks.add_subparsers(required=True, metavar="VERB")
    load = verbs.add_parser(
        "import",
        help="send a file of tasks or answers",
        description="Send a file of tasks or answers. After an interruption the same command goes on where it was.",
    )
    load.add_argument("file", type=Path)
    load.add_argument("--project", required=True, help="its id")
    load.add_argument("--format", help="found from the file unless given: long, csv, mturk, toloka, jsonl, …")
    load.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD", help="repeatable")
    load.add_argument("--skip-bad-rows", action="store_true", help="leave bad rows out instead of stopping")
    load.add_argument(
        "--pii",
        choices=("warn", "mask", "refuse", "off"),
        help="where a text looks like personal data: warn of it (default), mask it, refuse the row, do not look",
    )
    load.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    load.add_argument("--again", action="store_true", help="a new import, also of a file that was imported before")
    load.set_defaults(run=_import)
    export = commands.add_parser("export", help="have a file of a project's results made, and save it")
    export.add_argument("project", help="its id")
    export.add_argument("--what", choices=KINDS, default="consensus")
    export.add_argument("--format", default="csv", help="csv, jsonl, parquet, xlsx, label_studio, finetune")
    export.add_argument("--out", type=Path, required=True, help="the file; it appears when it is whole")
    export.add_argument("--filter", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    export.add_argument("--stream", action="store_true", help="receive rows as they are found; a reading key will do")
    export.set_defaults(run=_export)


def _import(client: AssayClient, options: argparse.Namespace) -> int:
    file: Path = options.file
    if not file.is_file():
        raise Stop(f"there is no file {file}", USAGE)
    call = calls.start_import(
        options.project,
        file,
        format=options.format,
        map=options.map,
        on_error="skip" if options.skip_bad_rows else "stop",
        pii=options.pii,
        is_dry_run=options.dry_run,
    )
    if not options.again:
        call = call.with_key(_key_of(call))
    sending = Progress("sending")
    state = client.send(call, progress=lambda sent, total: sending.update(sent, total))
    sending.finish(f"{file.name}, {file.stat().st_size} bytes: import {state['id']}")
    state = _wait(client, state)
    if options.json:
        show(state)
    for warning in [] if options.json else state.get("warnings", [])[:ERRORS_SHOWN]:
        print(f"warning: row {warning['row']}, {warning['column']}: {warning['detail']}")
    if state["state"] == "finished":
        return OK
    for error in [] if options.json else state["errors"][:ERRORS_SHOWN]:
        where = f"row {error['row']}" + (f", {error['column']}" if error["column"] else "")
        print(f"{where}: {error['detail']}")
    why = state["problem"] or "see its errors"
    raise Stop(f"the import {ENDED[state['state']]}: {why}; mend the file, or start anew with --again", FAILED)


def _key_of(call: Call[Any]) -> str:
    """The same file with the same options has the same key: a repeated command finds its import again."""
    assert call.upload is not None
    digest = hashlib.sha256(json.dumps([call.path, dict(call.query)], sort_keys=True).encode())
    with call.upload.open("rb") as body:
        while chunk := body.read(1 << 20):
            digest.update(chunk)
    return f"assay-import-{digest.hexdigest()}"


def _wait(client: AssayClient, state: Json) -> Json:
    progress = Progress("importing")
    try:
        while state["state"] not in FINAL:
            left = state.get("seconds_left")
            note = state["state"] + ("" if left is None else f", {left:.0f} s left")
            done = state["rows_checked"] if state["state"] == "checking" else state["rows_done"]
            progress.update(done, state["rows_total"], note)
            time.sleep(SECONDS_BETWEEN_LOOKS)
            state = client.get_import(state["id"])
    finally:
        progress.leave()
    made = ", ".join(f"{state[name]} {name}" for name in ("tasks", "golds", "answers") if state.get(name))
    failed = f", {state['rows_failed']} rows failed" if state["rows_failed"] else ""
    held = f", {state['rows_with_pii']} rows seem to hold personal data" if state.get("rows_with_pii") else ""
    progress.finish(f"{state['state']}: {made or 'nothing'}{failed}{held}")
    return state


def _export(client: AssayClient, options: argparse.Namespace) -> int:
    filters = _filters(options.filter)
    if not options.out.absolute().parent.is_dir():
        raise Stop(f"there is no folder {options.out.absolute().parent}", USAGE)
    if options.stream:
        call = calls.export_now(options.project, options.what, options.format, filters)
    else:
        state = client.start_export(options.project, options.what, options.format, **filters)
        call = calls.export_file(_made(client, state)["id"])
    progress = Progress("receiving")
    written = client.download(call, options.out, progress=lambda done, total: progress.update(done, total, "bytes"))
    progress.finish(f"{options.out}, {written} bytes")
    return OK


def _filters(texts: Sequence[str]) -> dict[str, Any]:
    """The filters as the API takes them: a state may be given several times, the others once."""
    found: dict[str, Any] = {}
    for text in texts:
        name, is_pair, value = text.partition("=")
        if not is_pair:
            raise Stop(f"--filter {text!r} is not NAME=VALUE", USAGE)
        if name == "state":
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Stop(f"--filter {name} is given twice", USAGE)
        else:
            found[name] = value
    return found


def _made(client: AssayClient, state: Json) -> Json:
    """The export once its file is there; Ctrl+C cancels it, for nobody would fetch it."""
    progress = Progress("exporting")
    try:
        while state["state"] in UNDER_WAY:
            progress.update(state["rows"], None, state["state"])
            time.sleep(SECONDS_BETWEEN_LOOKS)
            state = client.get_export(state["id"])
    except KeyboardInterrupt:
        client.cancel_export(state["id"])
        raise
    finally:
        progress.leave()
    if state["state"] != "finished":
        raise Stop(f"the export {ENDED[state['state']]}: {state['problem'] or 'somebody stopped it'}", FAILED)
    progress.finish(f"finished: {state['rows']} rows")
    return state
