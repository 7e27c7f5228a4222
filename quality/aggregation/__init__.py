"""Models that turn many answers into a consensus, one a file, all with ``fit(answers, *, gold=None, priors=None)``."""

from __future__ import annotations

from quality.aggregation.auto import Auto
from quality.aggregation.bwa import BWA
from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.ebcc import EBCC
from quality.aggregation.glad import GLAD
from quality.aggregation.groups import discount_groups, effective_votes, pool_groups
from quality.aggregation.ibcc import IBCC
from quality.aggregation.incremental import IncrementalDawidSkene, task_posterior
from quality.aggregation.mace import MACE
from quality.aggregation.majority import Majority
from quality.aggregation.one_coin import OneCoin
from quality.aggregation.ordinal import OrdinalDawidSkene
from quality.aggregation.weighted_vote import WeightedVote

MODELS: dict[str, type] = {
    "auto": Auto,
    "majority": Majority,
    "weighted-vote": WeightedVote,
    "one-coin": OneCoin,
    "dawid-skene": DawidSkene,
    "ibcc": IBCC,
    "ebcc": EBCC,
    "glad": GLAD,
    "mace": MACE,
    "bwa": BWA,
    "ordinal": OrdinalDawidSkene,
}
"""The models over a label set by their names on the command line."""

__all__ = [
    "BWA",
    "EBCC",
    "GLAD",
    "IBCC",
    "MACE",
    "MODELS",
    "Auto",
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
