"""docker-compose.yml holds its promises: nobody is root, nothing is written but where it must be, all can be asked."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.queues import JOBS
from config.stack import bare
from config.stack.compose import COMPOSE_FILE, ComposeError, read_services, seconds

ROOT = Path(__file__).resolve().parent.parent.parent
GIVEN = {"SECRET_KEY": "k" * 60, "ASSAY_HOSTS": "assay.example", "POSTGRES_PASSWORD": "p"}
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
LASTING = sorted(set(SERVICES) - {"migrate"})


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_nobody_in_particular_and_writes_nowhere(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in ("root", "0")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_service_is_started_again_and_can_be_asked_how_it_is(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_migrate_runs_once_and_everything_of_ours_waits_for_it() -> None:
    services = read_services(GIVEN)
    assert not services["migrate"].is_restarted
    ours = {name for name, service in services.items() if service.image is None} - {"migrate"}
    assert ours == {"web", "worker", "slow-worker", "webhook-worker", "beat"}
    assert {services[name].waits_for["migrate"] for name in ours} == {"service_completed_successfully"}
    assert services["migrate"].waits_for == {"db": "service_healthy"}


def test_only_the_database_keeps_something() -> None:
    assert [name for name, service in SERVICES.items() if service.get("volumes")] == ["db"]


def test_only_the_pages_are_published_and_only_on_this_machine() -> None:
    ports = {name: service.raw["ports"] for name, service in read_services(GIVEN).items() if service.raw.get("ports")}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_every_queue_has_a_worker() -> None:
    commands = [service.command for service in read_services(GIVEN).values() if "--queues" in service.command]
    assert {command[command.index("--queues") + 1] for command in commands} == {"celery", *JOBS}


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_a_missing_secret_stops_the_start_with_its_name(name: str) -> None:
    for value in ({}, {name: ""}):
        with pytest.raises(ComposeError, match=f"{name} is not set: set {name} in .env"):
            read_services({key: given for key, given in GIVEN.items() if key != name} | value)


def test_variables_are_replaced_as_compose_replaces_them(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text('services: {a: {image: b, command: ["${X:-1}", "${X-2}", "${Y}", "$$Z", "${X:?no}"]}}')
    assert read_services({"X": "7"}, file)["a"].command == ["7", "7", "", "$Z", "7"]
    file.write_text('services: {a: {image: b, command: ["${X:-1}", "${X-2}"]}}')
    assert read_services({"X": ""}, file)["a"].command == ["1", ""]


def test_durations_are_read() -> None:
    assert [seconds(text) for text in ("5s", "1m30s", "500ms")] == [5.0, 90.0, 0.5]
    with pytest.raises(ComposeError, match="'soon' is not a duration"):
        seconds("soon")


def test_the_example_names_every_setting_of_the_compose_file() -> None:
    wanted = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text()))
    named = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == wanted


def test_every_setting_is_documented_and_reaches_the_containers() -> None:
    read: set[str] = set()
    for path in (ROOT / "config/settings").glob("*.py"):
        read |= set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', path.read_text()))
    documented = (ROOT / "docs/operations.md").read_text()
    assert sorted(name for name in read if f"`{name}`" not in documented) == []
    # Without a broker only; the file has one.
    passed = set(read_services(GIVEN)["web"].environment) | {"ASSAY_EMBEDDED_WORKER"}
    assert sorted(read - passed) == []


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs Debian's docker-compose")
def test_compose_itself_takes_the_file() -> None:
    done = subprocess.run(
        ["docker-compose", "--file", str(COMPOSE_FILE), "config"],
        env=GIVEN | {"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["services"].keys() == SERVICES.keys()


def test_a_bare_run_moves_what_is_under_tmp_but_never_the_program(tmp_path: Path) -> None:
    places = bare.Places(tmp_path, 1, 2, 3, database_url="postgres://d", redis_url="redis://r")
    for name in sorted(set(LASTING) - {"db", "redis"}):
        process = bare.as_process(read_services(GIVEN)[name], places, {})
        programs = {process.command[0], process.health[0]} - {"sh"}
        assert all(Path(program).exists() for program in programs), programs
        assert not any(part.startswith("/tmp/assay") for part in [*process.command[1:], *process.health[1:]])
