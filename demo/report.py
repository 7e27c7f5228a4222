"""The demo's report, printed as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from demo.findings import Findings
from demo.project import LABELS, Material
from demo.report_quality import agreement_section, labels_section, saving_section
from demo.report_workers import pay_section, trust_section
from demo.source import PACKAGE, VERSION
from demo.tables import heading, money, prose, table
from demo.workers import DemoWorker, Origin

ORIGINS: dict[Origin, str] = {"replayed": "replayed", "planted": "planted", "function": "VADER"}


def report_lines(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    """The whole report."""
    return [
        *_origin_section(material, workers, findings),
        *_answers_section(workers, findings),
        *labels_section(material, workers, findings),
        *agreement_section(material, workers, findings),
        *trust_section(findings),
        *saving_section(material, workers, findings),
        *pay_section(findings),
    ]


def _origin_section(material: Material, workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    plan = material.plan
    n_replayed = sum(worker.origin == "replayed" for worker in workers)
    planted = ", ".join(worker.name for worker in workers if worker.origin == "planted")
    truth = list(material.truth.values())
    shares = ", ".join(f"{truth.count(label)} {label}" for label in LABELS)
    return [
        *heading("What is real here, and what is not"),
        *prose(
            f"Texts: {len(material.tasks)} sentences of Amazon reviews, a random sample of the corpus in the source "
            f"distribution of {PACKAGE} {VERSION} (Hutto & Gilbert 2014, MIT licence). Ratings: {n_replayed} for each "
            "text, from -4 to 4, given by people on Mechanical Turk. A rating counts as the label of its sign."
        ),
        *prose(
            f"True label: the sign of the mean of all ratings, within ±{plan.neutral_band:g} neutral ({shares}). It is "
            "made of the same ratings that are replayed here, so accuracy says how well few answers stand for all of "
            "them."
        ),
        *prose(
            f"Golds: {len(material.golds)} other texts, {plan.golds_per_label} of each label, on which at least "
            f"{plan.gold_share:.0%} of the ratings agree. They are easier than the tasks, so accuracy "
            "on them is higher."
        ),
        *prose(
            f"Replayed: {n_replayed} workers. The files do not say who gave which rating, so a replay worker is "
            "a rating position (the i-th rating of every text), not one person; no rating is used twice. What is "
            "said below of one replay worker is therefore about a position."
        ),
        *prose(f"Planted: {planted}. They were never people; the two random ones choose without reading."),
        *prose(
            "VADER: the package's own rules, registered as a worker of kind function. It claims, answers, meets golds "
            "like everyone else, takes no place from a person, has a confusion matrix of its own. A model's votes are "
            "stored without being counted until the review of the full fit finds that they hold up against people and "
            f"do no harm, and a manager confirms it. Here {_models_votes(findings)}."
        ),
    ]


def _models_votes(findings: Findings) -> str:
    states = {row["worker"]["name"]: row["vote"] for row in findings.trust if row["worker"]["kind"] != "human"}
    return ", ".join(
        f"{name} {'stays in the shadow' if vote == 'shadow' else 'earned it: its votes count in the last fit'}"
        for name, vote in states.items()
    )


def _answers_section(workers: Sequence[DemoWorker], findings: Findings) -> list[str]:
    on_tasks = findings.count_by_origin(is_gold=False)
    on_golds = findings.count_by_origin(is_gold=True)
    surplus = findings.count_by_origin(is_gold=False, is_surplus=True)
    rows = [
        [
            words,
            str(sum(worker.origin == origin for worker in workers)),
            str(on_tasks[origin]),
            str(on_golds[origin]),
            str(surplus[origin]),
        ]
        for origin, words in ORIGINS.items()
    ]
    totals = [str(counts.total()) for counts in (on_tasks, on_golds, surplus)]
    status = findings.project["status"]
    cost = status["cost"]
    n_tasks = max(1, status["tasks"])
    return [
        *heading("Answers and cost"),
        *table(
            ["answers", "workers", "on tasks", "on golds", "surplus"],
            [*rows, ["all", str(len(workers)), *totals]],
        ),
        *prose(
            f"{status['tasks_complete']} tasks complete, {status['tasks_disputed']} disputed (still uncertain at the "
            f"maximum overlap), {findings.of_people.n_answers / n_tasks:.2f} answers of people a task. "
            f"Cost: {money(Decimal(cost['amount']), cost['currency'])}."
        ),
    ]
