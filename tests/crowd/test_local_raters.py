"""Labelling functions and the classifier: votes, abstentions, failures; never on what was learnt from."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast
from raters_at_work import vote

from crowd.enums import FailureReason, RaterRunState, VoteState, WorkerKind
from crowd.errors import Conflict, InvalidInput
from crowd.models import Consensus, Rater, RaterRun, Task, VoteDetail, VoteFailure
from crowd.raters.classifier import FOLDS, Labelled, fold_of, train
from crowd.raters.verdicts import hash_payload
from crowd.services.rater_runs import launch_rater
from crowd.services.raters import NewRater, create_rater, retrain_classifier
from crowd.services.refit import refit_project
from crowd.services.retraining import retrain_grown

pytestmark = pytest.mark.django_db


def function(cast: Cast, **spec: Any) -> Rater:
    new = NewRater(name="f", kind=WorkerKind.FUNCTION, spec=spec)
    return create_rater(project=cast.project, new=new, actor=cast.owner)


def texts(cast: Cast, *found: str) -> None:
    Task.objects.filter(project=cast.project).update(state="cancelled", is_open=False)
    for i, text in enumerate(found):
        Task.objects.create(project=cast.project, key=f"x{i}", payload={"text": text, "shop": text[:1]})


def given(rater: Rater) -> list[str | None]:
    votes = VoteDetail.objects.filter(rater=rater).order_by("task_id").select_related("answer")
    return [None if row.answer is None else row.answer.value for row in votes]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"type": "keyword", "labels": {"positive": ["good"], "negative": ["bad"]}},
            ["positive", "negative", None, None],
        ),
        (
            {"type": "regex", "field": "text", "labels": {"positive": ["^go+d"], "negative": [r"\bbad$"]}},
            ["positive", "negative", "positive", "positive"],
        ),
        (
            {"type": "lexicon", "labels": {"positive": {"good": 1}, "negative": {"bad": 3}}},
            ["positive", "negative", None, "negative"],
        ),
        ({"type": "lookup", "field": "shop", "table": {"g": "neutral"}}, ["neutral", None, "neutral", "neutral"]),
    ],
)
def test_declared_functions_vote_or_abstain(cast: Cast, spec: dict[str, Any], expected: list[str | None]) -> None:
    texts(cast, "good thing", "this is bad", "goods", "good and bad either way")
    rater = function(cast, **spec)
    run = vote(cast, rater)
    assert given(rater) == expected
    assert (run.failures, run.cost_micros) == (0, 0)


def test_a_pattern_without_end_is_a_failure_and_not_a_hang(cast: Cast) -> None:
    texts(cast, "a" * 40 + "!")
    rater = function(cast, type="regex", labels={"positive": ["^(a|aa|a?)+$(?<!b)(a+)+x"], "negative": ["(a+)+$"]})
    vote(cast, rater)
    assert {failure.reason for failure in VoteFailure.objects.all()} <= {FailureReason.TIMEOUT}
    assert VoteFailure.objects.count() + VoteDetail.objects.count() == 1


def test_only_allowed_callables_can_be_named(cast: Cast, settings: Any) -> None:
    with pytest.raises(InvalidInput):
        function(cast, type="callable", path="os.system")
    settings.LABELLING_FUNCTIONS = ["json.dumps"]
    texts(cast, "good")
    vote(cast, function(cast, type="callable", path="json.dumps"))
    assert [failure.reason for failure in VoteFailure.objects.all()] == [FailureReason.OUTSIDE_SCHEMA]


def settled(n: int) -> Cast:
    cast = make_cast(tasks=1, min_overlap=1, price_micros=0)
    Task.objects.filter(project=cast.project).delete()
    settle(cast, n)
    return cast


def settle(cast: Cast, n: int) -> None:
    before = Task.objects.filter(project=cast.project).count()
    for i in range(before, before + n):
        word = "lovely" if i % 2 else "dreadful"
        Task.objects.create(
            project=cast.project,
            key=f"s{i}",
            payload={"text": f"{word} thing {i}"},
            overlap=1,
            open_slots=1,
            is_open=True,
        )
    for _ in range(n):
        claim = cast.claim(cast.worker)
        assert claim.assignment is not None
        label = "positive" if "lovely" in claim.assignment.task.payload["text"] else "negative"
        cast.answer(cast.worker, label)
    Task.objects.filter(project=cast.project).update(state="complete", is_open=False)
    assert Consensus.objects.filter(project=cast.project).count() == before + n


def test_a_classifier_learns_from_people_and_votes_on_what_it_has_not_seen() -> None:
    cast = settled(40)
    new = NewRater(name="c", kind=WorkerKind.CLASSIFIER, spec={"field": "text"})
    rater = create_rater(project=cast.project, new=new, actor=cast.owner)
    assert rater.snapshot.trained_on == 40
    vote(cast, rater)
    right = [
        row.answer.value == ("positive" if "lovely" in row.task.payload["text"] else "negative")
        for row in VoteDetail.objects.filter(rater=rater).select_related("answer", "task")
    ]
    assert len(right) == 40
    assert all(right)
    with pytest.raises(Conflict):
        retrain_classifier(rater=rater, actor=cast.owner)  # nothing new: the same key


def test_a_launched_classifier_is_trained_anew_once_people_have_settled_a_quarter_more() -> None:
    cast = settled(40)
    new = NewRater(name="c", kind=WorkerKind.CLASSIFIER, spec={"field": "text"})
    rater = create_rater(project=cast.project, new=new, actor=cast.owner)
    settle(cast, 20)
    assert retrain_grown(project=cast.project) is None, "not launched"
    launch_rater(rater=rater, actor=cast.owner)
    refit_project(project_id=cast.project.pk)
    fresh = Rater.objects.get(replaces=rater)
    assert (fresh.snapshot.trained_on, fresh.worker == rater.worker, fresh.group) == (60, False, rater.group)
    assert [(run.rater, run.state) for run in RaterRun.objects.order_by("pk")] == [
        (rater, RaterRunState.FINISHED),
        (fresh, RaterRunState.RUNNING),
    ]
    assert cast.enrolment(fresh.worker).vote_state == VoteState.SHADOW
    settle(cast, 12)
    assert retrain_grown(project=cast.project) is None, "too few more"
    assert Rater.objects.count() == 2


def test_no_fold_has_learnt_from_its_own_texts() -> None:
    # A word that stands in one text only can be known to the models of all folds but that text's own.
    import io

    import numpy as np

    rows = [Labelled(f"only{i} {'yes' if i % 2 else 'no'}", hash_payload({"text": str(i)}), i % 2) for i in range(60)]
    arrays = np.load(io.BytesIO(train(rows, labels=2).archive), allow_pickle=False)
    for i, row in enumerate(rows):
        knowing = {fold for fold in range(FOLDS) if f"only{i}" in arrays[f"terms{fold}"]}
        assert knowing == set(range(FOLDS)) - {fold_of(row.payload_hash)}


def test_a_classifier_without_enough_to_learn_from_says_so(cast: Cast) -> None:
    new = NewRater(name="c", kind=WorkerKind.CLASSIFIER, spec={})
    with pytest.raises(Conflict, match="needs 5 tasks that people have settled"):
        create_rater(project=cast.project, new=new, actor=cast.owner)
