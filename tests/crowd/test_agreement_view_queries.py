"""Views of agreement: the library's rows with the names that people know."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.utils import timezone

from crowd.enums import WorkerKind
from crowd.errors import InvalidInput
from crowd.models import Answer
from crowd.queries.agreement_views import VIEWS, agreement_difference, agreement_precision, agreement_view
from crowd.queries.answers import labelled, read_answers
from crowd.services.workers import NewWorker, add_workers
from quality.agreement.cohen import cohen_kappa

pytestmark = pytest.mark.django_db


def answered() -> Cast:
    """Four people and a model answer twelve tasks; the people mostly agree."""
    cast = make_cast(tasks=12, min_overlap=4, max_overlap=4)
    (model,) = add_workers(
        project=cast.project, workers=[NewWorker(name="m", kind=WorkerKind.CLASSIFIER)], actor=cast.owner
    )
    rng = random.Random(3)
    for worker in [*cast.workers, model.worker]:
        while (claim := cast.claim(worker)).assignment is not None:
            right = cast.project.label_values[int(claim.assignment.task.key[1:]) % 3]
            cast.answer(worker, right if rng.random() < 0.8 else "neutral")
    return cast


def test_every_view_has_rows_that_json_knows() -> None:
    cast = answered()
    for view in VIEWS:
        rows = agreement_view(cast.project, view, min_shared=2)
        assert rows, view
        assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_workers_and_labels_have_their_names() -> None:
    cast = answered()
    workers = agreement_view(cast.project, "worker")
    assert {row["worker"]["name"] for row in workers} == {"w1", "w2", "w3", "w4"}
    labels = agreement_view(cast.project, "label")
    assert {row["label"] for row in labels} == {"negative", "neutral", "positive"}


def test_a_pair_has_cohens_kappa_with_its_shared_tasks() -> None:
    cast = answered()
    rows = agreement_view(cast.project, "pair", min_shared=1)
    assert len(rows) == 6
    first, second = cast.workers[:2]
    (row,) = [row for row in rows if {row["first"]["name"], row["second"]["name"]} == {"w1", "w2"}]
    two = labelled(cast.project).filter(worker__in=[first, second])
    expected = cohen_kappa(read_answers(two, cast.project).answers)
    assert row["cohen_kappa"] == pytest.approx(expected.value)
    assert row["shared"] == 12
    assert agreement_view(cast.project, "pair", min_shared=13) == []


def test_models_are_apart_from_people() -> None:
    cast = answered()
    kinds = {(row["first"], row["second"]): row for row in agreement_view(cast.project, "kind")}
    assert set(kinds) == {("humans", "humans"), ("models", "models"), ("humans", "models")}
    assert kinds["humans", "humans"]["answers"] == 48
    assert (kinds["models", "models"]["value"], kinds["humans", "models"]["tasks"]) == (None, 12)
    assert len(agreement_view(cast.project, "worker", models=True)) == 5


def test_tasks_come_most_disputed_first() -> None:
    rows = agreement_view(answered().project, "task")
    disputed = [row["disagreement"] for row in rows]
    assert disputed == sorted(disputed, reverse=True)
    assert {row["task"] for row in rows} == {f"t{i}" for i in range(1, 13)}


def test_weeks_are_iso_weeks() -> None:
    (row,) = agreement_view(answered().project, "week")
    year, week, _ = timezone.now().isocalendar()
    assert row["week"] == f"{year}-W{week:02d}"
    assert row["low"] < row["value"] < row["high"]


def test_before_and_after_are_compared_with_an_interval() -> None:
    cast = answered()
    middle = list(Answer.objects.order_by("id").values_list("created_at", flat=True))[24]
    found = agreement_difference(cast.project, middle)
    assert found["first"]["answers"] == found["second"]["answers"] == 24
    assert found["value"] == pytest.approx(found["second"]["value"] - found["first"]["value"])
    nothing = agreement_difference(cast.project, timezone.now() + timedelta(days=1))
    assert (nothing["value"], nothing["reason"] is not None) == (None, True)


def test_precision_has_both_intervals_and_a_plan() -> None:
    found = agreement_precision(answered().project, half_width=0.1)
    alpha = found["alpha"]
    assert alpha["low"] < alpha["value"] < alpha["high"]
    assert alpha["high_with_workers"] - alpha["low_with_workers"] > 0
    assert alpha["se_with_workers"] >= alpha["se"]
    assert found["plan"]["tasks"] == alpha["tasks"] + found["plan"]["more"]


def test_precision_without_answers_says_why() -> None:
    found = agreement_precision(make_cast().project)
    assert (found["alpha"]["value"], found["plan"]["tasks"]) == (None, None)
    assert found["alpha"]["reason"]
    assert found["plan"]["reason"]


def test_an_unknown_view_is_refused_in_a_sentence() -> None:
    cast = make_cast()
    with pytest.raises(InvalidInput, match="no such view; choose one of label, worker"):
        agreement_view(cast.project, "moon")
    with pytest.raises(InvalidInput, match="no answers to compare"):
        agreement_difference(cast.project, timezone.now())


def test_too_many_labels_for_a_view_are_refused_in_a_sentence() -> None:
    cast = make_cast(labels=tuple({"value": str(i), "title": str(i)} for i in range(60)))
    with pytest.raises(InvalidInput, match="holds up to 48 labels"):
        agreement_view(cast.project, "pair")


def test_the_database_is_asked_for_columns_only() -> None:
    cast = answered()
    with connection.execute_wrapper(_refuse_payloads):
        agreement_view(cast.project, "pair")


def _refuse_payloads(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    assert "payload" not in sql
    return execute(sql, params, many, context)
