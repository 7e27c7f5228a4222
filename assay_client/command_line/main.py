"""The command `assay`: reads its arguments, runs one command, ends with a code and at most one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from assay_client.command_line import projects, transfers, webhooks
from assay_client.command_line.connection import connect
from assay_client.command_line.outcome import INTERRUPTED, REFUSED, UNREACHABLE, Stop
from assay_client.errors import AssayError, Unreachable

EPILOG = """The server and the key come from --url and --key, ASSAY_URL and ASSAY_KEY, or ~/.config/assay/config.toml
(url = "…", key = "…"), in this order. Exit codes: 0 done, 1 refused by the server, 2 wrong usage, 3 no answer from the
server, 4 begun and failed, 130 Ctrl+C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        with connect(options) as client:
            code: int = options.run(client, options)
            return code
    except Stop as stop:
        return _say(str(stop), stop.exit_code)
    except Unreachable as error:
        return _say(error.detail, UNREACHABLE)
    except AssayError as error:
        return _say(str(error), REFUSED)
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except OSError as error:
        return _say(str(error), REFUSED)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)


def _say(sentence: str, code: int) -> int:
    print(f"assay: {sentence}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assay", description="Work with an Assay server.", epilog=EPILOG)
    parser.add_argument("--url", help="the server, such as https://assay.example")
    parser.add_argument("--key", help="an API key; better in ASSAY_KEY, where other users cannot see it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (projects, transfers, webhooks):
        group.add_parsers(commands)
    return parser
