"""The package of models loads what is used, when it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from quality import aggregation


def loaded_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_the_names_of_the_models_cost_no_scipy():
    assert not [
        module for module in loaded_after("from quality.aggregation import MODELS; sorted(MODELS)") if "scipy" in module
    ]


@pytest.mark.parametrize("model", ["DawidSkene", "Auto"])
def test_a_model_costs_no_optimiser(model):
    assert "scipy.optimize" not in loaded_after(f"from quality.aggregation import {model}; {model}()")


def test_every_public_name_can_be_taken():
    for name in aggregation.__all__:
        assert getattr(aggregation, name) is not None


@pytest.mark.parametrize("name", sorted(aggregation.MODELS))
def test_every_model_can_be_made_without_arguments(name):
    assert hasattr(aggregation.MODELS[name](), "fit")


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="Oracle"):
        aggregation.Oracle  # noqa: B018
    with pytest.raises(KeyError):
        aggregation.MODELS["oracle"]
