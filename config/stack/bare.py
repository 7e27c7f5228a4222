"""Translates a service of docker-compose.yml into a process of this machine: programs, ports, folders."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from config.stack.compose import Health, Service

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
POSTGRES_USER = "postgres"


class BareError(Exception):
    """This machine cannot run what a service needs."""


@dataclass(frozen=True)
class Process:
    """What is started for a service.

    ``prepare``: commands that must have run once before it; ``prepare_always``: before each run of the stack.
    """

    service: Service
    command: list[str]
    environment: dict[str, str]
    health: list[str]
    folder: Path
    prepare: list[list[str]] = field(default_factory=list)
    owner: str | None = None
    prepare_always: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Where this run keeps its files and which ports its servers have."""

    folder: Path
    database_port: int
    redis_port: int
    web_port: int
    # Where the pages, workers and beat find the database and Redis: a proxy may stand in between.
    database_url: str
    redis_url: str
    postgres_options: tuple[str, ...] = ()


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_process(service: Service, places: Places, extra: dict[str, str]) -> Process:
    """The process for a service; ``extra`` overrules its environment."""
    folder = places.folder / service.name
    if service.image is not None and service.image.startswith("postgres"):
        return _database(service, places, folder)
    if service.image is not None and service.image.startswith("redis"):
        return _redis(service, places, folder)
    if service.image is not None:
        raise BareError(f"service {service.name}: there is no program here for the image {service.image}")
    environment = {key: _moved(value, folder) for key, value in service.environment.items()}
    environment |= {"DATABASE_URL": places.database_url, "REDIS_URL": places.redis_url, "TMPDIR": str(folder)} | extra
    command = [_program(service.command[0]), *(_moved(part, folder) for part in service.command[1:])]
    # Not the program, the first part: it stands where this machine has it, which may be under /tmp.
    test = [_moved(part, folder) if n else part for n, part in enumerate(_test(service.health))]
    if service.raw.get("ports"):
        host, _, inside = str(service.raw["ports"][0]).split(":")
        # The last one counts: what the container's port is published as.
        command += ["--host", host, "--port", str(places.web_port)]
        test = [part.replace(f":{inside}/", f":{places.web_port}/") for part in test]
    return Process(service, command, _whole(environment), test, folder)


def _database(service: Service, places: Places, folder: Path) -> Process:
    programs = postgres_programs()
    data = folder / "data"
    owner = POSTGRES_USER if os.getuid() == 0 else None
    init = [str(programs / "initdb"), "-D", str(data), "-U", service.environment["POSTGRES_USER"], "-A", "trust"]
    port = str(places.database_port)
    command = [str(programs / "postgres"), "-D", str(data), "-p", port, "-c", "listen_addresses=127.0.0.1"]
    command += ["-c", f"unix_socket_directories={folder}", *places.postgres_options]
    path = f"{programs}:{os.environ['PATH']}"
    environment = {"PGHOST": "127.0.0.1", "PGPORT": port, "LC_ALL": "C.UTF-8", "PATH": path, "TMPDIR": str(folder)}
    database = service.environment["POSTGRES_DB"]
    # What the image does at its first start.
    create = f"echo 'CREATE DATABASE {database}' | {programs / 'postgres'} --single -D {data} postgres"
    prepare = [[*init, "-E", "UTF8", "--locale=C.UTF-8"], ["sh", "-c", create]]
    return Process(service, command, environment, _test(service.health), folder, prepare, owner)


def _redis(service: Service, places: Places, folder: Path) -> Process:
    if shutil.which(service.command[0]) is None:
        raise BareError(f"there is no {service.command[0]} on this machine; install redis-server")
    where = ["--bind", "127.0.0.1", "--port", str(places.redis_port), "--dir", str(folder)]
    test = _test(service.health)
    health = [test[0], "-p", str(places.redis_port), *test[1:]]
    return Process(service, [*service.command, *where], dict(os.environ) | {"TMPDIR": str(folder)}, health, folder)


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise BareError("there is no PostgreSQL on this machine; install it or set DATABASE_URL")
    return Path(program).resolve().parent


def _test(health: Health) -> list[str]:
    if not health.test:
        return []
    kind, *rest = health.test
    if kind == "CMD-SHELL":
        return ["sh", "-c", *rest]
    return [_program(rest[0]), *rest[1:]]


def _program(name: str) -> str:
    if name == "python":
        return sys.executable
    beside = BIN / name
    return str(beside) if beside.exists() else name


def _moved(text: str, folder: Path) -> str:
    # Each container has a /tmp of its own; so has each process here.
    return text.replace("/tmp/", f"{folder}/")  # noqa: S108


def _whole(environment: dict[str, str]) -> dict[str, str]:
    # What Compose leaves empty counts as not set, so the environment of this machine may say it.
    return dict(os.environ) | {key: value for key, value in environment.items() if value}
