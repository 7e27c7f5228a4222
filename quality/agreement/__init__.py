"""How far workers agree: coefficients with honest intervals, views by worker, pair, label, task."""

from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.intervals import IntervalOptions
from quality.agreement.patterns import PatternTable
from quality.agreement.result import AgreementResult, Reason

__all__ = ["AgreementResult", "IntervalOptions", "PatternTable", "Reason", "krippendorff_alpha"]
