"""Reads from which confidence a model may decide alone on a project, or why it cannot be said yet."""

from __future__ import annotations

from dataclasses import dataclass

from crowd.models import GateTerms, Project, Worker
from crowd.queries.model_evidence import ModelEvidence, SoftVotes, flagged_tasks
from crowd.queries.model_record import audited, finished_audits
from quality.models_vs_humans.routing import RoutingCertificate, certify, upper_error


@dataclass(frozen=True)
class Certificate:
    """found on ``tasks`` calibration tasks; is_voided: ``audits_wrong`` of ``audits`` say that it no longer holds."""

    found: RoutingCertificate
    tasks: int
    audits: int
    audits_wrong: int
    is_voided: bool


def certificate_of(
    project: Project,
    worker: Worker,
    evidence: ModelEvidence,
    soft: SoftVotes,
    terms: GateTerms,
    *,
    error_rate: float | None = None,
    delta: float | None = None,
) -> Certificate:
    """Certify on the tasks that enough people answered without seeing a model's vote.

    Which tasks people begin is drawn at random, and what was begun gets its minimum first, so that these are a sample
    of all; of what the model decides alone only the audited ones are among them. Flagged tasks are left out: on these
    it never decides.
    """
    alpha, share = error_rate or terms.error_rate, delta or terms.delta
    known = evidence.consensus_of_people(project.min_overlap)
    flagged = flagged_tasks(project)
    confidence, is_right = [], []
    for task, label in evidence.votes.get(worker.pk, {}).items():
        if task in known and task not in flagged:
            confidence.append(confidence_of(soft, task, int(str(label))))
            is_right.append(known[task] == label)
    audits = audited(finished_audits(project, worker))
    wrong = sum(not is_right for _, is_right, _ in audits)
    # The lower limit of the error rate is one less the upper limit of the success rate.
    lowest = 1 - upper_error(len(audits) - wrong, len(audits), share) if audits else 0.0
    return Certificate(
        found=certify(confidence, is_right, alpha=alpha, delta=share),
        tasks=len(confidence),
        audits=len(audits),
        audits_wrong=wrong,
        is_voided=lowest > alpha,
    )


def confidence_of(soft: SoftVotes, task: object, label: int) -> float:
    """How sure the model is of the label it gave; a vote without probabilities is as sure as any other such."""
    probabilities = soft.probabilities.get(task)
    return 1.0 if probabilities is None else float(probabilities[label])
