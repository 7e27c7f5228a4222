"""A migrated SQLite database with the demo's accounts, made once a state of the migrations, then copied."""

from __future__ import annotations

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
    """Put the database into the folder as the server expects it; returns what `create_demo_accounts` printed."""
    kept = ROOT / ".local" / f"prepared-{_state()}"
    if not kept.exists():
        _prepare(kept)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept / "copy.sqlite3", folder / "assay.sqlite3")
    return (kept / "accounts.json").read_text()


def _state() -> str:
    sources = [*sorted((ROOT / "crowd/migrations").glob("*.py")), ROOT / "constraints.txt"]
    sources.append(ROOT / "crowd/management/commands/create_demo_accounts.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _prepare(kept: Path) -> None:
    kept.parent.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=kept.parent))
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"ASSAY_STATE_DIR": str(made), "DJANGO_SETTINGS_MODULE": "config.settings.local"}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    manage("migrate", "--verbosity", "0")
    (made / "accounts.json").write_text(manage("create_demo_accounts"))
    # Through SQLite, so that nothing stays behind in the write-ahead log.
    source, copy = sqlite3.connect(made / "assay.sqlite3"), sqlite3.connect(made / "copy.sqlite3")
    source.backup(copy)
    source.close()
    copy.close()
    try:
        made.rename(kept)
    except OSError:
        # Another test process was first.
        shutil.rmtree(made)
