"""Reckon each metric of the reference vectors with the library, from a data set in any of the file's layouts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from quality.agreement import distances, matching, ranks, shapes
from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.any_distance import alpha_with_distance
from quality.agreement.catalogue import CHANCE, agreement
from quality.agreement.coefficients import Alpha
from quality.agreement.cohen import CohenOptions, cohen_kappa, cohen_kappa_pair
from quality.agreement.complete import complete_table
from quality.agreement.conger import conger_kappa
from quality.agreement.estimate import estimate
from quality.agreement.fleiss import fleiss_kappa_per_label, fleiss_z, percent_unanimous
from quality.agreement.icc import icc
from quality.agreement.intervals import IntervalOptions
from quality.agreement.light import light_kappa
from quality.agreement.measures import MatrixMeasure
from quality.agreement.pabak import pabak
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult
from quality.answers import AnswerSet

FOLDER = Path(__file__).parent / "vectors"
LINEARISED = IntervalOptions(method="linearised")
ENDINGS = ("_bootstrap_ci_low", "_bootstrap_ci_high", "_bootstrap_se", "_ci_low", "_ci_high", "_se0", "_se", "_z")
OBJECTS = (
    "iou",
    "giou",
    "polygon_iou",
    "box_f1",
    "box_mean_matched_iou",
    "span_f1",
    "masi_distance",
    "jaccard_distance",
)
CORRELATIONS = {"mean_spearman": "spearman", "mean_pearson": "pearson"}


def load() -> dict[str, dict[str, Any]]:
    """All data sets by id."""
    return {v["id"]: v for path in sorted(FOLDER.glob("*.json")) for v in json.loads(path.read_text())["vectors"]}


VECTORS = load()


@cache
def answers_of(name: str) -> AnswerSet:
    """The data set as answers; a table's cell counts become two answers a task."""
    data = VECTORS[name]["data"]
    layout = VECTORS[name]["layout"]
    if layout == "npz":
        held = np.load(FOLDER / data)
        return AnswerSet.from_arrays(np.cumsum(held["item"]), held["worker"], held["label"], labels=(1, 2, 3, 4, 5))
    if layout == "table":
        first, second = np.indices(np.shape(data)).reshape(2, -1).repeat(np.ravel(data), axis=1)
        task = np.arange(len(first))
        both = (np.concatenate([task, task]), np.repeat([0, 1], len(task)), np.concatenate([first, second]))
        return AnswerSet.from_arrays(*both, labels=range(1, len(data) + 1))
    cells = [(t, w, _frozen(x)) for t, row in enumerate(data) for w, x in enumerate(row) if x is not None]
    labels = None if VECTORS[name]["scale"] == "set" else VECTORS[name]["categories"]
    return AnswerSet.from_records(cells, labels=labels)


