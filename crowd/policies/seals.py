"""How an event is hashed into the chain of the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# What the first link follows on.
GENESIS = hashlib.sha256(b"assay audit trail 1").hexdigest()
# The columns of an event that its hash covers: all of them.
COVERED = ("id", "uid", "project_id", "actor_id", "worker_id", "kind", "subject", "detail", "created_at")


def link_hash(*, previous: str, position: int, sealed_at: datetime, event: Mapping[str, Any]) -> str:
    """The hash of one link, as 64 hexadecimal digits: SHA-256 over the previous one and the event in a fixed form."""
    fields = [_plain(event[name]) for name in COVERED]
    record = [previous, position, _plain(sealed_at), *fields]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # Both databases keep microseconds; the zone is said in one way.
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if value is None or isinstance(value, (bool, int, str, dict, list, float)):
        return value
    return str(value)
