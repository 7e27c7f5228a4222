"""ConsentText: what people agree to before they work, by version, and Consent: who agreed to which, when."""

from __future__ import annotations

from django.db import models

from crowd.models.user import User


class ConsentText(models.Model):
    """Append-only, by triggers: a changed text is a new version, and is asked for again."""

    version = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"version {self.version}"


class Consent(models.Model):
    """Append-only, by triggers."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.user_id} to {self.text_id}"
