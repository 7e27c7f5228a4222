"""What the commands print: results on standard output, progress on standard error, JSON when asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from assay_client.shapes import Json

BAR = 24
SECONDS_BETWEEN_LOG_LINES = 10.0


def show(value: Any) -> None:
    """A value as JSON, for people and programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def table(rows: Iterable[Json], columns: Sequence[str]) -> None:
    """Rows as aligned columns."""
    lines = [[str(row.get(name, "")) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in lines)]) for i, name in enumerate(columns)]
    for line in [list(columns), *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


class Progress:
    """One line on standard error that is rewritten on a terminal, and printed now and then in a log."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._is_terminal = sys.stderr.isatty()
        self._last = ""
        self._spoke_at = time.monotonic()

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Show how far it is; without ``total`` only how much."""
        if total:
            filled = min(BAR, BAR * done // total)
            bar = f"[{'#' * filled}{'.' * (BAR - filled)}] {100 * done // total:3d}%"
        else:
            bar = str(done)
        text = f"{self._title} {bar} {note}".rstrip()
        if text == self._last:
            return
        if self._is_terminal:
            sys.stderr.write(f"\r{text}\x1b[K")
        elif time.monotonic() - self._spoke_at >= SECONDS_BETWEEN_LOG_LINES:
            sys.stderr.write(f"{text}\n")
            self._spoke_at = time.monotonic()
        sys.stderr.flush()
        self._last = text

    def finish(self, note: str) -> None:
        """The last line, which stays."""
        if self._is_terminal:
            sys.stderr.write(f"\r{self._title} {note}\x1b[K\n")
        else:
            sys.stderr.write(f"{self._title} {note}\n")
        sys.stderr.flush()

    def leave(self) -> None:
        """End the line where something else is about to be said."""
        if self._is_terminal and self._last:
            sys.stderr.write("\n")
