"""The processes of the stack start in order, come back when they die, and end when they are told to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from config.stack.bare import BareError, Places, as_process
from config.stack.compose import read_services
from config.stack.supervisor import Stack

PATIENCE_SECONDS = 30.0
WAIT = "import time; time.sleep(600)"
# Deaf to the polite signal.
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('/tmp/deaf', 'w'); {WAIT}"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def stack_of(tmp_path: Path) -> Iterator[Callable[[dict[str, object]], Stack]]:
    made: list[Stack] = []

    def make(services: dict[str, object]) -> Stack:
        file = tmp_path / "docker-compose.yml"
        file.write_text(yaml.safe_dump({"services": services}))
        places = Places(tmp_path, 1, 2, 3, "sqlite://", "redis://")
        processes = [as_process(service, places, {}) for service in read_services({}, file).values()]
        made.append(Stack(processes, tmp_path / "logs"))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()


def runs(code: str, **more: object) -> dict[str, object]:
    return {"command": ["python", "-S", "-c", code], "restart": "unless-stopped", "stop_grace_period": "1s", **more}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_dies_is_started_again(stack_of: Callable[[dict[str, object]], Stack]) -> None:
    stack = stack_of({"a": runs(WAIT)})
    stack.start()
    member = stack.members["a"]
    first = member.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: member.starts == 2 and member.pid not in (None, first))


def test_the_children_of_what_dies_die_with_it(stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path) -> None:
    child = tmp_path / "a" / "child"
    code = "import os, time; pid = os.fork(); pid and open('/tmp/child', 'w').write(str(pid)); time.sleep(600)"
    stack = stack_of({"a": runs(code)})
    stack.start()
    wait_until(lambda: child.exists() and bool(child.read_text()))
    orphan = int(child.read_text())
    pid = stack.members["a"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(orphan) or _is_zombie(orphan))


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_what_runs_once_has_ended_before_the_next_begins(
    stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path
) -> None:
    (tmp_path / "after").mkdir()
    once = {"command": ["python", "-S", "-c", "open('/tmp/../after/mark', 'w')"], "restart": "no"}
    waits = {"once": {"condition": "service_completed_successfully"}}
    stack = stack_of({"after": runs(f"open('/tmp/mark'); {WAIT}", depends_on=waits), "once": once})
    stack.start()
    assert stack.members["after"].starts == 1
    assert stack.members["once"].exit_code == 0


def test_a_step_that_fails_stops_the_start_with_its_words(stack_of: Callable[[dict[str, object]], Stack]) -> None:
    stack = stack_of({"once": {"command": ["python", "-S", "-c", "raise SystemExit('no such table')"]}})
    with pytest.raises(BareError, match="once failed with 1:\nno such table"):
        stack.start()


def test_services_that_wait_for_each_other_are_refused(stack_of: Callable[[dict[str, object]], Stack]) -> None:
    stack = stack_of({"a": runs(WAIT, depends_on=["b"]), "b": runs(WAIT, depends_on=["a"])})
    with pytest.raises(BareError, match="in a circle"):
        stack.start()


def test_a_process_that_does_not_end_is_killed(stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path) -> None:
    stack = stack_of({"a": runs(STUBBORN, stop_grace_period="100ms")})
    stack.start()
    wait_until((tmp_path / "a" / "deaf").exists)
    pid = stack.members["a"].pid
    assert pid is not None
    stack.stop()
    assert stack.members["a"].pid is None
    assert not is_alive(pid)


def test_what_is_told_to_stop_during_the_start_stops_at_once(
    stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path
) -> None:
    once = {"command": ["python", "-S", "-c", f"open('/tmp/mark', 'w'); {WAIT}"], "restart": "no"}
    waits = {"once": {"condition": "service_completed_successfully"}}
    stack = stack_of({"once": once, "after": runs(WAIT, depends_on=waits)})
    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(stack.start)
        wait_until((tmp_path / "once" / "mark").exists)
        stack.stop()
        with pytest.raises(BareError, match="once failed with -15"):
            start.result(PATIENCE_SECONDS)
    assert {name: one.starts for name, one in stack.members.items()} == {"once": 1, "after": 0}


def test_a_health_check_that_hangs_does_not_delay_the_end(
    stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path
) -> None:
    mark = tmp_path / "a" / "mark"
    check = {"test": ["CMD", "python", "-S", "-c", f"open('/tmp/mark', 'w'); {WAIT}"]}
    stack = stack_of({"a": runs(WAIT, healthcheck=check)})
    stack.start()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(stack.wait_until_well)
        wait_until(mark.exists)
        stack.stop()
        with pytest.raises(BareError, match=r"did not get well|told to stop"):
            asked.result(PATIENCE_SECONDS)


def test_those_that_others_wait_for_end_last(stack_of: Callable[[dict[str, object]], Stack], tmp_path: Path) -> None:
    # Written at the end of each, so that the times tell the order.
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); open('/tmp/mark', 'w')\n"
        "try: time.sleep(600)\nfinally: open('/tmp/end', 'w').write(str(time.monotonic_ns()))"
    )
    waits = {"first": {"condition": "service_started"}}
    stack = stack_of({"first": runs(code), "second": runs(code, depends_on=waits)})
    stack.start()
    wait_until(lambda: all((tmp_path / name / "mark").exists() for name in ("first", "second")))
    stack.stop()
    ends = [int((tmp_path / name / "end").read_text()) for name in ("second", "first")]
    assert ends == sorted(ends)


def test_each_process_has_a_tmp_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(yaml.safe_dump({"services": {"a": {"command": ["x", "/tmp/f"], "environment": {"E": "/tmp/g"}}}}))
    places = Places(tmp_path, 1, 2, 3, "postgres://here", "redis://here")
    process = as_process(read_services({}, file)["a"], places, {"MORE": "1"})
    assert process.command == ["x", f"{tmp_path}/a/f"]
    assert {name: process.environment[name] for name in ("E", "DATABASE_URL", "REDIS_URL", "MORE")} == {
        "E": f"{tmp_path}/a/g",
        "DATABASE_URL": "postgres://here",
        "REDIS_URL": "redis://here",
        "MORE": "1",
    }
