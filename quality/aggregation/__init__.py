"""Models that turn many answers into a consensus, one a file, all with ``fit(answers, *, gold=None, priors=None)``."""

from __future__ import annotations

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.incremental import task_posterior
from quality.aggregation.majority import Majority

MODELS: dict[str, type] = {
    "majority": Majority,
    "dawid-skene": DawidSkene,
}
"""The models over a label set by their names on the command line."""

__all__ = ["MODELS", "DawidSkene", "Majority", "task_posterior"]
