"""How a command ends: exit codes, and the one sentence that goes with a bad one."""

from __future__ import annotations

OK = 0
REFUSED = 1  # the server said no
USAGE = 2  # the command was wrong; argparse's own code
UNREACHABLE = 3
FAILED = 4  # the work was begun, and did not succeed
INTERRUPTED = 130


class Stop(Exception):
    """The command cannot go on; the text is a sentence for people."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
