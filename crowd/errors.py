"""What can go wrong, each with a stable code; `api.errors` maps the codes to HTTP in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong in the input: ``pointer`` is a JSON pointer such as ``/tasks/3/payload``."""

    pointer: str
    detail: str


class DomainError(Exception):
    """A request that the rules refuse; nothing was changed."""

    code = "refused"

    def __init__(self, detail: str, *, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems


class InvalidInput(DomainError):
    """The input breaks a rule that the detail names."""

    code = "invalid_input"


class NotFound(DomainError):
    """There is no such thing, or not for this person: the two look the same on purpose."""

    code = "not_found"


class ProjectClosed(DomainError):
    """The project is not live."""

    code = "project_closed"


class WorkerSuspended(DomainError):
    """The worker's trust level on this project is suspended."""

    code = "worker_suspended"


class NotEnrolled(DomainError):
    """The worker is not enrolled on this project."""

    code = "not_enrolled"


class NotEligible(DomainError):
    """The worker does not meet what the project asks, or has reached a limit."""

    code = "not_eligible"


class ConsentNeeded(DomainError):
    """The person has not agreed to the newest terms."""

    code = "consent_needed"


class StaleLease(DomainError):
    """The assignment is no longer active."""

    code = "stale_lease"


class AlreadySubmitted(DomainError):
    """The assignment already holds a different answer."""

    code = "already_submitted"


class InvalidAnswer(DomainError):
    """The value breaks the schema of the project's answer type."""

    code = "invalid_answer"


class BudgetExhausted(DomainError):
    """The project's budget does not cover one more answer."""

    code = "budget_exhausted"


class Conflict(DomainError):
    """The change collides with what is there."""

    code = "conflict"


class ChangedMeanwhile(DomainError):
    """Somebody else was faster: what was read is no longer what is there."""

    code = "precondition_failed"


class InProgress(DomainError):
    """The first call with this idempotency key has not ended yet."""

    code = "in_progress"


class Expired(DomainError):
    """It was there, and has been thrown away."""

    code = "expired"


class PayUnderFloor(Conflict):
    """An hour of the work is likely to pay less than the project's floor, and nobody has said why."""

    code = "pay_under_floor"


class AppealExists(Conflict):
    """The decision has been appealed against already, with another reason."""

    code = "appeal_exists"


class KeyReused(DomainError):
    """An idempotency key came back with a different body."""

    code = "idempotency_key_reused"
