"""Models' votes in the consensus: soft, calibrated on gold, pooled, and never alone on a task that talks to them."""

from __future__ import annotations

import numpy as np
import pytest
from cast import Cast, make_cast
from model_crowds import add_model, add_rater, give, people_of, truth_of, votes_of

from crowd.enums import TaskState, VoteState
from crowd.models import Consensus, Enrolment, GateTerms, InjectionFlag, ModelStanding, Skill, Task, Worker
from crowd.policies.completion import Worth, decide_completion
from crowd.queries.answers import labelled, read_answers
from crowd.queries.consensus import counted, counted_answers
from crowd.queries.model_votes import as_counted, preview_votes
from crowd.queries.next_raters import next_steps
from crowd.queries.tasks import pick_next_for_model
from crowd.services.refit import refit_project
from quality.models_vs_humans.calibration import SoftVoteCalibrator

pytestmark = pytest.mark.django_db


def let_in(cast: Cast, *models: Worker) -> None:
    Enrolment.objects.filter(project=cast.project, worker__in=models).update(vote_state=VoteState.COUNTED)


def read(cast: Cast):
    return as_counted(read_answers(counted(labelled(cast.project)), cast.project), cast.project)


def soft(labels: dict[int, int], top: float) -> dict[int, list[float]]:
    rest = (1 - top) / 2
    return {task: [top if i == label else rest for i in range(3)] for task, label in labels.items()}


def test_a_soft_vote_is_calibrated_on_gold_by_fits_that_have_not_seen_it() -> None:
    cast = make_cast(tasks=6, workers=3)
    rater = add_rater(cast)
    golds = [gold.task_id for gold in cast.gold(30, "positive")]
    # Sure of itself at .98, right on two of three golds.
    labels = {task: 2 if i % 3 else 0 for i, task in enumerate(golds)} | dict.fromkeys(truth_of(cast), 2)
    probabilities = soft(labels, 0.98)
    give(cast, rater, labels, probabilities=probabilities)
    let_in(cast, rater)
    answers = read(cast).answers
    q, y = np.array([probabilities[task] for task in golds]), np.full(30, 2)
    expected = SoftVoteCalibrator().fit(q, y).apply([soft({0: 2}, 0.98)[0]])[0]
    crossed = SoftVoteCalibrator().cross_fitted(q, y, rng=np.random.default_rng(0))
    for task, wanted in [(next(iter(truth_of(cast))), expected), (golds[0], crossed[0]), (golds[29], crossed[29])]:
        rows = answers.task == answers.tasks.index(task)
        found = np.zeros(3)
        found[answers.label[rows]] = answers.weight[rows]
        assert found == pytest.approx(wanted, abs=2e-4)
    refit_project(project_id=cast.project.pk)
    standing = ModelStanding.objects.get(worker=rater)
    assert standing.calibration_golds == 30
    assert standing.temperature > 1
    assert standing.figures["calibration"]["log_loss_after"] < standing.figures["calibration"]["log_loss_before"]


def test_a_groups_members_are_known_by_one_matrix_and_the_preview_counts_them_as_one() -> None:
    cast = make_cast(tasks=40, workers=4)
    truth = truth_of(cast)
    people_of(cast, truth, 0.8, overlap=2)
    models = [add_model(cast, f"m{i}", family="one") for i in range(3)]
    for i, model in enumerate(models):
        give(cast, model, votes_of(truth, 0.97, seed=i))
    let_in(cast, *models)
    refit_project(project_id=cast.project.pk)
    matrices = Skill.objects.filter(worker__in=models).values_list("confusion", flat=True)
    assert len(matrices) == 3
    assert all(matrix == matrices[0] for matrix in matrices)
    task = cast.task()
    votes = preview_votes(cast.project, task.pk, counted_answers(task))
    of_models = [vote.weight for vote in votes if vote.worker_id in {model.pk for model in models}]
    assert sum(of_models) == pytest.approx(1.0)
    assert sum(vote.weight for vote in votes) == pytest.approx(3.0)
    GateTerms.objects.create(project=cast.project, pooling="discount")
    ModelStanding.objects.filter(worker__in=models).update(group_correlation=0.5)
    votes = preview_votes(cast.project, task.pk, counted_answers(task))
    assert [vote.weight for vote in votes][2:] == pytest.approx([0.5, 0.5, 0.5])
    assert read(cast).answers.weight[-1] == pytest.approx(0.5)


