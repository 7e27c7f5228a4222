"""Progress on a terminal and off it."""

from __future__ import annotations

import io

import pytest

from demo import progress as module
from demo.progress import Progress, duration


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_gets_one_line_that_is_redrawn_with_the_time_left(clock):
    stream = Terminal()
    progress = Progress("Tasks", 400, stream=stream)
    clock[0] += 30
    progress.update(100, "350 answers")
    assert stream.getvalue() == f"\rTasks [{'#' * 7}{'.' * 23}] 100/400 (25%), about 90 s left; 350 answers".replace(
        "90 s", "1 min 30 s"
    )
    clock[0] += 90
    progress.finish("done")
    assert stream.getvalue().split("\r")[-1].rstrip() == "Tasks: done (120.0 s)"
    assert stream.getvalue().endswith("\n")


def test_a_shorter_line_covers_the_longer_one_before_it(clock):
    stream = Terminal()
    progress = Progress("T", 4, stream=stream)
    progress.update(1, "a long note")
    progress.finish("ok")
    long, short = stream.getvalue().strip("\n").split("\r")[1:]
    assert len(short) >= len(long)


def test_elsewhere_there_is_a_plain_line_every_ten_seconds_at_most(clock):
    stream = io.StringIO()
    progress = Progress("Tasks", 10, stream=stream)
    for done in range(1, 10):
        clock[0] += 4
        progress.update(done)
    assert stream.getvalue().splitlines() == [
        "Tasks 3/10 (30%), about 28 s left",
        "Tasks 6/10 (60%), about 16 s left",
        "Tasks 9/10 (90%), about 4 s left",
    ]


def test_nothing_done_yet_gives_no_guess_of_the_time_left(clock):
    stream = io.StringIO()
    progress = Progress("Tasks", 10, stream=stream)
    clock[0] += 11
    progress.update(0)
    assert stream.getvalue() == "Tasks 0/10 (0%)\n"


def test_durations_are_said_in_minutes_from_ninety_seconds():
    assert [duration(0.4), duration(89), duration(90), duration(605)] == ["0 s", "89 s", "1 min 30 s", "10 min 05 s"]
