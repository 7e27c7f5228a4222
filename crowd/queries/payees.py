"""Reads where a worker wants the money, for that worker."""

from __future__ import annotations

from crowd.models import PayeeDetails, Worker


def payee_of(worker: Worker) -> PayeeDetails | None:
    """The details; None where there are none yet."""
    return PayeeDetails.objects.filter(worker=worker).first()
