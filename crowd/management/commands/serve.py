"""Serves the API with the pages; without a broker the same process works off the jobs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from granian import Granian
from granian.constants import Interfaces


class Command(BaseCommand):
    """`manage.py serve`: a production server, ready with nothing configured."""

    help = "Serve the API and the pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Address and size."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=1)
        parser.add_argument("--threads", type=int, default=8)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped."""
        if not 0 < options["port"] < 65536:
            raise CommandError(f"port {options['port']} does not exist; choose 1 to 65535")
        Granian(
            "config.wsgi:application",
            address=options["host"],
            port=options["port"],
            interface=Interfaces.WSGI,
            workers=options["processes"],
            blocking_threads=options["threads"],
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
