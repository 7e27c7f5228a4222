"""Keeps where workers want their money."""

from __future__ import annotations

from django.utils import timezone

from crowd.enums import WorkerKind
from crowd.errors import InvalidInput
from crowd.models import PayeeDetails, Worker
from crowd.policies.payees import Payee, check_payee, normalised


def set_payee(*, worker: Worker, payee: Payee) -> PayeeDetails:
    """Replace a worker's own details; batches that are made already keep theirs. Raises InvalidInput."""
    if worker.kind != WorkerKind.HUMAN:
        raise InvalidInput("a model is not paid; it has no payee details")
    clean = normalised(payee)
    problems = check_payee(clean)
    if problems:
        raise InvalidInput("these payee details cannot be paid to; nothing was changed", problems=tuple(problems))
    row, _ = PayeeDetails.objects.update_or_create(
        worker=worker,
        defaults={
            "method": clean.method,
            "recipient": clean.recipient,
            "name": clean.name,
            "bic": clean.bic,
            "updated_at": timezone.now(),
        },
    )
    return row
