"""Holds projects to a fair hourly pay: their terms, the launch, the crossing of the floor."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind
from crowd.errors import FieldProblem, InvalidInput, PayUnderFloor
from crowd.models import FairnessTerms, Project, User
from crowd.queries.fairness import FairnessFigures
from crowd.queries.pay_forecast import forecast_body, launch_forecast
from crowd.services.events import record_event

LONGEST_SECONDS = 7 * 24 * 3600


def set_fairness_terms(
    *, project: Project, floor_micros: int | None, expected_seconds: float | None, actor: User
) -> FairnessTerms:
    """Set the floor of an hour's pay and how long a task is thought to take; None leaves it to the server, to us.

    Raises InvalidInput.
    """
    if expected_seconds is not None and not 0 < expected_seconds <= LONGEST_SECONDS:
        raise InvalidInput(
            "the terms cannot be set like this; nothing was changed",
            problems=(FieldProblem("/expected_seconds", f"more than 0, at most {LONGEST_SECONDS}"),),
        )
    with transaction.atomic():
        # A change with If-Match waits here, and is told.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        now = timezone.now()
        fields = {"floor_micros": floor_micros, "expected_seconds": expected_seconds, "updated_at": now}
        terms, _ = FairnessTerms.objects.update_or_create(project=project, defaults=fields)
        record_event(
            kind=EventKind.FAIRNESS_TERMS_SET,
            project=project,
            actor=actor,
            subject=project.uid,
            detail={"floor_micros": floor_micros, "expected_seconds": expected_seconds},
            at=now,
        )
        return terms


def check_launch(*, project: Project, acknowledgement: str, actor: User, at: datetime) -> None:
    """Let no project under its floor be launched in silence, in the caller's transaction.

    With an acknowledgement in words the launch goes on, and the event keeps them with the forecast. Raises
    PayUnderFloor.
    """
    forecast = launch_forecast(project)
    if not forecast.is_under:
        return
    worst = forecast.worst_level or forecast
    assert worst.micros is not None
    assert forecast.floor_micros is not None
    assert worst.under_probability is not None
    whom = "" if forecast.worst_level is None else f" (trust level {forecast.worst_level.level})"
    if not acknowledgement.strip():
        raise PayUnderFloor(
            f"an hour of this work{whom} is likely to pay {worst.micros / 1e6:.2f} {project.currency}, under the floor "
            f"of {forecast.floor_micros / 1e6:.2f} (probability {worst.under_probability:.2f}): raise the price, or "
            "launch with an acknowledgement that says why",
            problems=(FieldProblem("/acknowledgement", "say in words why the project is launched all the same"),),
        )
    record_event(
        kind=EventKind.PAY_FLOOR_ACKNOWLEDGED,
        project=project,
        actor=actor,
        subject=project.uid,
        detail={"acknowledgement": acknowledgement.strip(), "forecast": forecast_body(forecast)},
        at=at,
    )


def note_crossing(*, project: Project, figures: FairnessFigures, at: datetime) -> None:
    """Record that the median came under the floor, or back over it: once a crossing, in the caller's transaction."""
    is_under = figures.is_under
    if is_under is None:
        return
    terms, _ = FairnessTerms.objects.get_or_create(project=project, defaults={"updated_at": at})
    crossed = FairnessTerms.objects.filter(pk=terms.pk, is_under=not is_under).update(is_under=is_under)
    if crossed:
        record_event(
            kind=EventKind.PAY_UNDER_FLOOR if is_under else EventKind.PAY_ABOVE_FLOOR,
            project=project,
            subject=project.uid,
            detail={
                "floor_micros": figures.floor_micros,
                "median_micros": figures.hourly.value,
                "low": figures.hourly.low,
                "high": figures.hourly.high,
                "people": figures.hourly.n,
            },
            at=at,
        )
