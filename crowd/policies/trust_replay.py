"""Trust as it would stand, had a history been another: the ladder replayed over golds and outside changes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crowd.enums import TrustLevel
from crowd.policies.trust import PEER_RULE, RULE, GoldRecord, decide_trust, gold_test
from crowd.times import zulu

MANUAL_RULE = "by-hand"
EXPIRY_RULE = "expiry"
RESTITUTION_RULE = "restitution"
RULE_PREFIX = "rule: "
# What a worker may appeal against, where it leaves less freedom than there was.
CONTESTABLE = (TrustLevel.RESTRICTED, TrustLevel.SUSPENDED)
# How free a level is: a move to a freer one is a new start for the sequential test.
FREEDOM = {TrustLevel.SUSPENDED: 0, TrustLevel.RESTRICTED: 1, TrustLevel.NEW: 2, TrustLevel.TRUSTED: 3}


@dataclass(frozen=True, kw_only=True)
class ScoredGold:
    """A gold answer at the time at which it was scored; ``uid`` is the answer's."""

    at: datetime
    uid: uuid.UUID
    is_right: bool


@dataclass(frozen=True, kw_only=True)
class PastChange:
    """A trust change as it was written. ``ended``: for one by expiry, the end that the level had (ISO 8601)."""

    at: datetime
    uid: uuid.UUID
    rule: str
    from_level: TrustLevel
    to_level: TrustLevel
    until: datetime | None = None
    ended: str = ""

    @property
    def is_warning(self) -> bool:
        """The level stayed."""
        return self.from_level == self.to_level


@dataclass(frozen=True)
class Decided:
    """A rung that gold calls for in a replay; ``answer`` is the uid of the gold answer that did it."""

    at: datetime
    from_level: TrustLevel
    to_level: TrustLevel
    reason: str = field(compare=False)
    answer: uuid.UUID

    @property
    def is_burden(self) -> bool:
        """A warning, or a move to a less free level."""
        return FREEDOM[self.to_level] <= FREEDOM[self.from_level]


@dataclass
class Replayed:
    """Where a worker stands at the end of a replay, and the rungs on the way."""

    record: GoldRecord = field(default_factory=GoldRecord)
    level: TrustLevel = TrustLevel.NEW
    is_warned: bool = False
    level_rule: str = ""
    level_until: datetime | None = None
    decided: list[Decided] = field(default_factory=list)

    def begin_anew(self) -> None:
        """The sequential test starts afresh; the golds stay on the record."""
        self.record, self.is_warned = self.record.begun_anew(), False

    def move(self, level: TrustLevel, rule: str, until: datetime | None) -> None:
        """Stand at another level."""
        self.level, self.level_rule, self.level_until = level, rule, until
        if level == TrustLevel.TRUSTED:
            self.is_warned = False


def replay_trust(
    golds: Sequence[ScoredGold],
    changes: Sequence[PastChange],
    *,
    n_labels: int,
    now: datetime,
    struck: frozenset[uuid.UUID] = frozenset(),
) -> Replayed:
    """What the ladder makes of the golds, other people's decisions taken as they were made.

    The ladder's own changes are derived again. ``struck`` changes are left out, and the test begins anew where they
    stood. Levels end when they were seen to end, else on the minute. Earlier restitutions are left out: what they put
    right is in the golds. With the history as it happened, the result is the state as it is.
    """
    state = Replayed()
    own_struck = {(change.at, change.to_level) for change in changes if change.uid in struck and change.rule == RULE}
    seen_ends = {change.ended for change in changes if change.rule == EXPIRY_RULE}
    # A change comes after the gold of the same moment, which caused it.
    events: list[tuple[datetime, int, ScoredGold | PastChange]] = [
        *((gold.at, 0, gold) for gold in golds),
        *((change.at, 1, change) for change in changes if change.rule not in (RULE, RESTITUTION_RULE)),
    ]
    for at, _, event in sorted(events, key=lambda row: row[:2]):
        _end_level(state, at, seen_ends)
        if isinstance(event, ScoredGold):
            _score(state, event, n_labels, own_struck)
        elif event.uid in struck:
            state.begin_anew()
        else:
            _apply(state, event)
    _end_level(state, now, set())
    return state


def _score(state: Replayed, gold: ScoredGold, n_labels: int, struck: set[tuple[datetime, TrustLevel]]) -> None:
    test = gold_test(n_labels)
    state.record = state.record.after(gold.is_right, test)
    decision = decide_trust(
        level=state.level,
        is_warned=state.is_warned,
        record=state.record,
        n_labels=n_labels,
        may_lift=state.level_rule in ("", RULE),
    )
    if test.verdict(state.record.llr) == "good":
        state.is_warned = False
    if decision is None:
        return
    if (gold.at, decision.level) in struck:
        state.begin_anew()
        return
    state.decided.append(Decided(gold.at, state.level, decision.level, decision.reason, gold.uid))
    if decision.level == state.level:
        state.is_warned = True
    else:
        until = None if decision.days is None else gold.at + timedelta(days=decision.days)
        state.move(decision.level, RULE, until)


def _apply(state: Replayed, change: PastChange) -> None:
    if change.rule == EXPIRY_RULE:
        if state.level_until is not None and zulu(state.level_until) == change.ended:
            state.begin_anew()
            state.move(TrustLevel.NEW, EXPIRY_RULE, None)
    elif change.rule == MANUAL_RULE:
        if change.to_level != state.level:
            if FREEDOM[change.to_level] > FREEDOM[state.level]:
                state.begin_anew()
            state.move(change.to_level, MANUAL_RULE, change.until)
    elif change.is_warning:
        is_peers = change.rule == PEER_RULE
        if state.level != TrustLevel.SUSPENDED and not (is_peers and state.level == TrustLevel.RESTRICTED):
            state.is_warned = True
    elif state.level not in (TrustLevel.SUSPENDED, change.to_level):
        state.move(change.to_level, change.rule, change.until)


def _end_level(state: Replayed, at: datetime, seen_ends: set[str]) -> None:
    until = state.level_until
    if until is not None and until <= at and zulu(until) not in seen_ends:
        state.begin_anew()
        state.move(TrustLevel.NEW, EXPIRY_RULE, None)
