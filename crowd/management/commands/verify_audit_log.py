"""Checks the audit trail against its hash chain; prints the hash to keep elsewhere."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crowd.queries.seals import chain_end, check_trail
from crowd.services.seals import seal_events

ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    """Says that no event was changed, removed or put in, or names those that were; exits 1 then."""

    help = "Check the audit trail. Keep the printed head elsewhere, and give it back with --anchor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Anchors, and the short form that prints the head only."""
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="POSITION:HASH", help="a head printed earlier; repeatable"
        )
        parser.add_argument("--head", action="store_true", help="seal what waits, print POSITION:HASH, check nothing")

    def handle(self, *args: Any, anchor: list[str], head: bool, **options: Any) -> None:
        """Check and say."""
        anchors: dict[int, str] = {}
        for text in anchor:
            match = ANCHOR.fullmatch(text.strip())
            if match is None:
                raise CommandError(f"--anchor {text!r}: write POSITION:HASH, as this command prints it")
            anchors[int(match[1])] = match[2]
        if head:
            seal_events(is_at_once=True)
            position, digest, _ = chain_end()
            self.stdout.write(f"{position}:{digest}")
            return
        report = check_trail(anchors=anchors)
        if report.problems:
            raise CommandError("the audit trail is NOT as it was sealed\n" + "\n".join(report.problems))
        self.stdout.write(f"sound: {report.position} events sealed, {report.waiting} wait for their seal")
        self.stdout.write(f"head {report.position}:{report.hash}")
