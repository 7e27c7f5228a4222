"""How an API key is recognised without being stored."""

from __future__ import annotations

import hashlib
from datetime import timedelta

PREFIX_LENGTH = 12
# How old the last use that is shown may be: it is written no more often.
USE_NOTED_EVERY = timedelta(minutes=10)


def digest_of(key: str) -> str:
    """SHA-256 of the key, in hex: the key has 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()
