"""Stack: the models that `auto` averages, with the weights that the data's own checks decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.ebcc import EBCC
from quality.aggregation.incidence import Incidence
from quality.aggregation.predictive import HeldOut, held_out_answers
from quality.aggregation.shared_accuracy import fit_shared_accuracy
from quality.aggregation.subtypes import SubtypeFit, fit_subtypes
from quality.aggregation.worker_prior import EarlyFit, early_fit, worker_prior

Floats = NDArray[np.floating[Any]]

STRENGTHS = (2.0, 5.0)
EARLY_STEPS = 5

ACCURACY_SHARE = 0.2
ACCURACY_SHARE_CORRELATED = 0.4
"""Share in the posterior of the models with one accuracy per worker, without and with evidence for correlated errors:
the two figures of the stack that were chosen on public crowds (docs/methods/auto.md)."""

LARGEST_DEPARTURE = 0.1
"""Subtypes are refused when their consensus leaves the votes on this share of tasks more than the matrices do: they
have then found a structure of the answers that is not the label."""

REFIT_ITERATIONS = 10


@dataclass(frozen=True, eq=False)
class Member:
    """One fitted model: posterior (T, K), gold clamped; logits (T, K) before clamping; family as in the weights."""

    family: str
    posterior: Floats
    logits: Floats


@dataclass(frozen=True, eq=False)
class Stack:
    """members: the fitted models. early: the matrices of the larger strength. check: how well held-out answers are
    predicted. subtypes: the accepted subtype fits, the highest bound first. gain: what that bound gained, nats an
    answer. refused: subtypes gained, but were not accepted."""

    members: tuple[Member, ...]
    early: EarlyFit
    check: HeldOut
    subtypes: tuple[SubtypeFit, ...]
    gain: float
    refused: bool

    @property
    def weights(self) -> dict[str, float]:
        """Share of each family in the posterior; sums to 1."""
        return family_weights(bool(self.subtypes))

    @property
    def posterior(self) -> Floats:
        """The weighted mean of the members' posteriors: (T, K)."""
        mean = np.zeros_like(self.members[0].posterior)
        for family, weight in self.weights.items():
            group = [member for member in self.members if member.family == family]
            for member in group:
                mean += weight / len(group) * member.posterior
        return mean


def family_weights(is_correlated: bool, accuracy_share: float | None = None) -> dict[str, float]:
    """Share of each family: with correlated errors the subtypes weigh twice the matrices that cannot see them."""
    if not is_correlated:
        share = ACCURACY_SHARE if accuracy_share is None else accuracy_share
        return {"matrices": 1.0 - share, "accuracy": share}
    share = ACCURACY_SHARE_CORRELATED if accuracy_share is None else accuracy_share
    rest = 1.0 - share
    return {
        "matrices": rest / 3.0,
        "accuracy": share / 2.0,
        "accuracy and prevalence": share / 2.0,
        "subtypes": 2.0 * rest / 3.0,
    }


def fit_stack(crowd: Incidence, search: EBCC | None) -> Stack:
    """Fit every member; ``search`` None leaves out the subtypes."""
    members, early = _independent(crowd)
    check = held_out_answers(crowd, early.origin, early.logits, early.table, early.prevalence)
    base = Stack(members=members, early=early, check=check, subtypes=(), gain=0.0, refused=False)
    if search is None:
        return base
    single, better = search.search(crowd)
    if not better:
        return base
    gain = (better[0].bound[-1] - single.bound[-1]) / max(crowd.answers.n_answers, 1)
    votes = crowd.vote_shares().argmax(axis=1)
    seen = crowd.seen
    followed = [float((p.argmax(axis=1) == votes)[seen].mean()) for p in (base.posterior, better[0].posterior)]
    if followed[1] < followed[0] - LARGEST_DEPARTURE:
        return replace(base, gain=gain, refused=True)
    return replace(base, members=(*members, *_correlated(crowd, better)), subtypes=better, gain=gain)


def refit_stack(crowd: Incidence, fitted: Stack) -> Stack:
    """Fit again on a crowd with less gold: the same members, subtypes carried on from where they were."""
    members, early = _independent(crowd)
    fresh = replace(fitted, members=members, early=early)
    if not fitted.subtypes:
        return fresh
    history = 0.0 if crowd.history is None else crowd.history
    prior = worker_prior(crowd.worker_counts(early.posterior) + history, STRENGTHS[-1])
    again = []
    for past in fitted.subtypes:
        # tasks whose gold is withheld start from what their answers say, or the fold would still know their label
        free = np.where(crowd.seen[:, None], np.exp(past.log_shares), 0.0)
        shares = np.where((crowd.gold >= 0)[:, None], past.shares, free)
        again.append(fit_subtypes(crowd, prior, shares, concentration=0.1, max_iter=REFIT_ITERATIONS, tol=1e-3))
    return replace(fresh, members=(*members, *_correlated(crowd, again)), subtypes=tuple(again))


def _independent(crowd: Incidence) -> tuple[tuple[Member, ...], EarlyFit]:
    start = crowd.agreement_votes()
    fits = [early_fit(crowd, strength=strength, steps=EARLY_STEPS, start=start) for strength in STRENGTHS]
    posterior, logits = fit_shared_accuracy(crowd, with_prevalence=False)
    members = [Member("matrices", fit.posterior, fit.logits) for fit in fits]
    return (*members, Member("accuracy", posterior, logits)), fits[-1]


def _correlated(crowd: Incidence, fits: Sequence[SubtypeFit]) -> tuple[Member, ...]:
    posterior, logits = fit_shared_accuracy(crowd, with_prevalence=True)
    return (
        Member("accuracy and prevalence", posterior, logits),
        *(Member("subtypes", fit.posterior, fit.log_posterior) for fit in fits),
    )
