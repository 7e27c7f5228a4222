"""Registers the app with Django."""

from django.apps import AppConfig


class CrowdConfig(AppConfig):
    """The one Django app of Assay."""

    name = "crowd"
    verbose_name = "Crowd"

    def ready(self) -> None:
        """Register the system checks."""
        from crowd import checks  # noqa: F401  importing registers them
