"""Models that turn many answers into a consensus, one a file, all with ``fit(answers, *, gold=None, priors=None)``."""

from __future__ import annotations

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.groups import discount_groups, effective_votes, pool_groups
from quality.aggregation.incremental import IncrementalDawidSkene, task_posterior
from quality.aggregation.majority import Majority
from quality.aggregation.one_coin import OneCoin
from quality.aggregation.ordinal import OrdinalDawidSkene
from quality.aggregation.weighted_vote import WeightedVote

MODELS: dict[str, type] = {
    "majority": Majority,
    "weighted-vote": WeightedVote,
    "one-coin": OneCoin,
    "dawid-skene": DawidSkene,
    "ordinal": OrdinalDawidSkene,
}
"""The models over a label set by their names on the command line."""

__all__ = [
    "MODELS",
    "DawidSkene",
    "IncrementalDawidSkene",
    "Majority",
    "OneCoin",
    "OrdinalDawidSkene",
    "WeightedVote",
    "discount_groups",
    "effective_votes",
    "pool_groups",
    "task_posterior",
]
