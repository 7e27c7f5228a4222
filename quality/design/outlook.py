"""What adaptive overlap is going to do: how many answers a task takes, how often its label is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

# Beyond, the states to walk through grow faster than the figures change.
MOST_ANSWERS = 25
State = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Course:
    """Expected answers a task; the chance that its label is right; the chance that it ends sure, not in a dispute."""

    answers: float
    right: float
    sure: float


def expected_course(*, accuracy: float, n_labels: int, target: float, min_overlap: int, max_overlap: int) -> Course:
    """Exact for workers of one known ``accuracy`` whose errors are even: a walk over the counts of votes.

    A task stops at ``min_overlap`` votes or later, once the posterior of a label reaches ``target``, at the latest at
    ``max_overlap``; ties are drawn. The true label's count is kept apart; the wrong ones are alike, so that their
    counts in order are all that matters. Raises ValueError on values out of range.
    """
    if n_labels < 2 or not 1 / n_labels < accuracy < 1 or not 0 < target <= 1:
        raise ValueError(f"n_labels is {n_labels}, accuracy is {accuracy}, target is {target}; out of range")
    if not 1 <= min_overlap <= max_overlap <= MOST_ANSWERS:
        raise ValueError(f"overlap from {min_overlap} to {max_overlap}; it lies between 1 and {MOST_ANSWERS}")
    odds = accuracy * (n_labels - 1) / (1 - accuracy)
    walking: dict[State, float] = {(0, ()): 1.0}
    answers = right = sure = 0.0
    for n in range(1, max_overlap + 1):
        stepped: dict[State, float] = defaultdict(float)
        for (hits, misses), chance in walking.items():
            stepped[hits + 1, misses] += chance * accuracy
            wrong = chance * (1 - accuracy) / (n_labels - 1)
            ways = Counter(misses)
            ways[0] = n_labels - 1 - len(misses)
            for count, labels in ways.items():
                if labels:
                    rest = list(misses)
                    if count:
                        rest.remove(count)
                    stepped[hits, tuple(sorted([*rest, count + 1], reverse=True))] += wrong * labels
        walking = {}
        for state, chance in stepped.items():
            is_sure = _confidence(state, odds, n_labels) >= target
            if (n >= min_overlap and is_sure) or n == max_overlap:
                answers += chance * n
                right += chance * _share_right(state)
                sure += chance * is_sure
            else:
                walking[state] = chance
    return Course(answers=answers, right=min(right, 1.0), sure=min(sure, 1.0))


def _confidence(state: State, odds: float, n_labels: int) -> float:
    hits, misses = state
    best = max(hits, *misses, 0)
    others = odds ** (hits - best) + sum(odds ** (count - best) for count in misses)
    return 1 / (others + (n_labels - 1 - len(misses)) * odds**-best)


def _share_right(state: State) -> float:
    hits, misses = state
    best = max(misses, default=0)
    if hits != best:
        return float(hits > best)
    return 1 / (1 + misses.count(best))
