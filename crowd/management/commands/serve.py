"""Serves the API with the pages; without a broker the same process works off the jobs."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from granian import Granian
from granian.constants import Interfaces

from crowd.checks import SERVING


class Command(BaseCommand):
    """`manage.py serve`: a production server, ready with nothing configured."""

    help = "Serve the API and the pages."
    # `handle` runs those for a server, once it knows the number of processes.
    requires_system_checks = ()

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
        if options["processes"] > 1 and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            # The processes write their request times into one folder, so that each can tell those of all. The library
            # looks for it when it is imported, and the checks before this line have imported it: begin again.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="assay-metrics-")
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  our own command line, again
        settings.SERVER_PROCESSES = options["processes"]
        # Refuses on an error, such as tables of another version; says what else is not as it should be.
        self.check(tags=[SERVING], databases=["default"], include_deployment_checks=True)
        connections.close_all()
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
