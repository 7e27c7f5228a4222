"""Imports a file into a project from the shell, as the API would."""

from __future__ import annotations

import threading
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crowd.enums import ImportState
from crowd.errors import DomainError
from crowd.formats.reading import FORMATS
from crowd.models import Import, Project, User
from crowd.queries.access import MANAGING
from crowd.services.import_runs import run_import
from crowd.services.imports import create_import, kept_for, plan_import
from crowd.services.stored_files import store_file

BLOCK = 1 << 20
SHOWN = 20
WAIT_SECONDS = 1.0


class Command(BaseCommand):
    """`manage.py import_tasks PROJECT FILE`: the same import, with its progress on the terminal."""

    help = "Import tasks, golds or answers from a file; exits 1 when it fails. If it dies, the server goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the API takes as options."""
        parser.add_argument("project", type=uuid.UUID, help="the project's id")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", default="", choices=["", *FORMATS])
        parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
        parser.add_argument("--on-error", default="stop", choices=["stop", "skip"])
        parser.add_argument("--pii", default="warn", choices=["warn", "mask", "refuse", "off"])
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--predictions", default="classifier", choices=["classifier", "llm", "function"])
        parser.add_argument("--actor", help="e-mail of the manager in whose name; the project's creator without it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the file, queue the import, carry it out here."""
        project = Project.objects.filter(uid=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['project']}")
        actor = self._actor(project, options["actor"])
        try:
            plan = plan_import(
                name=options["file"].name[:200],
                file_format=options["format"],
                mapping=options["map"],
                on_error=options["on_error"],
                pii=options["pii"],
                is_dry_run=options["dry_run"],
                predictions=options["predictions"],
            )
            file = store_file(
                project=project,
                blocks=_blocks(options["file"]),
                limit_bytes=settings.IMPORT_MAX_BYTES,
                keep=kept_for(),
            )
        except DomainError as error:
            details = [problem.detail for problem in error.problems] or [error.detail]
            raise CommandError("; ".join(details)) from None
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from None
        job = create_import(project=project, file=file, plan=plan, actor=actor)
        self._carry_out(job)
        self._report(job)

    def _actor(self, project: Project, email: str | None) -> User:
        if email is None:
            return project.created_by
        actor = User.objects.filter(
            email=email.strip().lower(), memberships__project=project, memberships__role__in=MANAGING
        ).first()
        if actor is None:
            raise CommandError(f"{email} does not manage this project")
        return actor

    def _carry_out(self, job: Import) -> None:
        is_over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(job.pk, is_over), daemon=True)
        if self.stderr.isatty():
            watcher.start()
        try:
            # A worker of the server may have been quicker: then this only waits for it.
            while not Import.objects.filter(pk=job.pk, finished_at__isnull=False).exists():
                if not run_import(import_id=job.pk):
                    time.sleep(WAIT_SECONDS)
        finally:
            is_over.set()
        job.refresh_from_db()

    def _watch(self, import_id: int, is_over: threading.Event) -> None:
        while not is_over.wait(WAIT_SECONDS):
            job = Import.objects.get(pk=import_id)
            self.stderr.write(f"\r{job.state}: {job.rows_checked} checked, {job.rows_done} done ", ending="")
        connection.close()

    def _report(self, job: Import) -> None:
        for is_warning in (True, False):
            rows = job.problems.filter(is_warning=is_warning).order_by("id")
            for row, column, detail in rows.values_list("row", "column", "detail")[:SHOWN]:
                where = f"row {row}{f', column {column}' if column else ''}"
                self.stderr.write(f"{'warning: ' if is_warning else ''}{where}: {detail}")
        if job.rows_failed > SHOWN:
            self.stderr.write(f"… and {job.rows_failed - SHOWN} more")
        would = "would make " if job.is_dry_run else ""
        self.stdout.write(
            f"{job.state}: {would}{job.tasks} tasks, {job.golds} golds, {job.answers} answers, {job.workers} workers, "
            f"{job.skips} skips; {job.rows_failed} rows refused, {job.rows_passed_over} passed over, "
            f"{job.rows_with_pii} with what looks like personal data"
        )
        if job.state != ImportState.FINISHED:
            raise CommandError(job.problem or f"the import is {job.state}")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block
