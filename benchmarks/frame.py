"""The common frame of every benchmark: its options, the machine it ran on, its figures and the bars they must hold."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BARS = {"<=": lambda value, bar: value <= bar, ">=": lambda value, bar: value >= bar}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def peak_memory_mb() -> float:
    """Peak resident memory of this process so far, in MB (10^6 bytes)."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


@dataclass
class Timing:
    """Wall and CPU seconds of one measured block."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    """Measure a block: ``with timed() as t: …``, then read ``t.wall_seconds`` and ``t.cpu_seconds``."""
    timing = Timing()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield timing
    finally:
        timing.wall_seconds = time.perf_counter() - wall
        timing.cpu_seconds = time.process_time() - cpu


@dataclass
class Report:
    """Collects figures, prints them for people or as JSON lines, and knows whether every bar holds."""

    title: str
    quick: bool
    data: Path | None
    as_json: bool
    options: argparse.Namespace
    failed: list[str] = field(default_factory=list)

    def figure(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        bar: tuple[str, float] | None = None,
        **sizes: Any,
    ) -> None:
        """One figure; ``bar=("<=", 35)`` makes the script exit 1 when it does not hold."""
        holds = None if bar is None else bool(BARS[bar[0]](value, bar[1]))
        if holds is False:
            self.failed.append(name)
        if self.as_json:
            row = {
                "name": name,
                "value": value,
                "unit": unit,
                "bar": None if bar is None else f"{bar[0]} {bar[1]:g}",
                "holds": holds,
                "machine": machine(),
                "sizes": sizes,
            }
            print(json.dumps(row), flush=True)
            return
        size = " ".join(f"{key}={val}" for key, val in sizes.items())
        verdict = "" if bar is None else f"  [{'holds' if holds else 'MISSED'}: {bar[0]} {bar[1]:g}]"
        print(f"  {name:<58} {value:>12.4g} {unit:<14}{verdict}  {size}".rstrip(), flush=True)

    def say(self, text: str) -> None:
        """A heading or a table row; people only."""
        if not self.as_json:
            print(text, flush=True)

    def finish(self) -> None:
        """Exit 1 when a bar was missed, 0 otherwise."""
        if self.failed:
            self.say(f"\n{len(self.failed)} bar(s) missed: {', '.join(self.failed)}")
        sys.exit(1 if self.failed else 0)


def start(title: str, *, configure: Any = None) -> Report:
    """Parse the common options (``configure(parser)`` adds a script's own) and print the machine."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs; bars still count")
    parser.add_argument("--data", type=Path, default=None, help="folder of the public data sets")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    if configure is not None:
        configure(parser)
    options = parser.parse_args()
    if options.data is not None and not options.data.is_dir():
        parser.error(f"--data {options.data}: there is no such folder")
    report = Report(title=title, quick=options.quick, data=options.data, as_json=options.json, options=options)
    where = machine()
    report.say(title)
    report.say(f"  machine: {where['cpu']}, {where['cores']} cores, Python {where['python']}, {where['system']}\n")
    return report
