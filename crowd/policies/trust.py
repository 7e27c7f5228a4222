"""Trust: what the evidence about a worker allows us to decide."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache
from math import log
from typing import Any

from crowd.enums import TrustLevel
from quality.skill.gold import ROUNDING, GoldTest, accuracy_posterior, probability_below

RULE = "gold-sequential-test"
RULE_VERSION = 2
PEER_RULE = "peer-agreement"
PEER_RULE_VERSION = 1
# Finished tasks before agreement with the others is worth a word.
PEER_TASKS = 20


@dataclass(frozen=True, kw_only=True)
class TrustRule:
    """The figures of the ladder; the defaults are the project's rule, others are for previews.

    ``good``: accuracy of a worker we want to keep; a guesser has 1/K. ``alpha``, ``beta``: errors of the sequential
    test that suspends. ``restrict_alpha``: the same for a restriction, which ends by itself after ``restrict_days``.
    ``bar_share``: where the bar lies between guesser (0) and good worker (1). Nothing but a warning below
    ``certainty`` of being under the bar; the warning comes at ``warn_certainty``.
    """

    good: float = 0.75
    alpha: float = 0.01
    beta: float = 0.01
    restrict_alpha: float = 0.05
    bar_share: float = 0.75
    warn_certainty: float = 0.9
    certainty: float = 0.95
    restrict_days: int = 7


@dataclass(frozen=True, kw_only=True)
class GoldRecord:
    """A worker's golds. ``recent_*`` and ``llr``: since the test last said "good" or began anew."""

    right: int = 0
    wrong: int = 0
    recent_right: int = 0
    recent_wrong: int = 0
    llr: float = 0.0

    def after(self, is_right: bool, test: GoldTest) -> GoldRecord:
        """The record after one more gold: a long good past does not shield a worker who turns bad."""
        llr = test.update(self.llr, is_right)
        is_cleared = test.verdict(llr) == "good"
        return GoldRecord(
            right=self.right + int(is_right),
            wrong=self.wrong + int(not is_right),
            recent_right=0 if is_cleared else self.recent_right + int(is_right),
            recent_wrong=0 if is_cleared else self.recent_wrong + int(not is_right),
            llr=llr,
        )

    def begun_anew(self) -> GoldRecord:
        """The record kept, the sequential test at its start: after a restriction has run out or was lifted."""
        return replace(self, recent_right=0, recent_wrong=0, llr=0.0)


@dataclass(frozen=True)
class TrustDecision:
    """A level to move to, in words, and the figures it rests on; a warning when the level is the present one."""

    level: TrustLevel
    reason: str
    evidence: dict[str, Any]
    days: int | None = None


def gold_test(n_labels: int, rule: TrustRule | None = None) -> GoldTest:
    """The sequential test of a good worker against a random guesser among ``n_labels`` labels."""
    return _gold_test(n_labels, rule or TrustRule())


def trust_bar(n_labels: int, rule: TrustRule | None = None) -> float:
    """The accuracy under which, once we are sure, a worker is restricted and then suspended."""
    rule = rule or TrustRule()
    bad = 1 / max(2, n_labels)
    return bad + rule.bar_share * (rule.good - bad)


def decide_trust(
    *,
    level: TrustLevel,
    is_warned: bool,
    record: GoldRecord,
    n_labels: int,
    rule: TrustRule | None = None,
    may_lift: bool = True,
) -> TrustDecision | None:
    """The next rung that the gold answers call for, or None when there is none or it cannot be said yet.

    One rung a gold: warn, restrict, suspend. Restricts or suspends only when the sequential test is past its
    threshold and the posterior of the recent golds puts the accuracy under the bar with more than ``certainty``.
    ``may_lift``: the present restriction was this rule's own. Gold alone never lifts a suspension.
    """
    rule = rule or TrustRule()
    test = gold_test(n_labels, rule)
    bar = trust_bar(n_labels, rule)
    if level == TrustLevel.SUSPENDED:
        return None
    if test.verdict(record.llr) == "good":
        if level == TrustLevel.NEW or (level == TrustLevel.RESTRICTED and may_lift):
            return TrustDecision(TrustLevel.TRUSTED, _praise(record), _evidence(record, n_labels, rule))
        return None
    below = probability_below(bar, record.recent_right, record.recent_wrong)
    blame = (
        f"{record.recent_wrong} of the last {record.recent_right + record.recent_wrong} gold answers wrong: "
        f"accuracy under {bar:.2f} with probability {below:.3f}"
    )
    if not is_warned:
        if below <= rule.warn_certainty:
            return None
        return TrustDecision(level, f"warning: {blame}", _evidence(record, n_labels, rule))
    if below <= rule.certainty:
        return None
    if level == TrustLevel.RESTRICTED:
        if test.verdict(record.llr) != "bad":
            return None
        return TrustDecision(TrustLevel.SUSPENDED, blame, _evidence(record, n_labels, rule))
    if record.llr < log((1 - rule.beta) / rule.restrict_alpha) - ROUNDING:
        return None
    return TrustDecision(TrustLevel.RESTRICTED, blame, _evidence(record, n_labels, rule), days=rule.restrict_days)


def decide_peer_warning(
    *, level: TrustLevel, is_warned: bool, agreed: float, differed: float, n_labels: int
) -> TrustDecision | None:
    """A warning when agreement with the posterior of finished tasks is under the bar beyond doubt; never more.

    ``agreed``, ``differed``: expected counts, the worker's own answer taken out of each posterior. The others may be
    wrong, and hard tasks fall on everybody: peers alone warn, they never restrict.
    """
    tasks = agreed + differed
    if is_warned or level in (TrustLevel.RESTRICTED, TrustLevel.SUSPENDED) or tasks < PEER_TASKS:
        return None
    bar = trust_bar(n_labels)
    below = probability_below(bar, round(agreed), round(differed))
    if below <= TrustRule().certainty:
        return None
    return TrustDecision(
        level,
        f"warning: in agreement with the others on {agreed:.0f} of {tasks:.0f} finished tasks: "
        f"accuracy under {bar:.2f} with probability {below:.3f}",
        {
            "peer_agreed": round(agreed, 2),
            "peer_differed": round(differed, 2),
            "bar": round(bar, 4),
            "probability_below_bar": round(below, 6),
        },
    )


@cache
def _gold_test(n_labels: int, rule: TrustRule) -> GoldTest:
    return GoldTest(good=rule.good, bad=1 / max(2, n_labels), alpha=rule.alpha, beta=rule.beta)


def _praise(record: GoldRecord) -> str:
    skill = accuracy_posterior(record.right, record.wrong)
    return (
        f"{record.right} of {record.right + record.wrong} gold answers right: accuracy {skill.mean:.2f} "
        f"(95 % interval {skill.low:.2f} to {skill.high:.2f})"
    )


def _evidence(record: GoldRecord, n_labels: int, rule: TrustRule) -> dict[str, Any]:
    skill = accuracy_posterior(record.right, record.wrong)
    bar = trust_bar(n_labels, rule)
    return {
        "gold_right": record.right,
        "gold_wrong": record.wrong,
        "recent_right": record.recent_right,
        "recent_wrong": record.recent_wrong,
        "log_likelihood_ratio": round(record.llr, 4),
        "bar": round(bar, 4),
        "probability_below_bar": round(probability_below(bar, record.recent_right, record.recent_wrong), 6),
        "accuracy": round(skill.mean, 4),
        "accuracy_low": round(skill.low, 4),
        "accuracy_high": round(skill.high, 4),
        "test": asdict(gold_test(n_labels, rule)),
    }
