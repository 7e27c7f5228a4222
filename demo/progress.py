"""Progress of long work: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

BAR_WIDTH = 30
SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Shows how much of ``total`` is done; `update` may be called as often as one likes."""

    def __init__(self, title: str, total: int, *, stream: TextIO | None = None) -> None:
        self._title = title
        self._total = total
        self._stream = sys.stdout if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._start = time.monotonic()
        self._last_line = self._start
        self._shown = 0

    def update(self, done: int, note: str = "") -> None:
        """Say that ``done`` of the total is finished; off a terminal at most a line every ten seconds."""
        now = time.monotonic()
        if self._is_terminal:
            self._draw(self._line(done, now - self._start, note))
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._write(self._line(done, now - self._start, note) + "\n")

    def finish(self, note: str) -> None:
        """Close with what came out of it."""
        text = f"{self._title}: {note} ({time.monotonic() - self._start:.1f} s)"
        if self._is_terminal:
            self._draw(text)
            self._write("\n")
        else:
            self._write(text + "\n")

    def _line(self, done: int, elapsed_seconds: float, note: str) -> str:
        share = min(1.0, done / self._total) if self._total else 1.0
        filled = int(share * BAR_WIDTH)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        left = f", about {duration(elapsed_seconds * (1 - share) / share)} left" if 0 < share < 1 else ""
        middle = f" [{bar}]" if self._is_terminal else ""
        return f"{self._title}{middle} {done}/{self._total} ({share:.0%}){left}" + (f"; {note}" if note else "")

    def _draw(self, text: str) -> None:
        self._write("\r" + text.ljust(self._shown))
        self._shown = len(text)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60:02d} s"
