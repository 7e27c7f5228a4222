"""Issues API keys."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from crowd.enums import KeyScope
from crowd.models import ApiKey, User
from crowd.policies.api_keys import PREFIX_LENGTH, digest_of


def issue_key(*, user: User, name: str, scopes: Sequence[KeyScope], expires_at: datetime | None = None) -> str:
    """A new key in plain text, shown this once: only its hash is stored."""
    key = f"assay_{secrets.token_urlsafe(32)}"
    ApiKey.objects.create(
        user=user,
        name=name,
        prefix=key[:PREFIX_LENGTH],
        digest=digest_of(key),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    return key
