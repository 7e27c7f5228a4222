"""How often a project's dashboard is made anew."""

from __future__ import annotations

from datetime import timedelta

# Nobody sees a page change more often than this.
LEAST_SECONDS = 10.0
# Making the panels takes at most a twentieth of one core, however large the project.
SHARE = 20.0
# Whoever makes them has so long before somebody else takes over.
LEASE_SECONDS = 600.0


def rest_after(seconds: float) -> timedelta:
    """How long panels that took so long to make stand before they are made anew."""
    return timedelta(seconds=max(LEAST_SECONDS, SHARE * seconds))


def lease() -> timedelta:
    """How long panels may take to be made."""
    return timedelta(seconds=LEASE_SECONDS)
