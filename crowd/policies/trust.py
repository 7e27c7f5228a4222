"""Trust: what the gold answers of a worker allow us to decide."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from crowd.enums import TrustLevel
from quality.skill.gold import GoldTest, accuracy_posterior, probability_below

RULE = "gold-sequential-test"
RULE_VERSION = 1
# Accuracy of a worker we want to keep; a random guesser has 1/K.
GOOD_ACCURACY = 0.75
# No decision against a worker below this probability of being under the bar.
CERTAINTY = 0.95


@dataclass(frozen=True)
class TrustDecision:
    """A level to move to, in words, and the figures it rests on."""

    level: TrustLevel
    reason: str
    evidence: dict[str, Any]


def gold_test(n_labels: int) -> GoldTest:
    """The sequential test of a good worker against a random guesser among ``n_labels`` labels."""
    return GoldTest(good=GOOD_ACCURACY, bad=1 / max(2, n_labels))


def decide_trust(
    *, level: TrustLevel, right: int, wrong: int, recent_right: int, recent_wrong: int, llr: float, n_labels: int
) -> TrustDecision | None:
    """The level that the gold answers call for, or None when it is the present one or cannot be said yet.

    ``llr``: the sequential test's log-likelihood ratio of guesser against good worker, as `gold_test` keeps it;
    ``recent_*``: the golds since it last said "good", so that a long good past does not shield a worker who turns bad.
    Suspends only when the test says "bad" and the posterior of the recent golds puts the accuracy under the bar, half
    way between guesser and good worker, with probability above 0.95. Gold alone never lifts a suspension: an appeal
    does.
    """
    test = gold_test(n_labels)
    verdict = test.verdict(llr)
    bar = (test.good + test.bad) / 2
    below = probability_below(bar, recent_right, recent_wrong)
    skill = accuracy_posterior(right, wrong)
    evidence = {
        "gold_right": right,
        "gold_wrong": wrong,
        "recent_right": recent_right,
        "recent_wrong": recent_wrong,
        "log_likelihood_ratio": round(llr, 4),
        "bar": round(bar, 4),
        "probability_below_bar": round(below, 6),
        "accuracy": round(skill.mean, 4),
        "accuracy_low": round(skill.low, 4),
        "accuracy_high": round(skill.high, 4),
        "test": asdict(test),
    }
    if verdict == "bad" and below > CERTAINTY and level != TrustLevel.SUSPENDED:
        return TrustDecision(
            TrustLevel.SUSPENDED,
            f"{recent_wrong} of the last {recent_right + recent_wrong} gold answers wrong: "
            f"accuracy under {bar:.2f} with probability {below:.3f}",
            evidence,
        )
    if verdict == "good" and level == TrustLevel.NEW:
        return TrustDecision(
            TrustLevel.TRUSTED,
            f"{right} of {right + wrong} gold answers right: accuracy {skill.mean:.2f} "
            f"(95 % interval {skill.low:.2f} to {skill.high:.2f})",
            evidence,
        )
    return None
