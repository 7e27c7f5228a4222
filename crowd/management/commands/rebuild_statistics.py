"""Rebuilds consensus and skill from answers, and proves that they equal what was there."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crowd.errors import Conflict
from crowd.models import Project
from crowd.services.rebuilding import rebuild_project

SHOWN = 20


class Command(BaseCommand):
    """`manage.py rebuild_statistics`: after a restore, or to prove that nothing rests on anything but answers."""

    help = "Rebuild consensus, skill and item scores from answers and compare; exits 1 where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which projects, and whether to keep what was rebuilt."""
        parser.add_argument("--project", metavar="UID", help="one project; all of them unless told")
        parser.add_argument("--keep", action="store_true", help="keep the rebuilt rows, also where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each project."""
        projects = Project.objects.order_by("id")
        if options["project"]:
            try:
                projects = projects.filter(uid=options["project"])
            except ValidationError:
                projects = projects.none()
            if not projects.exists():
                raise CommandError(f"there is no project {options['project']}")
        differing = 0
        for project in projects:
            try:
                rebuilt = rebuild_project(project=project, is_kept=options["keep"])
            except Conflict as error:
                raise CommandError(f"{project.name} ({project.uid}): {error.detail}") from error
            differing += len(rebuilt.differences)
            verdict = "differ" if rebuilt.differences else "equal"
            self.stdout.write(f"{project.name} ({project.uid}): {rebuilt.rows} rows rebuilt, {verdict}")
            for difference in rebuilt.differences[:SHOWN]:
                self.stdout.write(f"  {difference}")
        self.stdout.write(f"differences = {differing}")
        if differing:
            sys.exit(1)
