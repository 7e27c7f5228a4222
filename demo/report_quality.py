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
from demo.project import LABELS, Material, task_key
from demo.tables import heading, points, prose, share, table
from demo.workers import DemoWorker
from quality.agreement import krippendorff_alpha
from quality.answers import AnswerSet

FIXED_OVERLAP = 5
GROUPS = {
    "humans": "people, replayed with planted",
    "models": "VADER alone",
    "everyone": "people with VADER",
}


def labels_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """Accuracy of majority vote, of Dawid-Skene, against the true labels; paired."""
    truth = material.truth
    majority = _hits(majority_labels(findings.of_people), truth)
    with_vader = _hits(majority_labels(findings.counted), truth)
    full_fit = _hits(findings.labels, truth)
    without_vader = _hits(dawid_skene_labels(findings.of_people), truth)
    here = dawid_skene_labels(findings.counted)
    same = sum(findings.labels.get(key) == label for key, label in here.items())
    replayed = [worker for worker in workers if worker.origin == "replayed"]
    every_rating = replay_fixed_overlap(material, replayed, len(replayed), draws=1)
    vader = next(worker for worker in workers if worker.origin == "function")
    alone = {task_key(snippet): vader.answer(snippet.text) for snippet in material.tasks}
    models = sorted({str(row["model"] or "preview between two fits") for row in findings.consensus})
    stated = sum(row["confidence"] for row in findings.consensus) / max(1, len(findings.consensus))
    n_people, n_counted = findings.of_people.n_answers, findings.counted.n_answers
    return [
        *heading("Accuracy against the true label (95 % intervals)"),
        *table(
            ["", "answers", "right", "accuracy"],
            [
                _accuracy_row("majority vote, people", n_people, majority),
                _accuracy_row("majority vote, people and VADER", n_counted, with_vader),
                _accuracy_row("Dawid-Skene, people (fitted here)", n_people, without_vader),
                _accuracy_row("Dawid-Skene, the server's full fit", n_counted, full_fit),
                _accuracy_row("VADER alone", len(alone), _hits(alone, truth)),
            ],
        ),
        *_paired("The server's Dawid-Skene minus majority of people", full_fit, majority),
        *prose(
            f"The server is {stated:.1%} sure of its labels on average, and right on "
            f"{sum(full_fit.values()) / len(full_fit):.1%}: the difference is what its posterior "
            "overstates or understates."
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


def agreement_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """Krippendorff's alpha with its interval, people apart from VADER."""
    scale = findings.project["scale"]
    replayed = [worker for worker in workers if worker.origin == "replayed"]
    every_rating = AnswerSet.from_records(
        (
            (task_key(snippet), worker.name, worker.answer(snippet.text))
            for snippet in material.tasks
            for worker in replayed
        ),
        labels=LABELS,
    )
    rows = [
        [GROUPS.get(name, name), "server", *_alpha_cells(metrics["krippendorff_alpha"])]
        for name, metrics in findings.agreement["groups"].items()
    ]
    rows += [
        [words, "here", *_alpha_cells(krippendorff_alpha(answers, scale=scale).as_dict())]
        for words, answers in (
            ("replayed people alone", findings.of_replayed),
            ("all ratings of these tasks", every_rating),
        )
    ]
    return [
        *heading(f"Agreement (Krippendorff's alpha, {scale})"),
        *table(["group", "by", "alpha", "95 % interval", "tasks", "workers", "answers"], rows, left=2),
        *prose(
            f"The server's figures are as of {findings.agreement['data_as_of']}. Guessers pull the first down. Tasks "
            "that people disagree about got more answers, as adaptive overlap means to, so alpha over this run's "
            "answers is not that of a fixed overlap; the last row, over every rating, is the one to compare."
        ),
    ]


def saving_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """Answers saved by adaptive overlap against fixed overlaps, at which accuracy."""
    plan, truth = material.plan, material.truth
    hits = _hits(findings.labels, truth)
    asked = findings.of_people.n_answers
    golds = findings.count_by_origin(is_gold=True).total()
    by_origin = {origin: [w for w in workers if w.origin == origin] for origin in ("replayed", "planted", "function")}
    everyone = [*by_origin["replayed"], *by_origin["planted"]]
    overlaps = sorted({FIXED_OVERLAP, plan.max_overlap})
    with_planted = [replay_fixed_overlap(material, everyone, k, models=by_origin["function"]) for k in overlaps]
    without = [replay_fixed_overlap(material, by_origin["replayed"], k) for k in overlaps]
    majority = _hits(majority_labels(findings.of_people), truth)
    return [
        *heading("Answers saved by adaptive overlap"),
        *table(
            [
                "people's answers on tasks",
                "answers",
                "majority",
                "Dawid-Skene",
                "saved",
                "adaptive minus fixed, paired",
            ],
            [
                [
                    f"adaptive, {plan.min_overlap} to {plan.max_overlap}, this run",
                    str(asked),
                    share(wilson(sum(majority.values()), len(majority))),
                    share(wilson(sum(hits.values()), len(hits))),
                    "",
                    "",
                ],
                *(_saving_row("same crowd", fixed, asked, hits) for fixed in with_planted),
                *(_saving_row("replayed only", fixed, asked, hits) for fixed in without),
            ],
        ),
        *prose(
            f"Fixed overlaps are replayed offline: every task is asked of that many people, drawn at random {DRAWS} "
            "times, fitted without golds or suspensions; means over the draws, intervals over the tasks, differences "
            'of Dawid-Skene. "Same crowd" has the planted workers in it, with VADER\'s vote in its fit, as this run; '
            '"replayed only" has neither.'
        ),
        *prose(
            f"This run also asked {golds} gold questions, not counted above: a fixed overlap needs them as well to "
            "find guessers."
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


def _paired(words: str, first: dict[str, bool], second: dict[str, bool]) -> list[str]:
    paired = compare(list(first.values()), list(second.values()))
    return prose(
        f"{words}, paired by task: {points(paired.difference)}; right on {paired.only_first} tasks where the other is "
        f"wrong, wrong on {paired.only_second} where the other is right (exact McNemar p = {paired.p:.3f})."
    )


def _alpha_cells(alpha: Json) -> list[str]:
    counts = [str(alpha.get(name, "")) for name in ("tasks", "workers", "answers")]
    if alpha["value"] is None:
        return ["none", str(alpha["reason"]), *counts]
    interval = "none" if alpha["low"] is None else f"[{alpha['low']:.3f}, {alpha['high']:.3f}]"
    return [f"{alpha['value']:.3f}", interval, *counts]
