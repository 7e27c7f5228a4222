"""Every published or peer-confirmed figure of the reference vectors at its tolerance."""

from __future__ import annotations

import json

import pytest
from vector_measures import VECTORS, value_of

# Entries that the library does not reckon, each with its reason; equality below keeps the list honest.
LEFT_OUT = {
    ("gamma_pygamma_alexpaulsuzan", "gamma"),
    ("gamma_pygamma_alexpaulsuzan", "gamma_best_alignment_disorder"),
    ("gamma_pygamma_alexpaulsuzan", "gamma_n_unitary_alignments"),
    ("gamma_span_missing_unit", "gamma"),
    ("gamma_span_missing_unit", "gamma_best_alignment_disorder"),
    ("gamma_span_missing_unit", "gamma_n_unitary_alignments"),
    ("gamma_span_shift_relabel", "gamma"),
    ("gamma_span_shift_relabel", "gamma_best_alignment_disorder"),
    ("gamma_span_shift_relabel", "gamma_n_unitary_alignments"),
}

ENTRIES = [(name, entry) for name, vector in VECTORS.items() for entry in vector["expected"]]
RECKONED = [(name, entry) for name, entry in ENTRIES if (name, entry["metric"]) not in LEFT_OUT]


def _label(case: tuple[str, dict]) -> str:
    name, entry = case
    return f"{name}-{entry['metric']}-{json.dumps(entry['params'])[:60]}"


@pytest.mark.parametrize("case", RECKONED, ids=_label)
def test_reference_value_is_met(case):
    name, entry = case

    value, reason = value_of(name, entry["metric"], entry["params"])

    if entry["value"] == "undefined":
        assert (value, reason) == (None, entry["reason"])
        return
    # Peers divide a table's variance by n or n − 1; ours is n − 1, which the entry names where they differ.
    expected = entry.get("value_if_divisor_n_minus_1", entry["value"])
    assert value is not None
    assert abs(value - expected) <= entry["tol"]
    if "reason" in entry:
        assert reason == entry["reason"]


def test_only_gamma_is_left_out():
    assert {(name, entry["metric"]) for name, entry in ENTRIES if "gamma" in entry["metric"]} == LEFT_OUT


def test_the_copied_vectors_are_whole():
    assert len(VECTORS) == 56
    assert len(ENTRIES) == 1927
    assert len(RECKONED) == 1918
