"""Where the server is and with which key: flags before environment before the configuration file."""

from __future__ import annotations

import argparse
import os
import tomllib
from pathlib import Path

from assay_client.client import AssayClient
from assay_client.command_line.outcome import USAGE, Stop

DEFAULT_URL = "http://127.0.0.1:8000"


def connect(options: argparse.Namespace) -> AssayClient:
    """The client; raises Stop when there is no key."""
    file = config_path()
    kept = _read(file)
    url = options.url or os.environ.get("ASSAY_URL") or kept.get("url") or DEFAULT_URL
    key = options.key or os.environ.get("ASSAY_KEY") or kept.get("key")
    if not key:
        raise Stop(f'there is no API key; set ASSAY_KEY, or write key = "…" into {file}', USAGE)
    if not url.startswith(("http://", "https://")):
        raise Stop(f"{url!r} is no address; write it as https://assay.example", USAGE)
    return AssayClient(url, key, timeout_seconds=60.0)


def config_path() -> Path:
    """``ASSAY_CONFIG``, or ``assay/config.toml`` where such files live."""
    if given := os.environ.get("ASSAY_CONFIG"):
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "assay" / "config.toml"


def _read(file: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Stop(f"{file} cannot be read: {error}", USAGE) from error
    wrong = sorted(name for name, value in found.items() if name not in ("url", "key") or not isinstance(value, str))
    if wrong:
        raise Stop(f'{file} may hold url = "…" and key = "…" only, not {", ".join(wrong)}', USAGE)
    return {name: str(value) for name, value in found.items()}
