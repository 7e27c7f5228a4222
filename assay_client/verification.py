"""Checks that a webhook message comes from the server that knows the secret, and is fresh."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

# A message older than this, or from the future, may be somebody's recording.
TOLERANCE_SECONDS = 300


class WebhookRefused(Exception):
    """The message is not to be trusted; the text says why."""


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str, *, tolerance_seconds: int = TOLERANCE_SECONDS
) -> dict[str, Any]:
    """The decoded message, if one of its signatures was made with ``secret``; raises WebhookRefused.

    ``body`` must be the bytes as they came. Keep ``webhook-id`` and treat a repeat as done.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        webhook_id, timestamp, signatures = (found[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise WebhookRefused(f"the header {error.args[0]} is missing") from None
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > tolerance_seconds:
        raise WebhookRefused("the webhook-timestamp is too far from now")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures.split()):
        raise WebhookRefused("no signature was made with this secret")
    message: dict[str, Any] = json.loads(body)
    return message
