"""Agreement on each label against all others."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from quality.agreement.alpha import alpha_of
from quality.agreement.catalogue import coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import IntervalOptions
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult


def label_agreement(
    table: PatternTable, *, options: IntervalOptions | None = None, rng: np.random.Generator | int = 0
) -> dict[Hashable, dict[str, AgreementResult]]:
    """For each label: percent agreement, nominal alpha, AC1, Fleiss' kappa of "this label or another"."""
    generator = np.random.default_rng(rng)
    found: dict[Hashable, dict[str, AgreementResult]] = {}
    for label in table.labels:
        own = table.binarised(label)
        chosen = [
            coefficient("percent_agreement", own),
            alpha_of(own, "nominal"),
            coefficient("gwet_ac1", own),
            coefficient("fleiss_kappa", own),
        ]
        results = estimate(own, chosen, options=options, rng=generator)
        found[label] = {result.metric: result for result in results}
    return found
