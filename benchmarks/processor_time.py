"""Adds up the processor time of the database server, which on a busy machine says more than the clock."""

from __future__ import annotations

import os
from pathlib import Path


def database_seconds() -> float | None:
    """What the local PostgreSQL server's processes have used so far; None for SQLite, and where it runs elsewhere."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    own = _times(backend)
    if own is None or not own[0].startswith("postgres"):
        return None
    server = own[1]
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        found = _times(int(folder.name))
        if found is None:
            continue
        if int(folder.name) == server:
            ticks += found[2] + found[3]  # its own and those of the processes that have ended
        elif found[1] == server:
            ticks += found[2]
    return ticks / os.sysconf("SC_CLK_TCK")


def _times(pid: int) -> tuple[str, int, int, int] | None:
    """Of a process its name, its parent, its own ticks and those of the children it has waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    cells = rest.split()
    return name, int(cells[1]), int(cells[11]) + int(cells[12]), int(cells[13]) + int(cells[14])
