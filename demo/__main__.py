"""The command behind `make demo`: fetch, migrate, serve, work it all through over HTTP, report."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from assay_client import AssayClient, AssayError
from demo.drive import drive_project
from demo.errors import DemoError
from demo.findings import collect
from demo.own_project import make_own_project
from demo.progress import Progress
from demo.project import Material, Plan, choose_material
from demo.report import report_lines
from demo.server import Server, check_port, free_port, manage_command
from demo.snippets import parse_snippets
from demo.source import extract_module, fetch_archive, read_corpus
from demo.vader import load_vader
from demo.workers import DemoWorker, demo_workers

CACHE = Path(".cache/demo")
CORPUS = "amazonReviewSnippets"
DEFAULT_PORT = 8000
BAD_LINES_SHOWN = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the exit code."""
    options = _parser().parse_args(arguments)
    # `kill` ends the demo as Ctrl+C does, so that the server never outlives it.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _demo(options)
    except (DemoError, AssayError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    return 0


def _demo(options: argparse.Namespace) -> None:
    port = options.port or (DEFAULT_PORT if options.serve else free_port())
    check_port(port)
    material, workers = _load()
    environment = _environment(options.database)
    _manage(["migrate", "--verbosity", "0"], environment)
    accounts = json.loads(_manage(["create_demo_accounts"], environment))
    command = manage_command("serve", "--port", str(port))
    with Server(command, port=port, log=CACHE / "server.log", environment=environment) as server:
        server.wait_until_healthy()
        name = f"Product reviews: sentiment (demo of {datetime.now().astimezone():%Y-%m-%d %H:%M:%S})"
        try:
            project = _work_through(server.url, accounts["manager"]["key"], name, material, workers)
        except AssayError:
            server.check()
            raise
        print(f"\nThis was project {project}, {name}. Every run makes a project of its own.", flush=True)
        if options.serve:
            with AssayClient(server.url, accounts["manager"]["key"]) as manager:
                make_own_project(manager, material, accounts["worker"]["worker"])
            _serve(server, accounts)


def _work_through(url: str, key: str, name: str, material: Material, workers: list[DemoWorker]) -> str:
    with AssayClient(url, key) as manager:
        drive = drive_project(manager, lambda k: AssayClient(url, k), name=name, material=material, workers=workers)
        progress = Progress("Report", 2)
        findings = collect(manager, drive.project, drive.workers)
        progress.update(1, "replaying fixed overlaps")
        lines = report_lines(material, workers, findings)
        progress.finish("done")
    print("\n".join(lines), flush=True)
    return drive.project


def _load() -> tuple[Material, list[DemoWorker]]:
    archive = fetch_archive(CACHE)
    snippets, bad = parse_snippets(read_corpus(archive, CORPUS))
    for line in bad[:BAD_LINES_SHOWN]:
        print(f"left out: {line}")
    if len(bad) > BAD_LINES_SHOWN:
        print(f"left out: {len(bad) - BAD_LINES_SHOWN} more lines")
    print(f"{len(snippets)} snippets with their ratings read from {archive}", flush=True)
    material = choose_material(snippets, Plan())
    return material, demo_workers(material, load_vader(extract_module(archive, CACHE / "vader")))


def _environment(database: str | None) -> dict[str, str]:
    environment = dict(os.environ)
    if database:
        environment["DATABASE_URL"] = database if "://" in database else f"sqlite:///{Path(database).resolve()}"
    return environment


def _manage(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(manage_command(*arguments), env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoError(f"manage.py {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


def _serve(server: Server, accounts: dict[str, Any]) -> None:
    print(f"\nServing on {server.url}/ until Ctrl+C. Log in as:")
    for role, account in accounts.items():
        print(f"  {role:<8} {account['email']}  password {account['password']}  API key {account['key']}")
    print("", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()
        server.check()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "--serve",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep serving the pages after the report (default); --no-serve ends with the report",
    )
    parser.add_argument(
        "--port", type=int, help=f"port on 127.0.0.1; default {DEFAULT_PORT}, with --no-serve any free one"
    )
    parser.add_argument("--database", help="path of an SQLite file, or a database URL; default: the local database")
    return parser


if __name__ == "__main__":
    sys.exit(main())
