"""The report's sections on labels: how right they are, how far raters agree, what adaptive overlap saved."""

from __future__ import annotations

from collections.abc import Sequence

from assay_client.shapes import Json
from demo.figures import compare, wilson
from demo.findings import Findings
from demo.overlap import (
    DRAWS,
    FixedOverlap,
    against_fixed,
    dawid_skene_labels,
    majority_labels,
    replay_fixed_overlap,
)
from demo.project import Material
from demo.tables import heading, points, prose, share, table
from demo.workers import DemoWorker

FIXED_OVERLAP = 5
GROUPS = {"humans": "people", "models": "VADER alone", "humans_models": "people and VADER", "all": "everyone"}


def labels_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """Accuracy of majority vote, of Dawid-Skene, against the true labels; paired."""
    truth = material.truth
    majority = _hits(majority_labels(findings.counted), truth)
    full_fit = _hits(findings.labels, truth)
    here = dawid_skene_labels(findings.counted)
    same = sum(findings.labels.get(key) == label for key, label in here.items())
    replayed = [worker for worker in workers if worker.origin == "replayed"]
    every_rating = replay_fixed_overlap(material, replayed, len(replayed), draws=1)
    paired = compare(list(full_fit.values()), list(majority.values()))
    models = sorted({str(row["model"]) for row in findings.consensus})
    return [
        *heading("Accuracy against the true label (95 % intervals)"),
        *table(
            ["consensus of the answers that count", "answers", "right", "accuracy"],
            [
                _accuracy_row("majority vote", findings.counted.n_answers, majority),
                _accuracy_row("Dawid-Skene, the server's full fit", findings.counted.n_answers, full_fit),
            ],
        ),
        *prose(
            f"Dawid-Skene minus majority, paired by task: {points(paired.difference)}; only Dawid-Skene is right on "
            f"{paired.only_first} tasks, only majority on {paired.only_second} (exact McNemar p = {paired.p:.3f})."
        ),
        *prose(
            f"The server's model: {', '.join(models)}. A fit of the same answers in this process, without the golds, "
            f"gives the same label on {same} of {len(here)} tasks."
        ),
        *prose(
            f"Majority over all {every_rating.answers} replayed ratings of these tasks reaches "
            f"{share(every_rating.majority)}: more of the same answers cannot do much better, because the mean of "
            "ratings that makes the true label weighs them, where a vote counts them."
        ),
    ]


def agreement_section(findings: Findings) -> list[str]:
    """Krippendorff's alpha with its interval, people apart from VADER."""
    rows = [[GROUPS.get(name, name), *_alpha_cells(metrics)] for name, metrics in findings.agreement["groups"].items()]
    return [
        *heading("Agreement (Krippendorff's alpha)"),
        *table(["group", "alpha", "95 % interval", "tasks", "workers", "answers", "interval by"], rows),
        *prose(f"As of {findings.agreement['data_as_of']}."),
        *prose(
            "People here are the replayed workers with the planted ones. Tasks that people disagree about got more "
            "answers, as adaptive overlap means to, so alpha is lower than it would be at a fixed overlap."
        ),
    ]


def saving_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """Answers saved by adaptive overlap against fixed overlaps, at which accuracy."""
    plan = material.plan
    hits = _hits(findings.labels, material.truth)
    asked = findings.counted.n_answers
    golds = findings.count_by_origin(is_gold=True).total()
    replayed = [worker for worker in workers if worker.origin == "replayed"]
    rows = [
        _saving_row(words, replay_fixed_overlap(material, crowd, overlap), asked, hits)
        for words, crowd in (("replayed only", replayed), ("all workers", workers))
        for overlap in sorted({FIXED_OVERLAP, plan.max_overlap})
    ]
    return [
        *heading("Answers saved by adaptive overlap"),
        *table(
            ["", "answers", "majority", "Dawid-Skene", "adaptive saves", "adaptive minus fixed, paired"],
            [
                [
                    f"adaptive, {plan.min_overlap} to {plan.max_overlap}",
                    str(asked),
                    share(wilson(sum(_hits(majority_labels(findings.counted), material.truth).values()), len(hits))),
                    share(wilson(sum(hits.values()), len(hits))),
                    "",
                    "",
                ],
                *rows,
            ],
        ),
        *prose(
            f"Fixed overlaps are replayed offline: every task is asked of that many workers, drawn at random "
            f"{DRAWS} times, fitted without golds or suspensions; means over the draws, intervals over the tasks. "
            '"All workers" is the crowd that the adaptive run faced, planted workers with VADER included; "replayed '
            'only" is a crowd without them.'
        ),
        *prose(
            f"The adaptive run also asked {golds} gold questions, not counted above: a fixed overlap needs them as "
            "well to find guessers."
        ),
    ]


def _hits(labels: dict[str, str], truth: dict[str, str]) -> dict[str, bool]:
    """Which tasks are right; a task without a consensus is wrong."""
    return {key: labels.get(key) == label for key, label in truth.items()}


def _accuracy_row(words: str, answers: int, hits: dict[str, bool]) -> list[str]:
    right = sum(hits.values())
    return [words, str(answers), f"{right} of {len(hits)}", share(wilson(right, len(hits)))]


def _saving_row(words: str, fixed: FixedOverlap, asked: int, hits: dict[str, bool]) -> list[str]:
    return [
        f"fixed {fixed.overlap}, {words}",
        str(fixed.answers),
        share(fixed.majority),
        share(fixed.dawid_skene),
        f"{1 - asked / fixed.answers:.0%}",
        points(against_fixed(hits, fixed)),
    ]


def _alpha_cells(metrics: Json) -> list[str]:
    alpha = next((value for name, value in metrics.items() if "alpha" in name), None)
    if alpha is None:
        return ["-", "not computed", "", "", "", ""]
    counts = [str(alpha.get(name, "")) for name in ("tasks", "workers", "answers")]
    if alpha.get("value") is None:
        return ["-", str(alpha.get("reason")), *counts, ""]
    interval = f"[{alpha['low']:.3f}, {alpha['high']:.3f}]" if alpha.get("low") is not None else "none"
    return [f"{alpha['value']:.3f}", interval, *counts, str(alpha.get("method", ""))]
