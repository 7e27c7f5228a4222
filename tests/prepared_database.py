"""Migrated SQLite databases, bare or with the demo's accounts: made once a state of the migrations, then copied."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def copy_prepared(folder: Path) -> str:
    """Put the one with accounts where a server expects it; returns what `create_demo_accounts` printed."""
    kept = _kept()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept / "accounts.sqlite3", folder / "assay.sqlite3")
    return (kept / "accounts.json").read_text()


def copy_bare(target: Path) -> None:
    """Put the one without a row of anybody's at the target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_kept() / "bare.sqlite3", target)


def _kept() -> Path:
    kept = ROOT / ".local" / f"prepared-{_state()}"
    kept.parent.mkdir(exist_ok=True)
    with (kept.parent / "prepared.lock").open("w") as lock:
        # Test processes start together; one makes what the others wait for.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _prepare(kept)
    return kept


def _state() -> str:
    sources = [*sorted((ROOT / "crowd/migrations").glob("*.py")), ROOT / "constraints.txt"]
    sources.append(ROOT / "crowd/management/commands/create_demo_accounts.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _prepare(kept: Path) -> None:
    made = Path(tempfile.mkdtemp(dir=kept.parent))
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"ASSAY_STATE_DIR": str(made), "DJANGO_SETTINGS_MODULE": "config.settings.local"}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    def keep(name: str) -> None:
        # Through SQLite, so that nothing stays behind in the write-ahead log.
        source, copy = sqlite3.connect(made / "assay.sqlite3"), sqlite3.connect(made / name)
        source.backup(copy)
        source.close()
        copy.close()

    manage("migrate", "--verbosity", "0")
    keep("bare.sqlite3")
    (made / "accounts.json").write_text(manage("create_demo_accounts"))
    keep("accounts.sqlite3")
    made.rename(kept)
