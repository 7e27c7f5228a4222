"""Reviews a project's models after a full fit: calibrates, correlates, tests, then proposes, promotes or demotes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, ModelTestKind, VoteState, WorkerKind
from crowd.models import Enrolment, GateTerms, ModelStanding, ModelTest, Project, Skill
from crowd.policies.gate import VERSION, Evidence, decide_state, is_due
from crowd.queries.agreement import plain
from crowd.queries.consensus import COUNTING
from crowd.queries.model_certificate import Certificate, certificate_of
from crowd.queries.model_evidence import (
    ModelEvidence,
    gold_votes,
    model_evidence,
    models_on,
    soft_votes,
    vote_costs,
    votes_since_demotion,
)
from crowd.queries.model_votes import LEAST_GOLDS, gate_terms
from crowd.queries.prevalence import prevalence_by
from crowd.services.events import record_event
from crowd.services.model_decisions import decide_by_models, withdraw_decisions
from crowd.services.vote_states import change_votes, watch
from quality.aggregation import MODELS
from quality.answers import AnswerSet
from quality.models_vs_humans.correlation import ErrorCorrelation, error_correlation
from quality.models_vs_humans.gate import GateVerdict, judge_model
from quality.models_vs_humans.harm_test import HarmTestResult, harm_test
from quality.models_vs_humans.side_by_side import side_by_side

RESAMPLES = 200


def review_models(*, project: Project) -> int:
    """Review every model of a project; returns how many moved. Nothing is read where there are no models,
    nor where answers have no label.

    Safe to run twice: a test is only made anew when the tasks shared with people have grown.
    """
    enrolments = models_on(project)
    if not enrolments or len(project.labels) < 2:
        return 0
    evidence, terms = model_evidence(project), gate_terms(project)
    if not evidence.everything.n_answers:
        return 0
    ids = [enrolment.worker_id for enrolment in enrolments]
    on_gold, gold = gold_votes(project, ids)
    correlations = _correlations(evidence, on_gold, gold)
    moved = 0
    for enrolment in enrolments:
        moved += _review(enrolment, evidence, terms, gold, correlations.get(evidence.groups.get(enrolment.worker_id)))
    withdraw_decisions(project=project)
    project.refresh_from_db(fields=["state"])
    decide_by_models(project=project, terms=terms)
    return moved


def _review(
    enrolment: Enrolment,
    evidence: ModelEvidence,
    terms: GateTerms,
    gold: Mapping[Hashable, Hashable],
    correlation: ErrorCorrelation | None,
) -> bool:
    project, worker = enrolment.project, enrolment.worker
    votes = evidence.votes.get(worker.pk, {})
    soft = soft_votes(project, worker.pk, gold)
    standing = ModelStanding.objects.filter(project=project, worker=worker).first() or ModelStanding(
        project=project, worker=worker
    )
    people = evidence.people_per_task
    # What it was taken down in spite of does not bring it back: only votes given since then can.
    votes, demoted_at = votes_since_demotion(project, worker, votes)
    if demoted_at and standing.test is not None and standing.test.created_at <= demoted_at:
        standing.test, standing.tested_tasks = None, 0
    shared = sum(1 for task in votes if people.get(task, 0) >= 2)
    verdict: GateVerdict | None = None
    harm: HarmTestResult | None = None
    is_new = standing.test_id is None or is_due(tested_tasks=standing.tested_tasks, tasks=shared)
    if is_new and votes and evidence.people.n_answers:
        # All that takes long comes before the transaction.
        verdict = judge_model(evidence.people, evidence.fitted, votes, epsilon=terms.epsilon)
        harm = _harm(enrolment, evidence) if verdict.passes else None
    certificate = certificate_of(project, worker, evidence, soft, terms)
    prevalence, cost = prevalence_by(project, worker.pk, evidence, soft), vote_costs(project, worker)
    now = timezone.now()
    with transaction.atomic():
        locked = Enrolment.objects.select_for_update(of=("self",)).select_related("project", "worker")
        enrolment = locked.get(pk=enrolment.pk)
        standing.group = str(evidence.groups.get(worker.pk, standing.group or f"worker {worker.pk}"))
        standing.temperature = None if soft.calibration is None else soft.calibration.temperature
        standing.bias = None if soft.calibration is None else soft.calibration.bias.tolist()
        standing.calibration_golds = 0 if soft.calibration is None else soft.calibration.n_gold
        unknown = correlation is None or np.isnan(correlation.pooled)
        standing.group_correlation = None if correlation is None or unknown else correlation.pooled
        standing.threshold = certificate.found.threshold
        standing.reference_accuracy = _accuracy(project, worker.pk, votes, evidence)
        standing.figures = {
            "agreement": plain(asdict(side_by_side(evidence.people, votes))),
            "calibration": {"log_loss_before": soft.loss_before, "log_loss_after": soft.loss_after},
            "group": _group_figures(correlation),
            "certificate": plain(asdict(certificate.found)) | {"tasks": certificate.tasks},
            "prevalence": prevalence,
            "votes": cost,
        }
        if verdict is not None:
            standing.test = _store_stand_in(enrolment, evidence, verdict, harm, now)
            standing.tested_tasks = shared
        standing.updated_at = now
        standing.save()
        if watch(enrolment=enrolment, at=now) is not None:
            return True
        return _act(enrolment, standing, certificate, evidence, terms, now)


def _act(
    enrolment: Enrolment,
    standing: ModelStanding,
    certificate: Certificate,
    evidence: ModelEvidence,
    terms: GateTerms,
    at: datetime,
) -> bool:
    figures = {} if standing.test is None else standing.test.figures
    found = Evidence(
        holds_up=figures.get("holds_up"),
        does_harm=figures.get("does_harm"),
        is_certified=certificate.found.is_certified,
        is_voided=certificate.is_voided,
    )
    decision = decide_state(VoteState(enrolment.vote_state), found)
    proposed = "" if decision is None or decision.is_at_once else str(decision.state)
    if decision is None or (proposed and proposed == standing.proposed and not terms.is_promotion_automatic):
        ModelStanding.objects.filter(pk=standing.pk).update(proposed=proposed)
        return False
    test = standing.test
    if decision.state == VoteState.DECIDES or certificate.is_voided:
        test = _store_certificate(enrolment, certificate, evidence, at)
    ModelStanding.objects.filter(pk=standing.pk).update(proposed=proposed)
    if proposed and not terms.is_promotion_automatic:
        return False
    change_votes(
        enrolment=enrolment,
        to_state=decision.state,
        reason=decision.reason,
        test=test,
        voids_decisions=decision.is_at_once,
        at=at,
    )
    return True


def _harm(enrolment: Enrolment, evidence: ModelEvidence) -> HarmTestResult:
    """What this model adds to the consensus of people with the models that count already."""
    project, worker_id = enrolment.project, enrolment.worker_id
    counting = set(
        Enrolment.objects.filter(project=project, vote_state__in=COUNTING)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .values_list("worker_id", flat=True)
    ) | {worker_id}
    groups = {worker: group for worker, group in evidence.groups.items() if worker in counting}
    answers = evidence.everything
    shadow = [worker for worker in evidence.groups if worker not in groups]
    kept = ~np.isin(answers.worker, [i for i, worker in enumerate(answers.workers) if worker in shadow])
    used: AnswerSet = replace(answers, task=answers.task[kept], worker=answers.worker[kept], label=answers.label[kept])
    return harm_test(used, groups, worker_id, MODELS[project.aggregation_model]())


def _correlations(
    evidence: ModelEvidence, on_gold: Mapping[int, Mapping[Hashable, Hashable]], gold: Mapping[Hashable, Hashable]
) -> dict[Hashable, ErrorCorrelation]:
    """By group of at least two: how far errors against gold and people go together."""
    truth = {**evidence.consensus_of_people(2), **gold}
    members: dict[Hashable, list[int]] = {}
    for worker, group in evidence.groups.items():
        members.setdefault(group, []).append(int(str(worker)))
    found = {}
    for group, workers in members.items():
        records = [
            (task, worker, label)
            for worker in workers
            for votes in (evidence.votes.get(worker, {}), on_gold.get(worker, {}))
            for task, label in votes.items()
            if task in truth
        ]
        there = sorted({worker for _, worker, _ in records})
        if len(there) >= 2:
            answers = AnswerSet.from_records(records, labels=tuple(evidence.people.labels))
            found[group] = error_correlation(answers, truth, there, n_resamples=RESAMPLES)
    return found


def _group_figures(correlation: ErrorCorrelation | None) -> dict[str, Any]:
    if correlation is None:
        return {"members": 1, "effective_votes": 1.0, "reason": None}
    is_known = not np.isnan(correlation.pooled)
    return {
        "members": len(correlation.raters),
        "correlation": correlation.pooled if is_known else None,
        "correlation_low": correlation.low if is_known else None,
        "correlation_high": correlation.high if is_known else None,
        "effective_votes": correlation.effective_votes if is_known else None,
        "reason": correlation.reason or None,
    }


def _accuracy(project: Project, worker_id: int, votes: Mapping[Any, Any], evidence: ModelEvidence) -> float | None:
    """What drift is measured against: the accuracy on gold, or against people's consensus where that is more."""
    skill = Skill.objects.filter(project=project, worker=worker_id).first()
    right = 0 if skill is None else skill.gold_right
    total = right if skill is None else right + skill.gold_wrong
    if total >= LEAST_GOLDS:
        return right / total
    known = evidence.consensus_of_people(2)
    met = [known[task] == label for task, label in votes.items() if task in known]
    return sum(met) / len(met) if len(met) >= LEAST_GOLDS else None


