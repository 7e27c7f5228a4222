"""Signs webhook messages as the Standard Webhooks specification says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
# The specification's bounds.
LEAST_BYTES, MOST_BYTES = 24, 64


def secret_of(key: bytes) -> str:
    """A signing key as its receiver is given it."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The signing key of a secret; ValueError when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not base64 after whsec_") from None
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"the secret must hold {LEAST_BYTES} to {MOST_BYTES} bytes")
    return key


def signature_header(*, secrets: Sequence[str], webhook_id: str, timestamp: int, body: str) -> str:
    """The ``webhook-signature``: one signature per secret, separated by spaces."""
    signed = f"{webhook_id}.{timestamp}.{body}".encode()
    digests = (hmac.digest(key_of(secret), signed, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
