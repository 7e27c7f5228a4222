"""`assay webhooks …`."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from assay_client.client import AssayClient
from assay_client.command_line.outcome import OK, USAGE, Stop
from assay_client.command_line.screen import show, table


def add_parsers(commands: Any) -> None:
    """The commands."""
    webhooks = commands.add_parser("webhooks", help="set webhooks up, try them, read their log")
    verbs = webhooks.add_subparsers(required=True, metavar="VERB")
    add = verbs.add_parser("add", help="make one; prints its id and its secret, this once")
    add.add_argument("project")
    add.add_argument("url")
    add.add_argument("--kind", action="append", default=[], help="repeatable; without it everything is told")
    add.set_defaults(run=_add)
    listing = verbs.add_parser("list", help="the webhooks of a project")
    listing.add_argument("project")
    listing.set_defaults(run=_list)
    for name, run, words in (
        ("remove", _remove, "remove one"),
        ("ping", _ping, "send a ping"),
        ("rotate", _rotate, "make a new secret; the old one signs beside it for a while"),
        ("log", _log, "its deliveries, the newest first"),
        ("redeliver", _redeliver, "send messages again"),
    ):
        verb = verbs.add_parser(name, help=words)
        verb.add_argument("webhook")
        verb.set_defaults(run=run)
        if name == "rotate":
            verb.add_argument("--overlap-hours", type=int)
        if name == "log":
            verb.add_argument("--state", choices=("pending", "delivered", "dead"))
            verb.add_argument("--most", type=int, default=50)
        if name == "redeliver":
            verb.add_argument("--since", required=True, help="ISO 8601, such as 2026-11-22T08:00:00Z")
            verb.add_argument("--all", action="store_true", help="the delivered ones too")


def _add(client: AssayClient, options: argparse.Namespace) -> int:
    made = client.add_webhook(options.project, options.url, options.kind)
    print(f"{made['id']}  {made['secret']}")
    return OK


def _list(client: AssayClient, options: argparse.Namespace) -> int:
    rows = list(client.webhooks(options.project))
    if options.json:
        show(rows)
    else:
        table([row | {"kinds": ",".join(row["kinds"]) or "all"} for row in rows], ("id", "is_active", "kinds", "url"))
    return OK


def _remove(client: AssayClient, options: argparse.Namespace) -> int:
    client.remove_webhook(options.webhook)
    return OK


def _ping(client: AssayClient, options: argparse.Namespace) -> int:
    print(client.ping_webhook(options.webhook)["webhook_id"])
    return OK


def _rotate(client: AssayClient, options: argparse.Namespace) -> int:
    print(client.rotate_webhook(options.webhook, options.overlap_hours)["secret"])
    return OK


def _log(client: AssayClient, options: argparse.Namespace) -> int:
    found = client.deliveries(options.webhook, options.state)
    rows = [row for _, row in zip(range(options.most), found, strict=False)]
    if options.json:
        show(rows)
        return OK
    for row in rows:
        tried = row["attempts"][-1] if row["attempts"] else {}
        row["last"] = tried.get("status") or tried.get("error") or ""
    table(rows, ("created_at", "kind", "state", "attempts_made", "last", "webhook_id"))
    return OK


def _redeliver(client: AssayClient, options: argparse.Namespace) -> int:
    try:
        since = datetime.fromisoformat(options.since)
    except ValueError:
        raise Stop(f"--since {options.since!r} is no ISO 8601 time", USAGE) from None
    print(client.redeliver_since(options.webhook, since, options.all)["lined_up"])
    return OK
