"""Projects whose answers are not one label each: preview, completion, full fit, skills, agreement."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast

from crowd.enums import TaskState
from crowd.models import AggregationRun, Consensus, Event, Skill, Task
from crowd.queries.agreement import measure_agreement
from crowd.services.adjudication import adjudicate_task
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db

NUMBER = {"answer_type": "number", "answer_options": {"step": 1, "minimum": 0}, "labels": (), "scale": "interval"}
RANKING = {"answer_type": "ranking", "labels": (), "answer_options": {"gold_similarity": 0.3}}
ITEMS = [{"id": name, "text": name} for name in "zyx"]


def cast_of(payloads: int = 1, **plan: Any) -> Cast:
    """A cast of a type, rankings and comparisons with candidates."""
    payload = {"ranking": {"items": ITEMS}, "pairwise": {"items": ITEMS[:2]}}.get(plan["answer_type"])
    return make_cast(tasks=payloads, aggregation_model="auto", payload=payload, **plan)


def consensus(key: str = "t1") -> Consensus:
    return Consensus.objects.get(task__key=key)


def refit(cast: Cast) -> AggregationRun:
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    run.refresh_from_db()
    assert run.state == "done", run.notes
    assert not Event.objects.filter(kind__in=["refit_failed", "processing_failed"]).exists()
    return run


def test_a_set_is_previewed_label_by_label_and_completes() -> None:
    cast = cast_of(answer_type="multiple_choice")
    cast.answer(cast.workers[0], ["positive", "neutral"])
    assert cast.task().state == TaskState.OPEN
    cast.answer(cast.workers[1], ["neutral", "positive"])
    row = consensus()
    assert (row.value, row.label_index, row.run, row.answers) == (["neutral", "positive"], None, None, 2)
    assert row.posterior == pytest.approx([0.1, 0.98, 0.98])
    assert row.confidence == pytest.approx(0.9)
    assert cast.task().state == TaskState.COMPLETE


def test_a_set_in_doubt_about_one_label_asks_for_more_then_is_disputed() -> None:
    cast = cast_of(answer_type="multiple_choice")
    cast.answer(cast.workers[0], ["positive"])
    cast.answer(cast.workers[1], ["neutral", "positive"])
    row = consensus()
    assert row.posterior == pytest.approx([0.1, 0.7, 0.98])
    assert row.confidence == pytest.approx(0.7)
    assert (cast.task().state, cast.task().overlap) == (TaskState.OPEN, 3)
    cast.answer(cast.workers[2], ["negative"])
    assert cast.task().state == TaskState.DISPUTED
    adjudicate_task(
        project=cast.project, task_uid=cast.task().uid, adjudicator=cast.owner, value=["positive"], reason=""
    )
    refit(cast)
    assert (consensus().value, consensus().confidence, cast.task().state) == (["positive"], 1.0, TaskState.COMPLETE)


def test_a_set_holds_as_many_labels_as_may_be_chosen() -> None:
    cast = cast_of(answer_type="multiple_choice", answer_options={"max_chosen": 1})
    cast.answer(cast.workers[0], ["positive"])
    cast.answer(cast.workers[1], ["neutral"])
    assert consensus().value == ["neutral"]
    assert consensus().confidence == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("plan", "values", "wanted"),
    [
        ({"answer_type": "multiple_choice"}, [["neutral"], ["neutral"]], ["neutral"]),
        (NUMBER, [7, 7], 7),
        (RANKING, [["y", "x", "z"], ["y", "x", "z"]], ["y", "x", "z"]),
    ],
)
def test_a_full_fit_writes_values_traits_and_the_run(plan: dict[str, Any], values: list[Any], wanted: Any) -> None:
    cast = cast_of(3, **plan)
    for worker, value in zip(cast.workers, values, strict=False):
        for _ in range(3):
            cast.answer(worker, value)
    run = refit(cast)
    assert (run.tasks, run.workers, run.answers) == (3, 2, 6)
    rows = Consensus.objects.filter(project=cast.project)
    assert [(row.value, row.label_index, row.answers, row.run_id) for row in rows] == [(wanted, None, 2, run.pk)] * 3
    traits = [skill.traits for skill in Skill.objects.filter(project=cast.project)]
    assert [set(trait) for trait in traits] == [set(traits[0])] * 2
    for trait in traits:
        for figure in trait.values():
            assert figure["low"] < figure["value"] < figure["high"]


@pytest.mark.parametrize(("plan", "value"), [(NUMBER, 5), (RANKING, ["x", "y", "z"])])
def test_numbers_and_orders_wait_for_the_first_fit_which_settles_them(plan: dict[str, Any], value: Any) -> None:
    cast = cast_of(2, **plan)
    for worker in cast.workers[:2]:
        for _ in range(2):
            cast.answer(worker, value)
    assert [(task.state, task.overlap, task.is_open) for task in Task.objects.all()] == [("open", 2, False)] * 2
    assert not Consensus.objects.exists()
    run = refit(cast)
    assert [row.value for row in Consensus.objects.all()] == [value] * 2
    sure = [row.confidence >= cast.project.target_confidence for row in Consensus.objects.order_by("task_id")]
    states = [task.state == TaskState.COMPLETE for task in Task.objects.order_by("id")]
    assert states == sure
    # What is not sure enough is served again.
    assert [task.is_open for task in Task.objects.order_by("id")] == [not is_sure for is_sure in sure]
    assert run.estimates


def test_numbers_after_a_first_fit_are_previewed_by_bias_and_noise() -> None:
    cast = cast_of(9, **NUMBER, max_overlap=4)
    truths = [10, 40, 25, 60, 80, 33, 71, 15, 52]
    for i, worker in enumerate(cast.workers[:2]):
        for _ in range(8):
            claim = cast.claim(worker)
            truth = truths[int(claim.assignment.task.key[1:]) - 1]  # type: ignore[union-attr]
            cast.answer(worker, truth + i)
    refit(cast)
    left = Task.objects.filter(consensus__isnull=True).first()
    for i, worker in enumerate(cast.workers[:2]):
        while not left.answers.filter(worker=worker).exists():  # type: ignore[union-attr]
            cast.answer(worker, 50 + i)
    row = Consensus.objects.get(task=left)
    assert (row.value, row.run) in [(50, None), (51, None)]
    assert row.low is not None
    assert row.high is not None
    assert row.low <= 50.5 <= row.high


def test_texts_are_complete_with_a_fixed_number_of_answers_all_kept() -> None:
    cast = cast_of(answer_type="text", labels=())
    cast.answer(cast.workers[0], "Rain falls.")
    assert cast.task().state == TaskState.OPEN
    cast.answer(cast.workers[1], "It rains.")
    assert (cast.task().state, cast.task().overlap) == (TaskState.COMPLETE, 2)
    run = refit(cast)
    assert not Consensus.objects.exists()
    assert (run.model, run.answers) == ("texts-kept", 2)
    assert {figures["krippendorff_alpha"]["reason"] for figures in run.agreement.values()} == {"free_text"}


def test_an_expert_chooses_among_texts_where_the_project_says_so() -> None:
    cast = cast_of(answer_type="text", labels=(), answer_options={"when_full": "adjudicate"})
    for worker in cast.workers[:2]:
        cast.answer(worker, f"By {worker.name}.")
    assert cast.task().state == TaskState.DISPUTED
    adjudicate_task(project=cast.project, task_uid=cast.task().uid, adjudicator=cast.owner, value="By w2.", reason="")
    refit(cast)
    assert (cast.task().state, consensus().value, consensus().confidence) == (TaskState.COMPLETE, "By w2.", 1.0)


def test_comparisons_go_through_the_code_of_labels() -> None:
    cast = cast_of(answer_type="pairwise", labels=())
    for worker in cast.workers[:2]:
        cast.answer(worker, "b")
    assert (consensus().label_index, cast.task().state) == (1, TaskState.COMPLETE)
    refit(cast)
    assert (consensus().label_index, consensus().value) == (1, None)


def test_agreement_of_sets_numbers_and_orders_has_intervals_or_reasons() -> None:
    cast = cast_of(8, answer_type="multiple_choice")
    for w, worker in enumerate(cast.workers[:2]):
        for i in range(8):
            cast.answer(worker, ["positive"] if i % 2 else ["neutral", *(["positive"] if w and i == 4 else [])])
    people = measure_agreement(cast.project)["humans"]
    assert list(people) == ["krippendorff_alpha", "percent_agreement"]
    alpha = people["krippendorff_alpha"]
    assert (alpha["tasks"], alpha["workers"], alpha["answers"]) == (8, 2, 16)
    assert alpha["params"]["distance"] == "masi"
    assert alpha["low"] <= alpha["value"] <= alpha["high"] <= 1
    assert measure_agreement(cast.project)["models"]["krippendorff_alpha"]["reason"] == "no_pairable_units"
