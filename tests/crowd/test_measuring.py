"""Readings: what a project knows about its workers is kept by a job, in the background, for reports to show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone
from past_answers import give

from crowd.enums import EventKind, FlagState, ReadingKind
from crowd.errors import Conflict, InvalidInput
from crowd.models import (
    Adjudication,
    Answer,
    DeviceSighting,
    Event,
    FairnessTerms,
    Flag,
    Measurement,
    ProjectReading,
    Task,
    WorkerReading,
)
from crowd.services.flags import decide_flag
from crowd.services.measuring import due_measurements, forget_browsers, measure_project, request_measurement
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


def busy_cast(*, n_golds: int = 24) -> Cast:
    """Seven workers: six careful ones, and one who gives one label at once without looking."""
    cast = make_cast(tasks=2, workers=7, price_micros=10_000)
    labels = ("positive", "negative", "neutral")
    for label in labels:
        cast.gold(n_golds // 3, label)
    golds = list(Task.objects.filter(project=cast.project, gold__isnull=False).select_related("gold").order_by("rnd"))
    start = timezone.now() - timedelta(days=1)
    for n, task in enumerate(golds):
        truth = task.gold.labels[0]
        for number, worker in enumerate(cast.workers):
            is_careless = number == 6
            value = "neutral" if is_careless else truth if (n + number) % 6 else labels[(n + number) % 3]
            seconds = 0.3 if is_careless else 6.0 + (n * 7 + number * 3) % 5
            give(cast, worker, task, value, start + timedelta(minutes=n, seconds=number), seconds=seconds)
    return cast


def test_readings_keep_each_source_of_skill_apart_with_intervals() -> None:
    cast = busy_cast()
    refit_project(project_id=cast.project.pk)
    assert [row.project for row in due_measurements()] == [cast.project]
    assert measure_project(project_id=cast.project.pk)
    assert list(due_measurements()) == []
    row = WorkerReading.objects.get(worker=cast.workers[6])
    gold = row.figures["sources"]["gold"]
    assert [(line["label"], line["n"], line["value"]) for line in gold["per_label"]] == [
        ("negative", 8.0, 0.0),
        ("neutral", 8.0, 1.0),
        ("positive", 8.0, 0.0),
    ]
    assert [cell["count"] for cell in gold["confusion"][0]] == [0.0, 8.0, 0.0]
    assert 0 < gold["per_label"][0]["high"] < 0.4
    assert gold["per_label"][1]["low"] > 0.6
    # Nobody answered a real task, no expert decided one: nothing is made up.
    assert row.figures["sources"]["peers"]["answers"] == 0.0
    assert row.figures["sources"]["adjudications"]["per_label"][0] == {
        "label": "negative", "n": 0.0, "value": None, "low": None, "high": None,
    }  # fmt: skip
    assert row.figures["speed"]["median_seconds"] == 0.3
    assert row.figures["speed"]["is_fast"]
    kinds = set(ProjectReading.objects.values_list("kind", flat=True))
    assert kinds == {"contributors", "drift", "calibration", "fairness"}
    carried = ProjectReading.objects.get(kind=ReadingKind.CONTRIBUTORS).figures["workers"]
    assert carried[-1]["worker_id"] == cast.workers[6].pk
    assert carried[-1]["share_of_information"]["value"] < carried[-1]["share_of_answers"] / 2


def test_trust_is_held_against_what_experts_decided_apart_from_golds() -> None:
    cast = busy_cast(n_golds=6)
    now = timezone.now()
    tasks = [Task.objects.create(project=cast.project, key=f"d{n}", payload={"n": n}, overlap=9) for n in range(7)]
    for n, task in enumerate(tasks):
        for number, worker in enumerate(cast.workers):
            value = "positive" if number < 5 or n % 2 else "neutral"
            give(cast, worker, task, value, now + timedelta(minutes=n, seconds=number), is_processed=False)
        Adjudication.objects.create(
            project=cast.project, task=task, adjudicator=cast.owner, label_index=2, created_at=timezone.now()
        )
    # Whoever came without golds is foretold nothing.
    late = cast.workers[0]
    Answer.objects.filter(worker=late, is_gold=True).update(is_correct=None)
    measure_project(project_id=cast.project.pk)
    figures = ProjectReading.objects.get(kind=ReadingKind.CALIBRATION).figures
    whole = figures["adjudications"]["table"][-1]
    # Six people on seven tasks: four always right, two on three of seven.
    assert (whole["predictions"], whole["workers"], whole["is_enough"]) == (42, 6, True)
    assert whole["observed"] == pytest.approx((4 * 7 + 2 * 3) / 42)
    # By six golds each, with (2, 1) for a prior.
    right = [Answer.objects.filter(worker=worker, is_correct=True).count() for worker in cast.workers[1:]]
    assert whole["predicted"] == pytest.approx(sum((n + 2) / 9 for n in right) / 6)
    assert whole["low"] < whole["observed"] < whole["high"]
    assert whole["verdict"] == "as_predicted"
    coverage = figures["adjudications"]["coverage"]
    assert (coverage["workers"], coverage["inside"]) == (6, 6)
    assert figures["table"][-1]["predictions"] == 6, "golds: one each beyond the first five"
    assert figures["table"][-1]["verdict"] == "cannot_say_yet"


def test_flags_are_raised_once_and_decided_by_a_manager_with_a_note() -> None:
    cast = busy_cast()
    measure_project(project_id=cast.project.pk)
    found = {(flag.kind, flag.worker_id) for flag in Flag.objects.all()}
    careless = cast.workers[6].pk
    assert {("too_fast", careless), ("straight_lining", careless)} <= found
    assert {worker_id for _, worker_id in found} == {careless}
    assert Event.objects.filter(kind=EventKind.FLAG_RAISED).count() == len(found)
    assert cast.enrolment(cast.workers[6]).trust_level == "suspended", "by its golds, not by flags"
    measure_project(project_id=cast.project.pk)
    assert Flag.objects.count() == len(found)
    flag = Flag.objects.get(kind="too_fast")
    ask = {"project": cast.project, "flag_uid": flag.uid, "actor": cast.manager}
    with pytest.raises(InvalidInput):
        decide_flag(**ask, state=FlagState.DISMISSED, note=" ")
    decided = decide_flag(**ask, state=FlagState.DISMISSED, note="knows the texts by heart")
    assert decide_flag(**ask, state=FlagState.DISMISSED, note="again").note == decided.note
    with pytest.raises(Conflict, match="dismissed already"):
        decide_flag(**ask, state=FlagState.CONFIRMED, note="no")
    measure_project(project_id=cast.project.pk)
    flag.refresh_from_db()
    assert (flag.state, flag.note) == ("dismissed", "knows the texts by heart")
    assert Flag.objects.filter(kind="too_fast").count() == 1


def test_people_who_share_a_browser_are_flagged_as_a_pair_and_forgotten_in_time() -> None:
    cast = busy_cast(n_golds=3)
    now = timezone.now()
    for worker in cast.workers[:2]:
        DeviceSighting.objects.create(worker=worker, digest="d" * 64, first_seen_at=now, last_seen_at=now)
    measure_project(project_id=cast.project.pk)
    flag = Flag.objects.get(kind="shared_device")
    assert (flag.worker, flag.other) == (cast.workers[0], cast.workers[1])
    assert forget_browsers() == 0
    DeviceSighting.objects.update(last_seen_at=now - timedelta(days=31))
    assert forget_browsers() == 2


def test_the_crossing_of_the_floor_is_told_once() -> None:
    cast = busy_cast(n_golds=6)
    FairnessTerms.objects.create(project=cast.project, floor_micros=8_000_000, updated_at=timezone.now())
    measure_project(project_id=cast.project.pk)
    figures = ProjectReading.objects.get(kind=ReadingKind.FAIRNESS).figures
    # Ten thousandths an answer of about eight seconds: some 4.5 an hour; the careless one earns far more.
    assert 3_000_000 < figures["hourly"]["low"] <= figures["hourly"]["value"] < 8_000_000
    measure_project(project_id=cast.project.pk)
    assert Event.objects.filter(kind=EventKind.PAY_UNDER_FLOOR).count() == 1
    cast.project.fairness_terms.refresh_from_db()
    FairnessTerms.objects.update(floor_micros=1_000_000)
    measure_project(project_id=cast.project.pk)
    assert Event.objects.filter(kind=EventKind.PAY_ABOVE_FLOOR).count() == 1


def test_one_process_at_a_time_takes_the_readings_and_a_dead_one_is_replaced() -> None:
    cast = busy_cast(n_golds=3)
    request_measurement(project=cast.project)
    later = timezone.now() + timedelta(minutes=1)
    Measurement.objects.update(leased_until=later)
    assert not measure_project(project_id=cast.project.pk)
    Measurement.objects.update(leased_until=timezone.now() - timedelta(seconds=1), due_at=None)
    assert due_measurements().count() == 1
    assert measure_project(project_id=cast.project.pk)
    request_measurement(project=cast.project)
    row = Measurement.objects.get()
    assert row.due_at is not None
    assert row.measured_at is not None
    assert row.due_at - row.measured_at == timedelta(minutes=5)