def _store_stand_in(
    enrolment: Enrolment, evidence: ModelEvidence, verdict: GateVerdict, harm: HarmTestResult | None, at: datetime
) -> ModelTest:
    does_harm = None if harm is None else harm.does_harm
    passes = verdict.passes if not verdict.passes else (None if does_harm is None else not does_harm)
    reason = verdict.reason
    if harm is not None:
        reason += "; harm: " + (
            harm.reason
            or f"the consensus meets people's kept-out answers {harm.gain:+.4f} more often with it "
            f"(95 % interval {harm.low:+.4f} to {harm.high:+.4f})"
        )
    figures = {
        **plain(dict(verdict.figures)),
        "holds_up": verdict.passes,
        "does_harm": does_harm,
        "harm": None if harm is None or harm.does_harm is None else plain(asdict(harm)),
    }
    return _store(
        enrolment, evidence, ModelTestKind.STAND_IN, verdict.test, passes, reason, figures, verdict.n_tasks, at
    )


def _store_certificate(
    enrolment: Enrolment, certificate: Certificate, evidence: ModelEvidence, at: datetime
) -> ModelTest:
    passes = certificate.found.is_certified and not certificate.is_voided
    figures = plain(asdict(certificate.found)) | {
        "audits": certificate.audits,
        "audits_wrong": certificate.audits_wrong,
    }
    reason = certificate.found.reason
    return _store(
        enrolment, evidence, ModelTestKind.ROUTING, "fixed_sequence", passes, reason, figures, certificate.tasks, at
    )


def _store(
    enrolment: Enrolment,
    evidence: ModelEvidence,
    kind: ModelTestKind,
    name: str,
    passes: bool | None,
    reason: str,
    figures: dict[str, Any],
    tasks: int,
    at: datetime,
) -> ModelTest:
    test = ModelTest.objects.create(
        project=enrolment.project,
        worker=enrolment.worker,
        kind=kind,
        test=name,
        version=VERSION,
        passes=passes,
        reason=reason,
        figures=figures,
        tasks=tasks,
        first_answer_id=evidence.first_answer_id,
        last_answer_id=evidence.last_answer_id,
        created_at=at,
    )
    record_event(
        kind=EventKind.MODEL_TESTED,
        project=enrolment.project,
        worker=enrolment.worker,
        subject=test.uid,
        detail={"kind": kind, "test": name, "passes": passes, "reason": reason},
        at=at,
    )
    return test
