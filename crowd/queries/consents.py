"""Reads the terms that people are asked to agree to, and who has."""

from __future__ import annotations

from django.db.models import Max, QuerySet

from crowd.models import Consent, ConsentText, User


def newest_text() -> ConsentText | None:
    """The text that is asked for now; None where the server asks for none."""
    return ConsentText.objects.order_by("-version").first()


def newest_version() -> int:
    """Its version; 0 where the server asks for none."""
    version: int | None = ConsentText.objects.aggregate(newest=Max("version"))["newest"]
    return version or 0


def agreed_version(user_id: int) -> int:
    """The newest version that somebody has agreed to; 0 for none."""
    version: int | None = Consent.objects.filter(user_id=user_id).aggregate(newest=Max("text__version"))["newest"]
    return version or 0


def consents_of(user: User) -> QuerySet[Consent]:
    """What somebody has agreed to, oldest first."""
    return Consent.objects.filter(user=user).select_related("text").order_by("id")
