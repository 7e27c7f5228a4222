"""Says which version of a configuration was read, and keeps it from being changed while it is replaced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from crowd.errors import ChangedMeanwhile


def version_of(shown: Any) -> str:
    """What changes with the configuration that is shown, and with nothing else."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


@contextmanager
def hold_version(*, rows: QuerySet[Any], version: str | None, read: Callable[[], Any]) -> Iterator[None]:
    """Change a configuration inside; until then and until it is committed, nobody else does who locks ``rows``.

    ``version``: the one that was read, None for whichever is there. Raises ChangedMeanwhile when it is another now.
    """
    with transaction.atomic():
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        if version is not None and version != version_of(read()):
            raise ChangedMeanwhile("the configuration has changed since it was read; read it again")
        yield
