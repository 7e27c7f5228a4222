"""Models that turn many answers into a consensus, one a file, all with ``fit(answers, *, gold=None, priors=None)``.

A model's file is loaded at its first use: importing this package alone takes a few milliseconds, and a fit pays only
for what it needs of scipy.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_FILES = {
    "BWA": "bwa",
    "EBCC": "ebcc",
    "GLAD": "glad",
    "IBCC": "ibcc",
    "MACE": "mace",
    "Auto": "auto",
    "DawidSkene": "dawid_skene",
    "IncrementalDawidSkene": "incremental",
    "Majority": "majority",
    "OneCoin": "one_coin",
    "OrdinalDawidSkene": "ordinal",
    "WeightedVote": "weighted_vote",
    "discount_groups": "groups",
    "effective_votes": "groups",
    "pool_groups": "groups",
    "task_posterior": "incremental",
}


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
    globals()[name] = value
    return value


class _Models(MutableMapping[str, type]):
    """The models by name, each loaded when it is taken out; others may be added."""

    def __init__(self, classes: dict[str, str]) -> None:
        self._classes: dict[str, str | type] = {**classes}

    def __getitem__(self, name: str) -> type:
        model = self._classes[name]
        if isinstance(model, str):
            model = self._classes[name] = __getattr__(model)
        return model

    def __setitem__(self, name: str, model: type) -> None:
        self._classes[name] = model

    def __delitem__(self, name: str) -> None:
        del self._classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def __contains__(self, name: object) -> bool:
        return name in self._classes


MODELS: MutableMapping[str, type] = _Models(
    {
        "auto": "Auto",
        "majority": "Majority",
        "weighted-vote": "WeightedVote",
        "one-coin": "OneCoin",
        "dawid-skene": "DawidSkene",
        "ibcc": "IBCC",
        "ebcc": "EBCC",
        "glad": "GLAD",
        "mace": "MACE",
        "bwa": "BWA",
        "ordinal": "OrdinalDawidSkene",
    }
)
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
