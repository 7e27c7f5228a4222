"""Keeps what a worker has filled in but not sent, on the server: one draft a session, that of the task at hand."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from web.worker.questions import Fields

KEY = "draft"
# A draft beyond this is kept by the browser alone.
MOST_CHARACTERS = 120_000


def keep_draft(request: HttpRequest, subject: uuid.UUID, fields: Fields) -> bool:
    """Keep the fields of one assignment, instead of any draft before; False where they are too long."""
    if sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return False
    request.session[KEY] = {"subject": str(subject), "fields": dict(fields)}
    return True


def draft_of(request: HttpRequest, subject: uuid.UUID) -> Fields:
    """The fields kept for this assignment; empty when there are none."""
    draft = request.session.get(KEY)
    if not isinstance(draft, dict) or draft.get("subject") != str(subject):
        return {}
    fields: Fields = draft["fields"]
    return fields
