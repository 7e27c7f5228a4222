"""Runs the processes of docker-compose.yml on this machine until it is told to stop: `scripts/run_processes`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from config.stack.assemble import ROOT, assemble, read_dotenv
from config.stack.bare import BareError
from config.stack.compose import ComposeError


def main() -> int:
    """Run; the exit code."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _OVER.set())
    variables = read_dotenv(options.env_file) | dict(os.environ)
    if options.processes:
        variables |= {"ASSAY_WEB_PROCESSES": str(options.processes), "ASSAY_WORKER_PROCESSES": str(options.processes)}
    try:
        # What .env holds beyond the file's variables is for the processes too, as any setting is.
        run = assemble(options.folder.resolve(), variables=variables, web_port=options.port)
    except (ComposeError, BareError) as error:
        logging.error("%s", error)
        return 2
    stack = run.stack
    try:
        _collect_static(variables)
        stack.start()
        stack.wait_until_well()
        names = ", ".join(stack.members)
        logging.info(
            "%s are well; http://127.0.0.1:%s; logs in %s", names, run.places.web_port, options.folder / "logs"
        )
        _OVER.wait()
    except BareError as error:
        logging.error("%s", error)
        return 1
    finally:
        logging.info("stopping")
        stack.stop()
    return 0


_OVER = threading.Event()


def _collect_static(variables: dict[str, str]) -> None:
    # The step of the Dockerfile that the pages in production need.
    nowhere = {"DATABASE_URL": "postgres://localhost/none", "REDIS_URL": "redis://localhost"}
    environment = nowhere | variables | {"DJANGO_SETTINGS_MODULE": "config.settings.production"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BareError(f"the static files could not be collected:\n{done.stderr.strip()[-1000:]}")


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
