"""How an API key is recognised without being stored."""

from __future__ import annotations

import hashlib

PREFIX_LENGTH = 12


def digest_of(key: str) -> str:
    """SHA-256 of the key, in hex: the key has 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()
