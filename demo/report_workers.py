"""The report's sections on workers: who is trusted on what evidence, what each is owed."""

from __future__ import annotations

from decimal import Decimal

from assay_client.shapes import Json
from demo.findings import Findings
from demo.tables import heading, money, prose, table

ACTED_ON = {"restricted", "suspended"}


def trust_section(findings: Findings) -> list[str]:
    """Every worker's level with its gold answers; the evidence behind every restriction."""
    rows = [
        [
            row["worker"]["name"],
            findings.worker_of(row).origin,
            row["level"],
            f"{row['gold']['right']}",
            f"{row['gold']['wrong']}",
            f"{row['gold']['log_likelihood_ratio']:.2f}",
            _interval(row["skill"]),
            _interval(row["ability"]),
        ]
        for row in findings.trust
    ]
    acted_on = [row for row in findings.trust if row["level"] in ACTED_ON]
    missed = [
        row["worker"]["name"]
        for row in findings.trust
        if findings.worker_of(row).origin == "planted" and row["level"] not in ACTED_ON
    ]
    hit = [row["worker"]["name"] for row in acted_on if findings.worker_of(row).origin == "replayed"]
    lines = [
        *heading("Trust, decided on golds alone"),
        *table(
            ["worker", "origin", "level", "right", "wrong", "llr", "accuracy on golds", "in the full fit"], rows, left=3
        ),
        *prose(
            "right, wrong: gold answers. llr: log-likelihood ratio of a guesser against a good worker, which never "
            "falls under the test's lower limit. Accuracies with 95 % intervals; the full fit's is that on "
            "a task drawn from the project."
        ),
        "",
    ]
    for row in acted_on:
        lines += _evidence(row)
    lines += prose(
        (f"Planted, not acted on: {', '.join(missed)}." if missed else "Every planted worker was acted on.")
        + (f" Replayed, acted on: {', '.join(hit)}." if hit else " No replayed worker was.")
    )
    return lines


def pay_section(findings: Findings) -> list[str]:
    """What each worker is owed, with the ledger's own total."""
    payouts = findings.payouts
    owed = [(row, Decimal(row["owed"]["amount"])) for row in payouts["results"]]
    currency = str(payouts["total"]["currency"])
    total, summed = Decimal(payouts["total"]["amount"]), sum((amount for _, amount in owed), Decimal(0))
    verdict = "which is the sum of the rows" if total == summed else f"but the rows sum to {money(summed, currency)}"
    balances = "Its entries sum to zero" if payouts["ledger_balances"] else "Its entries DO NOT sum to zero"
    return [
        *heading("What each worker is owed"),
        *table(
            ["worker", "origin", "answers", "owed"],
            [
                [row["worker"]["name"], findings.worker_of(row).origin, str(row["answers"]), money(amount, currency)]
                for row, amount in owed
            ],
            left=2,
        ),
        *prose("Models have costs, never pay, so VADER is owed nothing."),
        *prose(f"The ledger's total is {money(total, currency)}, {verdict}. {balances}."),
    ]


def _evidence(row: Json) -> list[str]:
    change = next((c for c in reversed(row["changes"]) if c["to"] == row["level"]), None)
    if change is None:
        return prose(f"{row['worker']['name']} is {row['level']}, but no change of trust is recorded.")
    evidence = change["evidence"]
    right, wrong = evidence["gold_right"], evidence["gold_wrong"]
    return prose(
        f"{row['worker']['name']}: {row['level']} after {right + wrong} golds, {right} right and {wrong} wrong. "
        f"Log-likelihood ratio of a guesser against a good worker {evidence['log_likelihood_ratio']:.2f}; accuracy "
        f"{evidence['accuracy']:.2f} [{evidence['accuracy_low']:.2f}, {evidence['accuracy_high']:.2f}], under the bar "
        f"of {evidence['bar']:.2f} with probability {evidence['probability_below_bar']:.3f}. "
        f"Rule {change['rule']}, version {change['rule_version']}."
    )


def _interval(skill: Json | None) -> str:
    if skill is None:
        return "-"
    return f"{skill['mean']:.2f} [{skill['low']:.2f}, {skill['high']:.2f}]"
