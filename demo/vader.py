"""VADER as a labelling function: a text gives one of the three labels."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path

from demo.errors import DemoError

# The thresholds that VADER's authors publish for its compound score.
POSITIVE_FROM = 0.05
NEGATIVE_TO = -0.05


def load_vader(module_path: Path) -> Callable[[str], str]:
    """The labelling function of the module that was extracted from the source distribution.

    Raises DemoError when the module cannot be run.
    """
    spec = importlib.util.spec_from_file_location("vader_from_the_source_distribution", module_path)
    if spec is None or spec.loader is None:
        raise DemoError(f"{module_path} cannot be loaded as a Python module.")
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        # Its code of 2020 uses `codecs.open`, which newer Pythons deprecate.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            spec.loader.exec_module(module)
            analyser = module.SentimentIntensityAnalyzer()
        except Exception as error:
            raise DemoError(f"VADER in {module_path} does not run ({type(error).__name__}: {error}).") from error

    def label(text: str) -> str:
        return label_of_compound(float(analyser.polarity_scores(text)["compound"]))

    return label


def label_of_compound(compound: float) -> str:
    """The label of VADER's compound score, which lies from -1 to 1."""
    if compound >= POSITIVE_FROM:
        return "positive"
    return "negative" if compound <= NEGATIVE_TO else "neutral"