def _frozen(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value


@cache
def table_of(name: str) -> PatternTable:
    """The data set as patterns."""
    if VECTORS[name]["layout"] == "counts":
        return PatternTable.from_counts(np.array(VECTORS[name]["data"]))
    return PatternTable.from_answers(answers_of(name))


def value_of(name: str, metric: str, params: dict[str, Any]) -> tuple[float | None, str | None]:
    """What the library says for one expected entry, with its reason code."""
    if metric in OBJECTS:
        return _objects(name, metric, params), None
    if VECTORS[name]["layout"] == "rankings":
        return _rankings(name, metric, params), None
    ending = next((ending for ending in ENDINGS if metric.endswith(ending)), "")
    base = metric.removesuffix(ending)
    if metric == "fleiss_kappa_z":
        return fleiss_z(table_of(name)), None
    if metric == "finn":
        table = complete_table(answers_of(name))
        assert table is not None
        return ranks.finn(table.values, len(VECTORS[name]["categories"])), None
    result = _result(name, base, json.dumps(params), ending.startswith("_bootstrap"))
    field = {
        "": result.value,
        "_se": result.se,
        "_se0": result.params.get("se0"),
        "_ci_low": result.low,
        "_ci_high": result.high,
        "_bootstrap_se": result.se_bootstrap,
        "_bootstrap_ci_low": result.low,
        "_bootstrap_ci_high": result.high,
    }
    return field[ending], result.reason


@cache
def _result(name: str, metric: str, packed: str, resampled: bool) -> AgreementResult:
    params = json.loads(packed)
    if metric == "krippendorff_alpha":
        return _alpha(name, params, IntervalOptions(method="percentile", resamples=4000) if resampled else LINEARISED)
    weights = params.get("weights", "identity")
    weights = {"unweighted": "identity"}.get(weights, weights)
    if weights in VECTORS[name].get("disagreement_weights", {}):
        weights = 1 - np.array(VECTORS[name]["disagreement_weights"][weights])
    if metric in CHANCE:
        return agreement(table_of(name), metric, weights=weights, interval=LINEARISED)
    if metric == "fleiss_kappa_category":
        result = fleiss_kappa_per_label(table_of(name))[params["category"]]
        assert result.value is not None
        return replace(result, value=round(result.value, 3))  # the peer prints three decimals
    if metric == "percent_agreement_all":
        return percent_unanimous(table_of(name))
    answers = answers_of(name)
    if metric == "cohen_kappa":
        quantile = "normal" if params.get("ci") == "normal" else "t"
        return cohen_kappa(answers, weights=weights, options=CohenOptions(quantile=quantile))
    if metric == "cohen_kappa_pair":
        first, second = params["pair"]
        return cohen_kappa_pair(answers, first - 1, second - 1, weights=weights)
    if metric in ("conger_kappa", "conger_kappa_gwet"):
        return conger_kappa(answers, weights=weights)
    if metric == "icc":
        return icc(answers, kind=params["type"])
    if metric == "kendall_w":
        return ranks.kendall_w(answers, ties=params["ties"])
    if metric in CORRELATIONS:
        return ranks.mean_correlation(answers, CORRELATIONS[metric])
    return {"light_kappa": light_kappa, "pabak": pabak}[metric](answers)


def _alpha(name: str, params: dict[str, Any], options: IntervalOptions) -> AgreementResult:
    if "distance" in params:
        distance = {
            "masi": distances.masi_distance,
            "jaccard": distances.jaccard_distance,
            "nominal": lambda a, b: float(a != b),
        }
        return alpha_with_distance(answers_of(name), distance[params["distance"]])
    if "binarised_label" in params:
        cells = [
            (t, w, params["binarised_label"] in x)
            for t, row in enumerate(VECTORS[name]["data"])
            for w, x in enumerate(row)
            if x is not None
        ]
        return krippendorff_alpha(AnswerSet.from_records(cells), interval=options)
    table = table_of(name)
    if "gwet_weights" in params:
        return agreement(table, "krippendorff_alpha", weights=params["gwet_weights"], interval=options)
    if "weights" in params:
        weights = 1 - np.array(VECTORS[name]["disagreement_weights"][params["weights"]])
        return agreement(table, "krippendorff_alpha", weights=weights, interval=options)
    if VECTORS[name]["layout"] == "counts" and options is LINEARISED:
        measure = MatrixMeasure(np.eye(len(table.labels)))
        return estimate(table, [Alpha(measure=measure, variance="count_table")], options=options)[0]
    return krippendorff_alpha(table, scale=params["level"], interval=options)


def _objects(name: str, metric: str, params: dict[str, Any]) -> float | None:
    if metric == "span_f1":
        spans: dict[str, list[matching.Span]] = {}
        for worker, start, end, label in VECTORS[name]["data"]:
            spans.setdefault(worker, []).append((start, end, label))
        how = "exact" if params["match"] == "exact" else "overlap"
        return matching.match_spans(*spans.values(), how=how).f1
    a, b = params["a"], params["b"]
    if metric in ("box_f1", "box_mean_matched_iou"):
        found = matching.match_boxes(a, b, threshold=params["iou_threshold"])
        return found.f1 if metric == "box_f1" else found.mean_overlap
    return {
        "iou": shapes.box_iou,
        "giou": shapes.box_giou,
        "polygon_iou": shapes.polygon_iou,
        "masi_distance": distances.masi_distance,
        "jaccard_distance": distances.jaccard_distance,
    }[metric](a, b)


def _rankings(name: str, metric: str, params: dict[str, Any]) -> float:
    data = VECTORS[name]["data"]
    if metric == "kendall_w":
        return ranks.concordance(np.column_stack(list(data.values())).astype(float), ties=params["ties"])
    first, second = (np.array(data[x] if isinstance(x, str) else x, dtype=float) for x in (params["a"], params["b"]))
    return (ranks.kendall_tau_b if metric == "kendall_tau_b" else ranks.spearman_rho)(first, second)
