"""Assembles a run of the stack: variables from .env, ports, own PostgreSQL with Redis unless addresses are given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from config.stack.bare import Places, as_process, free_port
from config.stack.compose import read_services
from config.stack.supervisor import Stack

ROOT = Path(__file__).resolve().parent.parent.parent
# The database on this machine lets in whoever is on it; Compose's file wants a password all the same.
_UNUSED_PASSWORD = {"POSTGRES_PASSWORD": "not-asked-for"}


@dataclass(frozen=True)
class Run:
    """A stack with where it can be reached; the direct address of the database is past any proxy."""

    stack: Stack
    places: Places
    direct_database_url: str


def read_dotenv(file: Path) -> dict[str, str]:
    """The variables of a file of NAME=value lines, as Compose reads them; empty where there is no file."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def assemble(
    folder: Path,
    *,
    variables: Mapping[str, str],
    extra: Mapping[str, str] | None = None,
    web_port: int | None = None,
    database_by: str | None = None,
    postgres_options: tuple[str, ...] = (),
    first: Mapping[str, list[list[str]]] | None = None,
) -> Run:
    """Make a stack in ``folder`` from docker-compose.yml; nothing is started.

    ``variables`` are what Compose would read from .env. DATABASE_URL and REDIS_URL among them stand in for servers of
    its own. ``extra`` overrules the environment of every process of ours; ``database_by`` is a host:port through which
    they reach the database. ``first``: commands to run before a service starts, by its name.
    """
    services = read_services(_UNUSED_PASSWORD | dict(variables))
    database_port, redis_port = free_port(), free_port()
    own_database = f"postgres://assay@127.0.0.1:{database_port}/assay"
    direct = variables.get("DATABASE_URL") or own_database
    through = direct if database_by is None else f"postgres://assay@{database_by}/assay"
    places = Places(
        folder=folder,
        database_port=database_port,
        redis_port=redis_port,
        web_port=web_port or int(variables.get("ASSAY_PORT") or 8000),
        database_url=through,
        redis_url=variables.get("REDIS_URL") or f"redis://127.0.0.1:{redis_port}/0",
        postgres_options=postgres_options,
    )
    given = {"db": variables.get("DATABASE_URL"), "redis": variables.get("REDIS_URL")}
    kept = [service for name, service in services.items() if not given.get(name)]
    processes = [
        replace(as_process(service, places, dict(extra or {})), prepare_always=(first or {}).get(service.name, []))
        for service in kept
    ]
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        # PostgreSQL runs as another user and must come through.
        folder.chmod(0o755)
    return Run(Stack(processes, folder / "logs"), places, direct)
