"""Changes what a person says of themselves."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from crowd.enums import WorkerKind
from crowd.errors import InvalidInput
from crowd.models import User, Worker
from crowd.policies.profiles import check_profile


def change_profile(
    *, user: User, name: str, languages: Sequence[str], time_zone: str, pages_language: str, has_single_keys: bool
) -> User:
    """Replace a person's own profile, ``languages`` the best one first. Raises InvalidInput naming each problem."""
    problems = check_profile(name=name, languages=languages, time_zone=time_zone)
    if problems:
        raise InvalidInput("the profile cannot be kept; nothing was changed", problems=tuple(problems))
    user.name, user.language, user.languages = name.strip(), languages[0], list(languages[1:])
    user.time_zone, user.pages_language, user.has_single_keys = time_zone, pages_language, has_single_keys
    with transaction.atomic():
        user.save(
            update_fields=["name", "language", "languages", "time_zone", "pages_language", "has_single_keys"],
        )
        # Managers see the worker under the name of the account.
        Worker.objects.filter(user=user, kind=WorkerKind.HUMAN).update(name=user.name)
    return user
