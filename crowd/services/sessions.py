"""Ends the sessions of an account whose rights changed."""

from __future__ import annotations

from django.db.models import F

from crowd.models import User


def end_sessions(*, user_id: int) -> None:
    """Whoever is logged in as this account has to log in again; in the caller's transaction. Keys stay as they are:
    what they reach is looked up at every call."""
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