def test_a_flagged_task_counts_no_model_before_a_person() -> None:
    cast = make_cast(tasks=3, workers=2)
    model = add_model(cast)
    give(cast, model, dict.fromkeys(truth_of(cast), 1))
    let_in(cast, model)
    task = cast.task("t1")
    InjectionFlag.objects.create(task=task, project=cast.project, evidence=[], created_at=task.created_at)
    assert preview_votes(cast.project, task.pk, counted_answers(task)) == []
    assert len(preview_votes(cast.project, cast.task("t2").pk, counted_answers(cast.task("t2")))) == 1
    refit_project(project_id=cast.project.pk)
    assert set(Consensus.objects.values_list("task__key", flat=True)) == {"t2", "t3"}
    give(cast, cast.worker, {task.pk: 1})
    assert len(preview_votes(cast.project, task.pk, counted_answers(task))) == 2
    refit_project(project_id=cast.project.pk)
    assert Consensus.objects.get(task=task).answers == 2


def test_a_vote_in_the_shadow_keeps_no_fit_from_being_stored() -> None:
    cast = make_cast(tasks=10, workers=3)
    people_of(cast, truth_of(cast), 0.9, overlap=2)
    give(cast, add_model(cast), dict.fromkeys(truth_of(cast), 1))
    run = refit_project(project_id=cast.project.pk)
    assert set(Consensus.objects.values_list("run", "answers")) == {(run.pk, 2)}


def priced() -> tuple[Cast, Worker]:
    cast = make_cast(tasks=40, workers=4, label_worth_micros=2_000_000)
    truth = truth_of(cast)
    people_of(cast, dict(list(truth.items())[:30]), 0.9, overlap=2)
    model = add_model(cast)
    give(cast, model, votes_of(dict(list(truth.items())[:20]), 0.9))
    let_in(cast, model)
    refit_project(project_id=cast.project.pk)
    return cast, model


def test_whom_to_ask_next_is_a_free_model_then_a_person() -> None:
    cast, model = priced()
    steps = next_steps(cast.project, 50)
    assert steps
    voted = set(model.answers.values_list("task_id", flat=True))
    for step in steps:
        assert step.task.state == TaskState.OPEN
        if step.model is not None:
            assert step.task.pk not in voted
    assert {step.choice.name for step in steps} <= {None, "person", str(model.pk)}
    assert next_steps(make_cast().project, 5) is None


def test_a_counted_model_is_not_asked_about_what_is_settled() -> None:
    cast, model = priced()
    ModelStanding.objects.filter(worker=model).update(figures={"votes": {"votes": 1, "cost_micros": 1_999_999}})
    picked = pick_next_for_model(cast.project, cast.enrolment(model), model)
    assert picked is not None
    # Far too dear for a task with a consensus; an untouched one is always worth a first vote.
    assert not Consensus.objects.filter(task=picked).exists()
    cast.configure(label_worth_micros=None)
    first = Task.objects.filter(project=cast.project).order_by("id").first()
    assert pick_next_for_model(cast.project, cast.enrolment(model), model) == first


def test_an_adjudicator_is_asked_early_where_that_gains_more_for_the_money() -> None:
    ask = {
        "answers": 3, "overlap": 3, "min_overlap": 2, "max_overlap": 6, "confidence": 0.5, "target": 0.95,
        "posterior": [0.5, 0.5],
    }  # fmt: skip
    prices = {"price_micros": 100, "label_micros": 10_000, "accuracy": 0.52}
    assert decide_completion(**ask, worth=Worth(**prices)).step == "extend"
    decision = decide_completion(**ask, worth=Worth(**prices, adjudication_micros=500))
    assert (decision.step, "adjudicator" in decision.reason) == ("dispute", True)
    assert decide_completion(**ask, worth=Worth(**prices, adjudication_micros=6_000)).step == "extend"
