"""Makes the accounts of the demo, and prints how to log in."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from crowd.enums import KeyScope
from crowd.models import ApiKey, User
from crowd.services.api_keys import issue_key
from crowd.services.workers import worker_of_user

ACCOUNTS = {
    "manager": ("manager@demo.invalid", "Mara Manager", list(KeyScope)),
    "worker": ("worker@demo.invalid", "Will Worker", [KeyScope.WORKER]),
}


class Command(BaseCommand):
    """`manage.py create_demo_accounts`: a manager and a worker, with fresh passwords and keys each time."""

    help = "Create or refresh the demo's accounts; prints JSON with e-mail, password and API key of each."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the accounts."""
        printed: dict[str, dict[str, str]] = {}
        with transaction.atomic():
            for role, (email, name, scopes) in ACCOUNTS.items():
                user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
                password = secrets.token_urlsafe(9)
                user.set_password(password)
                user.save(update_fields=["password"])
                # The keys of earlier demos end with the passwords that came with them.
                ApiKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=timezone.now())
                printed[role] = {
                    "email": email,
                    "password": password,
                    "key": issue_key(user=user, name="demo", scopes=scopes),
                }
                if role == "worker":
                    printed[role]["worker"] = str(worker_of_user(user).uid)
        self.stdout.write(json.dumps(printed))
