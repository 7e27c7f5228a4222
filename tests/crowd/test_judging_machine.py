"""Random sequences of all that judges people and settles tasks: trust, rules, courses, disputes, fits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from courses import RIGHT, WRONG, make_course
from django.db.models import Count, Max, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from crowd.enums import AttemptState, CoursePart, TaskState, TrustLevel
from crowd.errors import Conflict, NotEligible, StaleLease, WorkerSuspended
from crowd.models import (
    Adjudication,
    Answer,
    Attempt,
    Consensus,
    Entry,
    Qualification,
    RuleFiring,
    Skill,
    Step,
    Task,
    TrustChange,
)
from crowd.queries.exactness import broken_promises
from crowd.services.adjudication import adjudicate_task
from crowd.services.answers import submit_answer
from crowd.services.assignments import claim_task, skip_assignment
from crowd.services.processing import process_answer
from crowd.services.refit import refit_project
from crowd.services.reopening import reopen_due
from crowd.services.rules import apply_rules, retire_rule, set_rule
from crowd.services.training import answer_step, close_idle, start_attempt
from crowd.services.trust_terms import expire_levels, set_trust

WORKERS = 4
SKIPS = {
    "when": {"all": [{"measure": "skips_in_row", "is": ">", "value": 1}]},
    "then": {"action": "restrict", "for_hours": 24},
}
GOLD = {
    "when": {"all": [{"measure": "gold_accuracy", "last": 6, "at_least": 3, "is": "<", "value": 0.6, "certainty": 0}]},
    "then": {"action": "warn"},
}
worker_numbers = st.integers(0, WORKERS - 1)


class Judging(RuleBasedStateMachine):
    """A project with golds, two rules and a course; what judging may never do is checked after each step."""

    cast: Cast

    @initialize(rate=st.sampled_from([0.3, 1.0]))
    def set_up(self, rate: float) -> None:
        self.cast = make_cast(tasks=6, workers=WORKERS, max_overlap=3, gold_rate=rate)
        self.cast.gold(12, RIGHT)
        self.course = make_course(self.cast, training=1, exam=6, max_items=6, retry_after_seconds=0)
        set_rule(project=self.cast.project, name="skips", body=SKIPS, actor=self.cast.owner)
        set_rule(project=self.cast.project, name="golds", body=GOLD, actor=self.cast.owner)
        self.decided: dict[int, int] = {}

    @rule(n=worker_numbers, value=st.sampled_from([RIGHT, WRONG, "neutral"]), is_processed=st.booleans())
    def work(self, n: int, value: str, is_processed: bool) -> None:
        worker = self.cast.workers[n]
        try:
            claim = claim_task(project_uid=self.cast.project.uid, worker=worker)
        except WorkerSuspended:
            assert self.cast.enrolment(worker).trust_level == TrustLevel.SUSPENDED
            return
        except NotEligible:
            assert self.cast.enrolment(worker).trust_level == TrustLevel.RESTRICTED
            return
        if claim.assignment is None:
            return
        stored = submit_answer(assignment_uid=claim.assignment.uid, worker=worker, value=value).answer
        if is_processed:
            process_answer(answer_id=stored.pk)

    @rule()
    def process_all(self) -> None:
        for pk in list(Answer.objects.filter(processed_at=None).order_by("id").values_list("id", flat=True)):
            process_answer(answer_id=pk)
            process_answer(answer_id=pk)

    @rule(n=worker_numbers)
    def skip(self, n: int) -> None:
        worker = self.cast.workers[n]
        try:
            claim = claim_task(project_uid=self.cast.project.uid, worker=worker)
        except (WorkerSuspended, NotEligible):
            return
        if claim.assignment is not None:
            skip_assignment(assignment_uid=claim.assignment.uid, worker=worker, reason="unclear")

    @rule(n=worker_numbers)
    def apply_rules_again(self, n: int) -> None:
        apply_rules(project=self.cast.project, worker=self.cast.workers[n])
        assert apply_rules(project=self.cast.project, worker=self.cast.workers[n]) == 0, "a window fired twice"

    @rule(is_kept=st.booleans())
    def change_the_rules(self, is_kept: bool) -> None:
        set_rule(project=self.cast.project, name="skips", body=SKIPS, actor=self.cast.owner)
        if not is_kept:
            retire_rule(project=self.cast.project, name="skips", actor=self.cast.owner)

    @rule(n=worker_numbers, part=st.sampled_from(list(CoursePart)), knows=st.booleans(), steps=st.integers(1, 6))
    def study(self, n: int, part: CoursePart, knows: bool, steps: int) -> None:
        worker = self.cast.workers[n]
        try:
            progress = start_attempt(course_uid=self.course.uid, worker=worker, part=part)
        except (Conflict, WorkerSuspended):
            return
        for _ in range(steps):
            if progress.step is None:
                break
            step = progress.step
            value = RIGHT if knows else WRONG
            progress = answer_step(step_uid=step.uid, worker=worker, value=value)
            assert (progress.feedback is not None) == (part == CoursePart.TRAINING), "an exam tells nothing"
            assert answer_step(step_uid=step.uid, worker=worker, value=value).is_replay

    @rule()
    def a_day_passes_in_courses(self) -> None:
        before = Step.objects.filter(
            answered_at=None, attempt__worker=self.cast.worker, attempt__state=AttemptState.RUNNING
        ).first()
        close_idle(now=timezone.now() + timedelta(days=2))
        assert not Attempt.objects.filter(state=AttemptState.RUNNING).exists()
        if before is not None:
            with pytest.raises(StaleLease):
                answer_step(step_uid=before.uid, worker=self.cast.worker, value=RIGHT)

    @rule(n=worker_numbers, level=st.sampled_from(list(TrustLevel)))
    def a_manager_decides(self, n: int, level: TrustLevel) -> None:
        try:
            set_trust(
                project=self.cast.project,
                worker_uid=self.cast.workers[n].uid,
                level=level,
                reason="seen by hand",
                actor=self.cast.manager,
            )
        except Conflict:
            assert self.cast.enrolment(self.cast.workers[n]).trust_level == level

    @rule(days=st.sampled_from([0, 100]))
    def levels_end(self, days: int) -> None:
        expire_levels(now=timezone.now() + timedelta(days=days))

    @rule()
    def reopen(self) -> None:
        reopen_due()
        assert reopen_due() == 0

    @rule(value=st.sampled_from([RIGHT, WRONG]))
    def adjudicate(self, value: str) -> None:
        task = Task.objects.filter(project=self.cast.project, state=TaskState.DISPUTED).first()
        if task is None:
            return
        decision = adjudicate_task(
            project=self.cast.project, task_uid=task.uid, adjudicator=self.cast.manager, value=value, reason="clear"
        )
        self.decided[task.pk] = decision.label_index

    @rule()
    def refit(self) -> None:
        refit_project(project_id=self.cast.project.pk)
        before = self.figures()
        refit_project(project_id=self.cast.project.pk)
        assert self.figures() == pytest.approx(before), "a second fit of the same answers moved something"

    def figures(self) -> dict[Any, float]:
        found = Consensus.objects.filter(task__project=self.cast.project).values_list("task_id", "confidence")
        return dict(found)

    @invariant()
    def nothing_is_broken(self) -> None:
        if not hasattr(self, "decided"):
            return
        project = self.cast.project
        assert {name: n for name, n in broken_promises(project).items() if n} == {}
        for worker in self.cast.workers:
            self.trust_follows_from_its_trail(worker)
        # Of gold, exactly what was processed is counted.
        for skill in Skill.objects.filter(project=project):
            scored = Answer.objects.filter(
                project=project, worker_id=skill.worker_id, is_gold=True, processed_at__isnull=False
            )
            counted = (scored.filter(is_correct=True).count(), scored.filter(is_correct=False).count())
            assert (skill.gold_right, skill.gold_wrong) == counted
        for task_id, label in self.decided.items():
            task = Task.objects.select_related("consensus").get(pk=task_id)
            assert (task.state, task.consensus.label_index) == (TaskState.COMPLETE, label), "a decision was undone"
        assert Adjudication.objects.filter(task__project=project).count() == len(self.decided)
        firings = RuleFiring.objects.filter(project=project).values("rule", "worker")
        assert all(row["n"] == row["last"] for row in firings.annotate(n=Count("id"), last=Max("number")))
        self.courses_hold()
        assert (Entry.objects.aggregate(sum=Sum("amount_micros"))["sum"] or 0) == 0

    def trust_follows_from_its_trail(self, worker: Any) -> None:
        enrolment = self.cast.enrolment(worker)
        trail = list(TrustChange.objects.filter(project=self.cast.project, worker=worker).order_by("id"))
        level: str = TrustLevel.NEW
        for change in trail:
            assert change.from_level == level, "the trail has a gap"
            assert change.reason
            level = change.to_level
        assert enrolment.trust_level == level

    def courses_hold(self) -> None:
        running = Attempt.objects.filter(state=AttemptState.RUNNING).values("worker").annotate(n=Count("id"))
        assert all(row["n"] == 1 for row in running)
        exams = Attempt.objects.filter(course=self.course, part=CoursePart.EXAM, state=AttemptState.PASSED)
        passed = exams.values_list("worker", flat=True)
        qualified = Qualification.objects.filter(course=self.course).values_list("worker", flat=True)
        assert set(qualified) == set(passed)
        for attempt in Attempt.objects.annotate(answered=Count("steps__answered_at")):
            assert attempt.answered == attempt.right + attempt.wrong


@pytest.mark.django_db
def test_no_sequence_of_judgements_contradicts_itself() -> None:
    run_state_machine_as_test(
        Judging,
        settings=settings(
            max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
