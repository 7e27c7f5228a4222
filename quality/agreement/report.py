"""All coefficients that fit a scale, by metric name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from quality.agreement.alpha import Scale, alpha_of
from quality.agreement.bands import why_they_differ
from quality.agreement.by_worker import with_worker_spread
from quality.agreement.catalogue import coefficient
from quality.agreement.coefficients import Coefficient
from quality.agreement.cohen import cohen_kappa
from quality.agreement.concordance import lin_concordance, shared_numbers
from quality.agreement.conger import conger_kappa
from quality.agreement.estimate import estimate
from quality.agreement.fleiss import percent_unanimous
from quality.agreement.icc import ICC_TYPES, icc
from quality.agreement.intervals import IntervalOptions
from quality.agreement.light import light_kappa
from quality.agreement.pabak import pabak
from quality.agreement.patterns import PatternTable
from quality.agreement.ranks import kendall_w, mean_correlation
from quality.agreement.result import AgreementResult, Reason
from quality.agreement.values import DENSE_LABELS, as_table
from quality.agreement.weights import Weights, numbers_of
from quality.answers import AnswerSet

UNWEIGHTED = ("gwet_ac1", "randolph_kappa", "bennett_s")
BY_PATTERN = (
    "percent_agreement",
    "gwet_ac1",
    "gwet_ac2",
    "fleiss_kappa",
    "fleiss_kappa_gwet",
    "brennan_prediger",
    "scott_pi",
    "randolph_kappa",
    "bennett_s",
)


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What a report is about; ``weights=None`` leaves kappas plain, with quadratic AC2 on scales with an order."""

    scale: Scale = "nominal"
    weights: Weights | None = None
    interval: IntervalOptions = field(default_factory=IntervalOptions)
    seed: int = 0


def agreement_report(answers: AnswerSet, options: ReportOptions | None = None) -> dict[str, AgreementResult]:
    """Every coefficient that fits the scale, undefined ones with their reason; ICCs are keyed by their type.

    Raises ValueError where the scale needs numbers that the labels are not, or for weights that do not fit.
    """
    chosen = options or ReportOptions()
    rng = np.random.default_rng(chosen.seed)
    table = as_table(answers)
    found = _by_pattern(answers, chosen, rng)
    alpha = alpha_of(table, chosen.scale) if found["krippendorff_alpha"].value is not None else None
    if alpha is not None and isinstance(table, PatternTable):
        found["krippendorff_alpha"] = with_worker_spread(
            found["krippendorff_alpha"], answers, alpha, confidence=chosen.interval.confidence
        )
    if chosen.scale in ("nominal", "ordinal"):
        found |= _by_worker(answers, chosen)
        gap = why_they_differ(found["krippendorff_alpha"], found["gwet_ac1"])
        if gap is not None:
            found["krippendorff_alpha"] = found["krippendorff_alpha"].with_notes(gap)
    if chosen.scale != "nominal":
        found["kendall_w"] = kendall_w(answers, options=chosen.interval, rng=rng)
    if chosen.scale == "ordinal":
        found["mean_kendall_tau_b"] = mean_correlation(answers, "kendall_tau_b", options=chosen.interval, rng=rng)
    if chosen.scale in ("interval", "ratio"):
        found |= _numeric(answers, chosen)
    return found


def _by_pattern(answers: AnswerSet, chosen: ReportOptions, rng: np.random.Generator) -> dict[str, AgreementResult]:
    table = as_table(answers)
    dense = isinstance(table, PatternTable)
    found: dict[str, AgreementResult] = {}
    picked: list[Coefficient] = []
    for metric in BY_PATTERN if chosen.scale in ("nominal", "ordinal") else ("percent_agreement",):
        if metric == "gwet_ac2" and chosen.scale == "nominal" and chosen.weights is None:
            continue
        weights: Weights = "identity" if chosen.weights is None or metric in UNWEIGHTED else chosen.weights
        if metric == "gwet_ac2" and chosen.weights is None:
            weights = "quadratic"
        small_only = not isinstance(weights, str) or weights not in ("identity", "linear", "quadratic")
        if small_only and not dense:
            found[metric] = AgreementResult(metric=metric, reason=Reason.TOO_MANY_LABELS)
        else:
            picked.append(coefficient(metric, table, weights=weights))
    if chosen.scale == "ratio" and (numbers_of(table.labels) < 0).any():
        found["krippendorff_alpha"] = AgreementResult(
            metric="krippendorff_alpha", reason=Reason.NEGATIVE, params={"level": "ratio"}
        )
    else:
        picked.append(alpha_of(table, chosen.scale))
    found |= {result.metric: result for result in estimate(table, picked, options=chosen.interval, rng=rng)}
    if "scott_pi" in found and (table.sizes[table.multiplicity > 0] > 2).any():
        found["scott_pi"] = _without_value(found["scott_pi"], Reason.NEEDS_TWO_WORKERS)
    return found


def _by_worker(answers: AnswerSet, chosen: ReportOptions) -> dict[str, AgreementResult]:
    weights: Weights = "identity" if chosen.weights is None else chosen.weights
    confidence = chosen.interval.confidence
    found = {
        "conger_kappa": conger_kappa(answers, weights=weights, confidence=confidence),
        "light_kappa": light_kappa(answers, weights=weights, confidence=confidence),
        "pabak": pabak(answers, confidence=confidence),
    }
    if answers.n_labels > DENSE_LABELS:
        found["cohen_kappa"] = AgreementResult(metric="cohen_kappa", reason=Reason.TOO_MANY_LABELS)
    else:
        found["cohen_kappa"] = cohen_kappa(answers, weights=weights)
        found["percent_agreement_all"] = percent_unanimous(PatternTable.from_answers(answers))
    return found


def _numeric(answers: AnswerSet, chosen: ReportOptions) -> dict[str, AgreementResult]:
    found = {kind: icc(answers, kind=kind, confidence=chosen.interval.confidence) for kind in ICC_TYPES}
    used = np.unique(answers.worker)
    if len(used) == 2:
        numbers = shared_numbers(answers, int(used[0]), int(used[1]))
        lin = lin_concordance(*numbers, confidence=chosen.interval.confidence)
    else:
        lin = AgreementResult(metric="lin_concordance", reason=Reason.NEEDS_TWO_WORKERS, workers=len(used))
    return {**{str(kind): result for kind, result in found.items()}, "lin_concordance": lin}


def _without_value(result: AgreementResult, reason: Reason) -> AgreementResult:
    blank: dict[str, Any] = dict.fromkeys(("value", "se", "low", "high", "method", "se_bootstrap"))
    return replace(result, reason=reason, notes=(), **blank)
