"""A corrected gold leaves everything as if it had been right from the start, but for what would burden people."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db.models import Q, Sum
from past_answers import BAD, START, clock_at, few_golds, give, give_all

from crowd.enums import AccountKind, EventKind, RestitutionState, TrustLevel
from crowd.models import (
    Answer,
    Enrolment,
    Event,
    Gold,
    PayReview,
    Restitution,
    RestitutionLine,
    Skill,
    Task,
    TrustChange,
    WorkTerms,
)
from crowd.queries.restitutions import lines_by_kind
from crowd.queries.workers import ledger_balance_micros, payout_report
from crowd.services import restitution_steps
from crowd.services.answers import submit_answer
from crowd.services.pay_review import reject_answer
from crowd.services.processing import process_answer
from crowd.services.restitution import correct_gold, overturn_change, restitutions_due, work_off_restitution
from crowd.services.rules import set_rule
from crowd.services.trust_terms import expire_levels, set_trust

pytestmark = pytest.mark.django_db

N_GOLDS = 210


def scripts() -> dict[int, str]:
    """By worker, what is truly right (r) or wrong (w), gold by gold."""
    rng = random.Random(7)
    honest = ["".join("r" if rng.random() < 0.8 else "w" for _ in range(N_GOLDS)) for _ in range(3)]
    # Suspended only because of the bad gold, then excellent. Saved only by the bad gold, which it "missed" rightly.
    return {
        0: "r" * N_GOLDS,
        1: honest[0],
        2: "wwww" + "r" * (N_GOLDS - 4),
        3: "rwwrw" + honest[1][5:],
        4: honest[2],
    }


def history(labels_at_first: tuple[str, ...], n_golds: int = N_GOLDS) -> Cast:
    """A thousand gold answers in one order, on a project whose fifth gold has these labels."""
    cast = make_cast(tasks=2, workers=5)
    cast.gold(N_GOLDS, "positive")
    golds = list(Gold.objects.filter(project=cast.project).select_related("task").order_by("id"))
    Gold.objects.filter(pk=golds[BAD].pk).update(labels=list(labels_at_first))
    given = scripts()
    for step, gold in enumerate(golds[:n_golds]):
        at = START + timedelta(minutes=20 * step)
        with clock_at(at):
            expire_levels()
        values = ["positive" if given[number][step] == "r" else "negative" for number in range(len(cast.workers))]
        give_all(cast, gold.task, values, at)
        if step == 20:
            with clock_at(START + timedelta(minutes=20 * step, seconds=30)):
                set_trust(
                    project=cast.project,
                    worker_uid=cast.workers[4].uid,
                    level=TrustLevel.RESTRICTED,
                    reason="to watch",
                    actor=cast.owner,
                    days=2,
                )
            reject_missed(cast, golds[BAD].task_id)
    return cast


def reject_missed(cast: Cast, task_id: int) -> None:
    """Reject the answers to a gold that were scored wrong though the worker truly knew; with a right gold none."""
    knew = [cast.workers[number].pk for number, script in scripts().items() if script[BAD] == "r"]
    for answer in Answer.objects.filter(task_id=task_id, worker__in=knew, is_correct=False).order_by("id"):
        with clock_at(START + timedelta(hours=8)):
            args: dict[str, Any] = {"project": cast.project, "answer_uid": answer.uid, "actor": cast.manager}
            reject_answer(**args, reason="missed", evidence={"n": 1})


END = START + timedelta(minutes=20 * N_GOLDS)


def correct(cast: Cast, labels: tuple[str, ...] = ("positive",), *, is_done: bool = True) -> Restitution:
    gold = Gold.objects.filter(project=cast.project).order_by("id")[BAD]
    with clock_at(END):
        row = correct_gold(
            project=cast.project, task_uid=gold.task.uid, labels=labels, reason="mislabelled", actor=cast.owner
        )
        if is_done:
            work_off_restitution(restitution_id=row.pk)
    row.refresh_from_db()
    return row


def state(cast: Cast) -> list[dict[str, Any]]:
    """How each worker stands: golds, estimate, level with its terms, balance."""
    owed = {line.worker.pk: line.micros for line in payout_report(cast.project)}
    rows = []
    for worker in cast.workers:
        skill = Skill.objects.get(project=cast.project, worker=worker)
        terms = WorkTerms.objects.filter(enrolment__project=cast.project, enrolment__worker=worker).first()
        figures = ("gold_right", "gold_wrong", "recent_right", "recent_wrong", "gold_llr", "mean", "low", "high")
        rows.append(
            {
                **{name: getattr(skill, name) for name in figures},
                "level": cast.enrolment(worker).trust_level,
                "is_warned": terms is not None and terms.is_warned,
                "level_rule": "" if terms is None else terms.level_rule,
                "level_until": None if terms is None else terms.level_until,
                "owed": owed[worker.pk],
            }
        )
    return rows


def owed_by_answer(cast: Cast) -> list[int]:
    """What the books say each answer earned in the end, rejections and their reversals summed, in one order."""
    payable = Q(transactions__entries__account__kind=AccountKind.WORKER_PAYABLE)
    rows = Answer.objects.filter(project=cast.project).order_by("id")
    owed = -Sum("transactions__entries__amount_micros", filter=payable)
    return [row.owed for row in rows.annotate(owed=owed)]


def test_a_gold_corrected_after_a_thousand_answers_stands_as_if_it_had_been_right_from_the_start() -> None:
    wronged, true = history(("negative",)), history(("positive",))
    assert Answer.objects.filter(project=wronged.project).count() == 1050
    assert wronged.enrolment(wronged.workers[2]).trust_level == "suspended"
    rejected = PayReview.objects.filter(project=wronged.project, state="rejected")
    assert rejected.count() >= 3
    assert owed_by_answer(wronged) != owed_by_answer(true)
    row = correct(wronged)
    assert owed_by_answer(wronged) == owed_by_answer(true)
    assert not rejected.exists()
    assert row.state == RestitutionState.DONE
    assert state(wronged) == state(true)
    assert ledger_balance_micros(wronged.project) == 0
    assert lines_by_kind(row)["answer_rescored"] == 5
    restored = RestitutionLine.objects.get(restitution=row, kind="level_restored", worker=wronged.workers[2])
    assert (restored.detail["from"], restored.detail["to"]) == ("suspended", "trusted")
    assert "we are sorry" in restored.detail["apology"]
    change = TrustChange.objects.get(uid=restored.subject)
    assert (change.rule, change.reason) == ("restitution", restored.detail["apology"])
    undone = RestitutionLine.objects.filter(restitution=row, kind="change_undone", worker=wronged.workers[2])
    assert {line.detail["to"] for line in undone} >= {"suspended"}
    assert not RestitutionLine.objects.filter(restitution=row, worker=wronged.worker, kind="level_restored").exists()
    recomputed = RestitutionLine.objects.filter(restitution=row, kind="skill_recomputed")
    assert [line.detail["is_reproduced"] for line in recomputed] == [True] * 5


def test_history_replayed_without_a_correction_is_history() -> None:
    cast = history(("negative",), n_golds=40)
    with clock_at(END):
        expire_levels()
    for worker in cast.workers:
        history_of = restitution_steps.trust_history(cast.enrolment(worker))
        replayed = restitution_steps.replay_trust(history_of.golds, history_of.changes, n_labels=3, now=END)
        skill = Skill.objects.get(project=cast.project, worker=worker)
        assert restitution_steps.record_of(skill) == replayed.record
        assert cast.enrolment(worker).trust_level == replayed.level
        own = TrustChange.objects.filter(project=cast.project, worker=worker, rule="gold-sequential-test").order_by(
            "id"
        )
        assert [(change.created_at, change.to_level) for change in own] == [
            (one.at, one.to_level) for one in replayed.decided
        ]


def test_what_would_have_happened_besides_is_listed_and_not_imposed() -> None:
    cast = few_golds("wwwwwrr")  # the fifth, a miss in truth, counted as right
    assert cast.enrolment().trust_level == "restricted"
    row = correct(cast)
    assert cast.enrolment().trust_level == "restricted"
    assert Skill.objects.get().gold_wrong == 5
    (line,) = RestitutionLine.objects.filter(restitution=row, kind="change_not_imposed")
    assert (line.detail["to"], line.worker) == ("suspended", cast.worker)
    assert TrustChange.objects.filter(to_level="suspended").count() == 0


def test_it_goes_on_where_it_was_killed_and_does_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=2, workers=4)
    cast.gold(5, "positive")
    golds = list(Gold.objects.order_by("id"))
    Gold.objects.filter(pk=golds[BAD].pk).update(labels=["negative"])
    for step, gold in enumerate(golds):
        for number, worker in enumerate(cast.workers):
            task = Task.objects.get(pk=gold.task_id)
            at = START + timedelta(minutes=step, seconds=number)
            give(cast, worker, task, "positive" if step == BAD else "negative", at)
    assert Counter(Enrolment.objects.values_list("trust_level", flat=True)) == {"suspended": 4}
    row = correct(cast, is_done=False)
    real, done = restitution_steps.change_trust, []

    def dies(**kwargs: Any) -> TrustChange:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(kwargs)
        return real(**kwargs)

    monkeypatch.setattr(restitution_steps, "change_trust", dies)
    with clock_at(END), pytest.raises(KeyboardInterrupt):
        work_off_restitution(restitution_id=row.pk)
    monkeypatch.undo()
    row.refresh_from_db()
    assert row.state == RestitutionState.RUNNING
    assert lines_by_kind(row)["answer_rescored"] == 2
    with clock_at(END):
        assert restitutions_due() == 1
        before = list(RestitutionLine.objects.order_by("id").values_list("id", flat=True))
        assert work_off_restitution(restitution_id=row.pk) == 0
    assert list(RestitutionLine.objects.order_by("id").values_list("id", flat=True)) == before
    assert lines_by_kind(row)["answer_rescored"] == 4
    # Four wrong golds in a row are a restriction, not a suspension; its week is not over.
    assert Counter(Enrolment.objects.values_list("trust_level", flat=True)) == {"restricted": 4}
    assert Event.objects.filter(kind=EventKind.RESTITUTION_DONE).count() == 1


def test_an_answer_that_is_still_to_be_scored_is_scored_by_the_new_labels() -> None:
    cast = make_cast(tasks=2)
    gold = cast.gold(1, "negative")[0]
    cast.configure(gold_rate=1.0)
    claim = cast.claim()
    assert claim.assignment is not None
    submission = submit_answer(assignment_uid=claim.assignment.uid, worker=cast.worker, value="positive")
    row = correct_gold(
        project=cast.project, task_uid=gold.task.uid, labels=["positive"], reason="mislabelled", actor=cast.owner
    )
    work_off_restitution(restitution_id=row.pk)
    process_answer(answer_id=submission.answer.pk)
    assert Answer.objects.get().is_correct is True
    assert RestitutionLine.objects.count() == 0


def test_a_rule_on_gold_that_no_longer_holds_is_undone_too() -> None:
    cast = make_cast(tasks=2)
    cast.gold(6, "positive")
    golds = list(Gold.objects.order_by("id"))
    Gold.objects.filter(pk=golds[BAD].pk).update(labels=["negative"])
    when = {"all": [{"measure": "gold_accuracy", "last": 5, "at_least": 5, "is": "<", "value": 0.5, "certainty": 0}]}
    set_rule(
        project=cast.project,
        name="half",
        body={"when": when, "then": {"action": "restrict", "for_hours": 24000}},
        actor=cast.owner,
    )
    for step, mark in enumerate("rrwwrr"):  # three of five wrong, one of them ours
        task = Task.objects.get(pk=golds[step].task_id)
        give(cast, cast.worker, task, "positive" if mark == "r" else "negative", START + timedelta(minutes=step))
    assert TrustChange.objects.get(to_level="restricted").rule == "rule: half"
    row = correct(cast)
    assert cast.enrolment().trust_level == "new"
    assert {"change_undone", "level_restored"} < set(lines_by_kind(row))


def test_an_overturned_suspension_is_lifted_with_an_apology() -> None:
    cast = few_golds("wwwwwww", labels=("positive",))
    change = TrustChange.objects.get(to_level="suspended")
    with clock_at(END):
        row = overturn_change(project=cast.project, change_uid=change.uid, reason="the text was cut", actor=cast.owner)
        assert work_off_restitution(restitution_id=row.pk) == 1
        again = overturn_change(project=cast.project, change_uid=change.uid, reason="again", actor=cast.owner)
    assert again == row
    # The restriction below it stands until its week is over.
    assert cast.enrolment().trust_level == "restricted"
    assert lines_by_kind(row)["level_restored"] == 1
    assert TrustChange.objects.order_by("id").last().rule == "restitution"  # type: ignore[union-attr]
    assert (Skill.objects.get().gold_wrong, Skill.objects.get().recent_wrong) == (7, 2)
