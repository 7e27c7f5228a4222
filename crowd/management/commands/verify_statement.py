"""Checks a pay statement offline: its hashes, its numbers, its sums; needs no database and no account."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crowd.policies.statements import find_problems, read_statement


class Command(BaseCommand):
    """Says that a statement is as it was made, or what in it is not."""

    help = "Check a pay statement (JSON or CSV) offline."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Read, check, say."""
        try:
            # As bytes: a text file opened as text would have its line ends changed.
            records = read_statement(file.read_bytes().decode())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}") from error
        problems = find_problems(records)
        if problems:
            raise CommandError(f"{file}: NOT as it was made\n" + "\n".join(problems[:20]))
        head = records[0]
        entries = sum(record["record"] == "entry" for record in records)
        self.stdout.write(
            f"{file}: sound. {entries} entries of worker {head.get('worker', '?')} "
            f"from {head.get('period_from', '?')} to {head.get('period_to', '?')}; last hash {records[-1]['hash']}"
        )
