"""`manage.py invite EMAIL [--project ID]`: the path of a link that opens an account at this address."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crowd.models import Project
from crowd.services.sign_up import make_invitation


class Command(BaseCommand):
    """Prints; sending it is left to whoever invites."""

    help = "Print the path of a link that opens an account, and enrols it on a project; good for two weeks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom, and where to."""
        parser.add_argument("email")
        parser.add_argument("--project", type=uuid.UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        project = None
        if options["project"] is not None:
            project = Project.objects.filter(uid=options["project"]).first()
            if project is None:
                raise CommandError("there is no such project")
        self.stdout.write(f"/sign-up/{make_invitation(email=options['email'], project=project)}/")
