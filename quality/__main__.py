"""The command line: ``python -m quality aggregate …``, ``python -m quality agreement …``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "aggregate": ("quality.aggregate_command", "turn the answers of a file into a consensus for each task"),
    "agreement": ("quality.agreement_command", "measure how far the workers of a file agree"),
}
"""Each sub-command's module, imported only when it is called, with what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; returns its exit code: 0 done, 2 bad input."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m quality", description="Quality of crowd answers, on files.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        if words[:1] == [name]:
            import_module(module).add_arguments(command)
    options = parser.parse_args(words)
    code: int = import_module(COMMANDS[options.command][0]).run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
