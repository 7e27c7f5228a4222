"""Before a launch: what an hour will pay by the price rule, for each level of trust, from the best that is known."""

from __future__ import annotations

from typing import Any

import pytest
from cast import make_cast
from django.utils import timezone

from crowd.enums import ReadingKind, TrustLevel
from crowd.errors import PayUnderFloor
from crowd.models import Enrolment, FairnessTerms, Project, ProjectReading, Task
from crowd.queries.pay_forecast import forecast_body, launch_forecast
from crowd.services.fairness import check_launch
from crowd.services.prices import set_price_rule

pytestmark = pytest.mark.django_db

LEVELS = {"by": "trust_level", "percent": {"trusted": 150, "restricted": 50}}
LENGTH = {"by": "length", "field": "text", "steps": [{"from": 7, "percent": 300}]}


def rule(base_micros: int, *factors: dict[str, Any]) -> dict[str, Any]:
    return {"base_micros": base_micros, "factors": list(factors)}


def terms(project: Project, **fields: Any) -> None:
    FairnessTerms.objects.create(project=project, updated_at=timezone.now(), **fields)


def test_a_price_by_length_is_that_of_the_tasks_that_there_are() -> None:
    # Nine texts of six characters, three of seven: these cost three times as much.
    cast = make_cast(tasks=12)
    set_price_rule(project=cast.project, body=rule(10_000, LENGTH), actor=cast.owner)
    terms(cast.project, expected_seconds=10)
    found = launch_forecast(cast.project)
    mean = (9 * 10_000 + 3 * 30_000) / 12
    assert (found.basis, found.price_micros, found.rule_version, found.by_level) == ("stated", mean, 1, ())
    assert found.micros == round(mean / 11 * 3600)


def test_a_price_by_trust_is_foretold_for_each_level_and_for_those_who_are_there() -> None:
    cast = make_cast(workers=4)
    set_price_rule(project=cast.project, body=rule(30_000, LEVELS), actor=cast.owner)
    terms(cast.project, expected_seconds=10, floor_micros=8_000_000)
    new = launch_forecast(cast.project)
    assert [(one.level, one.price_micros) for one in new.by_level] == [
        ("new", 30_000),
        ("trusted", 45_000),
        ("restricted", 15_000),
    ]
    assert new.price_micros == 30_000
    for one in new.by_level:
        assert one.micros == round(one.price_micros / 11 * 3600)
    people = Enrolment.objects.filter(project=cast.project)
    people.filter(worker=cast.worker).update(trust_level=TrustLevel.TRUSTED)
    people.filter(worker=cast.workers[1]).update(trust_level=TrustLevel.SUSPENDED)
    assert launch_forecast(cast.project).price_micros == pytest.approx((45_000 + 2 * 30_000) / 3)


def test_a_level_under_the_floor_is_not_launched_in_silence_even_where_the_others_are_over_it() -> None:
    cast = make_cast()
    set_price_rule(project=cast.project, body=rule(30_000, LEVELS), actor=cast.owner)
    terms(cast.project, expected_seconds=10, floor_micros=8_000_000)
    found = launch_forecast(cast.project)
    assert found.under_probability is not None
    assert found.under_probability < 0.5
    assert found.is_under
    ask = {"project": cast.project, "actor": cast.owner, "at": timezone.now()}
    with pytest.raises(PayUnderFloor, match=r"trust level restricted\) is likely to pay 4\.91 USD, under the floor"):
        check_launch(**ask, acknowledgement="")
    check_launch(**ask, acknowledgement="restricted people are let go")
    kept = cast.project.events.get(kind="pay_floor_acknowledged").detail["forecast"]
    assert kept["by_level"][2]["level"] == "restricted"
    assert kept == forecast_body(found) | {"by_level": kept["by_level"]}


def test_work_that_was_done_shows_the_pace_and_the_rule_of_now_the_price() -> None:
    cast = make_cast()
    hourly = {"value": 6_000_000.0, "low": 5_000_000.0, "high": 7_200_000.0, "n": 20}
    figures = {"hourly": hourly, "mean_price_micros": 20_000.0}
    row = ProjectReading.objects.create(
        project=cast.project, kind=ReadingKind.FAIRNESS, figures=figures, measured_at=timezone.now()
    )
    same = launch_forecast(cast.project)
    assert (same.basis, same.micros, same.low, same.high) == ("observed", 6_000_000, 5_000_000, 7_200_000)
    set_price_rule(project=cast.project, body=rule(10_000), actor=cast.owner)
    halved = launch_forecast(Project.objects.get(pk=cast.project.pk))
    assert (halved.micros, halved.low, halved.high) == (3_000_000, 2_500_000, 3_600_000)
    # A reading of an older version of the server did not keep the price.
    ProjectReading.objects.filter(pk=row.pk).update(figures={"hourly": hourly})
    assert launch_forecast(cast.project).micros == 6_000_000


def test_without_tasks_or_terms_the_base_stands_and_nothing_is_claimed() -> None:
    cast = make_cast()
    Task.objects.all().delete()
    set_price_rule(project=cast.project, body=rule(10_000, LENGTH), actor=cast.owner)
    found = launch_forecast(cast.project)
    assert (found.basis, found.micros, found.price_micros, found.is_under) == ("nothing", None, 10_000, False)
