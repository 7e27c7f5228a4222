"""`manage.py publish_terms FILE`: the text that people must agree to before they work, as its next version."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crowd.errors import DomainError
from crowd.services.consents import publish_text


class Command(BaseCommand):
    """Reads a text in UTF-8."""

    help = "Publish the terms of work from a file; everybody is asked to agree before the next task."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish it."""
        try:
            text = publish_text(text=options["file"].read_text(encoding="utf-8"))
        except (DomainError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"published version {text.version}")
