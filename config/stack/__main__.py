"""Runs the processes of docker-compose.yml on this machine until it is told to stop: `scripts/run_processes`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.stack.assemble import ROOT, Run, assemble, read_dotenv
from config.stack.bare import BareError
from config.stack.compose import ComposeError

_TOLD, _OVER = threading.Event(), threading.Event()
# The step of the Dockerfile that the pages in production need.
_COLLECT_STATIC = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input", "--verbosity", "0"]


def main() -> int:
    """Run; the exit code."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _told)
    variables = read_dotenv(options.env_file) | dict(os.environ)
    if options.processes:
        variables |= {"ASSAY_WEB_PROCESSES": str(options.processes), "ASSAY_WORKER_PROCESSES": str(options.processes)}
    try:
        # What .env holds beyond the file's variables is for the processes too, as any setting is.
        run = assemble(
            options.folder.resolve(), variables=variables, web_port=options.port, first={"web": [_COLLECT_STATIC]}
        )
    except (ComposeError, BareError) as error:
        logging.error("%s", error)
        return 2
    # In a thread of its own: who is told to stop during the start stops at once.
    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(_start, run, options.folder / "logs")
        start.add_done_callback(lambda done: _OVER.set() if done.exception() else None)
        _OVER.wait()
        logging.info("stopping")
        run.stack.stop()
        error = start.exception()
    if error is None or _TOLD.is_set():
        return 0
    if not isinstance(error, BareError):
        raise error
    logging.error("%s", error)
    return 1


def _told(*_: object) -> None:
    _TOLD.set()
    _OVER.set()


def _start(run: Run, logs: Path) -> None:
    run.stack.start()
    run.stack.wait_until_well()
    names = ", ".join(run.stack.members)
    logging.info("%s are well; http://127.0.0.1:%s; logs in %s", names, run.places.web_port, logs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/run_processes", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".local" / "stack", help="data, logs, scratch files")
    parser.add_argument(
        "--env-file", type=Path, default=ROOT / ".env", help="what Compose would read; see .env.example"
    )
    parser.add_argument("--port", type=int, help="of the pages; ASSAY_PORT or 8000 unless told")
    parser.add_argument("--processes", type=int, help="web processes, and processes of each worker; 2 unless told")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
