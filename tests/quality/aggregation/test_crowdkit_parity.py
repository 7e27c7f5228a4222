"""Where crowd-kit is right, our plain versions give its numbers.

The frozen numbers come from crowd-kit 1.4.2 on the answers of `anaesthesia.py` as integer columns task, worker, label:
``OneCoinDawidSkene(n_iter=2000, tol=-1).fit(frame)`` and ``Wawa().fit(frame)``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from anaesthesia import anaesthesia

from quality.aggregation import OneCoin, WeightedVote


def test_one_coin_maximum_likelihood_is_crowdkits():
    result = OneCoin(prior_strength=0, tol=1e-13, max_iter=2000).fit(anaesthesia())
    assert result.ability == pytest.approx([0.88543, 0.700725, 0.811465, 0.853068, 0.80892], abs=2e-6)
    assert result.prevalence == pytest.approx([0.40192, 0.4511, 0.124629, 0.022352], abs=2e-6)
    expected = [
        [0.146511, 0.853481, 7e-06, 1e-06],
        [0.93985, 0.060145, 4e-06, 1e-06],
        [0.0, 0.999983, 1.7e-05, 0.0],
        [5.3e-05, 0.41083, 0.589114, 3e-06],
    ]
    assert result.posterior[[2, 6, 34, 37]] == pytest.approx(np.array(expected), abs=2e-6)


def test_weighted_vote_has_crowdkits_skills():
    # Not the first anaesthetist's: crowd-kit counts repeated equal answers of one worker to one task once (.7759).
    result = WeightedVote().fit(anaesthesia())
    assert result.ability[1:] == pytest.approx([0.711111, 0.8, 0.866667, 0.822222], abs=2e-6)
