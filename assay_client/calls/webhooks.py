"""Webhooks of a project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay_client.call import Call, get, given, post
from assay_client.shapes import Json


def webhooks(project: str) -> Call[Json]:
    """The project's webhooks, without their secrets."""
    return get(f"/projects/{project}/webhooks")


def add_webhook(project: str, url: str, kinds: Sequence[str] = (), description: str = "") -> Call[Json]:
    """Make one; the reply alone holds its ``secret``. Without ``kinds`` it is told everything."""
    return post(f"/projects/{project}/webhooks", {"url": url, "kinds": list(kinds), "description": description})


def webhook(webhook: str) -> Call[Json]:
    """How one stands: since when it fails, why it was switched off."""
    return get(f"/webhooks/{webhook}")


def change_webhook(
    webhook: str,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> Call[Json]:
    """Change what is given."""
    kinds = None if kinds is None else list(kinds)
    fields = given(url=url, kinds=kinds, description=description, is_active=is_active)
    return Call("PATCH", f"/webhooks/{webhook}", body=fields)


def remove_webhook(webhook: str) -> Call[None]:
    """Remove it."""
    return Call("DELETE", f"/webhooks/{webhook}")


def ping_webhook(webhook: str) -> Call[Json]:
    """Send it a ping; `deliveries` tells what came back."""
    return post(f"/webhooks/{webhook}/ping")


def rotate_webhook(webhook: str, overlap_hours: int | None = None) -> Call[Json]:
    """Give it a new secret, which the reply alone holds; the old one signs beside it for a while."""
    return post(f"/webhooks/{webhook}/rotate", given(overlap_hours=overlap_hours))


def deliveries(webhook: str, state: str | None = None) -> Call[Json]:
    """Its log, the newest first, every delivery with its attempts."""
    return get(f"/webhooks/{webhook}/deliveries", state=state)


def redeliver(delivery: str) -> Call[Json]:
    """Send one message again, under the ``webhook-id`` that it had."""
    return post(f"/deliveries/{delivery}/redeliver")


def redeliver_since(webhook: str, since: datetime, is_everything: bool = False) -> Call[Json]:
    """Send the dead messages since then again; with ``is_everything`` the delivered ones too."""
    return post(f"/webhooks/{webhook}/redeliver", {"since": since.isoformat(), "is_everything": is_everything})
