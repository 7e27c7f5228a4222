"""The sub-command ``agreement``: a file of answers in, every coefficient that fits its scale out."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.alpha import SCALES
from quality.agreement.bands import band
from quality.agreement.concordance import bland_altman, shared_numbers
from quality.agreement.icc import ICC_TYPES
from quality.agreement.intervals import IntervalOptions
from quality.agreement.report import ReportOptions, agreement_report
from quality.agreement.result import AgreementResult
from quality.agreement.view_rows import VIEWS, view_rows
from quality.agreement.weights import WEIGHT_NAMES, Weights
from quality.answers import AnswerSet
from quality.errors import AnswerError
from quality.files import read_answers

MAIN_ICC = "ICC(2,1)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m quality agreement``."""
    parser.add_argument("answers", type=Path, help="CSV or Parquet file with the columns task, worker, label")
    parser.add_argument("--scale", choices=SCALES, default="nominal", help="how labels relate; default: %(default)s")
    parser.add_argument("--labels", help="the label set in its order, separated by commas; other labels are errors")
    parser.add_argument(
        "--weights",
        help=f"{', '.join(WEIGHT_NAMES[1:])}, or a CSV file whose first row and column name the labels",
    )
    parser.add_argument("--by", choices=VIEWS, help="a view instead of the coefficients")
    parser.add_argument("--min-shared", type=int, default=1, help="tasks that a pair must share; default: %(default)s")
    parser.add_argument("--confidence", type=float, default=0.95, help="of the intervals; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the resampling; default: %(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(options: argparse.Namespace) -> int:
    """Measure; returns 0, or 2 after one sentence on standard error."""
    try:
        labels = None if options.labels is None else [label.strip() for label in options.labels.split(",")]
        answers = read_answers(options.answers, labels=labels)
        answers = as_numbers(answers, options.scale, ordered=labels is not None, weighted=options.weights is not None)
        weights = None if options.weights is None else read_weights(options.weights, answers.labels)
        if options.min_shared < 1:
            raise ValueError(f"--min-shared is {options.min_shared}; a pair needs at least one shared task")
        chosen = ReportOptions(
            scale=options.scale,
            weights=weights,
            interval=IntervalOptions(confidence=options.confidence),
            seed=options.seed,
        )
        if options.by is not None:
            _print_view(options.by, view_rows(answers, options.by, chosen, min_shared=options.min_shared), options.json)
        else:
            _print_report(answers, agreement_report(answers, chosen), chosen, options.json)
    except FileNotFoundError as error:
        return _refuse(f"{error.filename or options.answers}: there is no such file")
    except OSError as error:
        return _refuse(f"{error.filename or options.answers}: {error.strerror or error}")
    except ValueError as error:
        return _refuse(f"{options.answers}: {error}")
    return 0


def as_numbers(answers: AnswerSet, scale: str, *, ordered: bool, weighted: bool) -> AnswerSet:
    """The same answers with labels as numbers in ascending order, where the scale or the weights want them.

    Nominal labels without weights stay text; ordinal ones stay text in the order of ``--labels``. Raises AnswerError
    naming the first answer whose label is not a finite number.
    """
    if scale == "nominal" and not weighted:
        return answers
    numbers = np.array([_number(str(label)) for label in answers.labels])
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        if scale == "nominal" or (scale == "ordinal" and ordered):
            return answers
        label = answers.labels[int(bad[0])]
        if scale == "ordinal":
            raise AnswerError(f"{label!r} is not a number; say the order of the labels with --labels", column="label")
        given = np.flatnonzero(answers.label == bad[0])
        where = f" (task {answers.tasks[answers.task[given[0]]]!r})" if given.size else ""
        raise AnswerError(f"{label!r} is not a finite number{where}; {scale} scales need numbers", column="label")
    values, place = np.unique(numbers, return_inverse=True)
    index = place.reshape(-1).astype(np.int32)[answers.label]
    names = tuple(int(value) if value == int(value) else float(value) for value in values)
    return AnswerSet(answers.task, answers.worker, index, answers.tasks, answers.workers, names)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def read_weights(name: str, labels: Sequence[Any]) -> Weights:
    """Weights by name, or from a CSV file whose first row, first column name the labels.

    A table with a diagonal of 0 is taken as disagreement: 1 − value / largest. Raises ValueError naming a missing
    label, cell or number.
    """
    for known in WEIGHT_NAMES:
        if name == known:
            return known
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"--weights {name}: neither a file nor one of {', '.join(WEIGHT_NAMES)}")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    if not rows:
        raise ValueError(f"--weights {name}: the file is empty")
    columns = {cell.strip(): place for place, cell in enumerate(rows[0]) if place}
    by_label = {row[0].strip(): row for row in rows[1:]}
    matrix = np.empty((len(labels), len(labels)))
    for i, first in enumerate(labels):
        for j, second in enumerate(labels):
            try:
                matrix[i, j] = float(by_label[str(first)][columns[str(second)]])
            except (KeyError, IndexError):
                raise ValueError(f"--weights {name}: no weight for labels {first!r}, {second!r}") from None
            except ValueError:
                raise ValueError(f"--weights {name}: the weight of {first!r}, {second!r} is no number") from None
    return _as_agreement(matrix)


def _as_agreement(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(matrix) > 1 and not np.diag(matrix).any() and np.isfinite(matrix).all() and matrix.max() > 0:
        return np.asarray(1 - matrix / matrix.max())
    return matrix


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"error: {sentence}\n")
    return 2


def _print_report(
    answers: AnswerSet, found: Mapping[str, AgreementResult], chosen: ReportOptions, as_json: bool
) -> None:
    if as_json:
        plain: dict[str, Any] = {name: result.as_dict() for name, result in found.items() if name not in ICC_TYPES}
        if MAIN_ICC in found:
            plain["icc"] = found[MAIN_ICC].as_dict() | {"types": {kind: found[kind].as_dict() for kind in ICC_TYPES}}
        limits = _limits(answers, chosen)
        if limits is not None:
            plain["bland_altman"] = limits
        sys.stdout.write(json.dumps(plain, allow_nan=False, default=str) + "\n")
        return
    level = f"{chosen.interval.confidence:.0%} interval"
    lines = [f"{'':<22}{'value':>8}  {level:<18}{'s.e.':>8}  {'method':<14}{'tasks':>9}  lower end reads as"]
    for name, result in found.items():
        lines.append(_line(name, result))
    named: dict[str, list[str]] = {}
    for name, result in found.items():
        for note in result.notes:
            named.setdefault(note, []).append(name)
    notes = [f"{', '.join(names)}: {note}" for note, names in named.items()]
    alpha = found["krippendorff_alpha"]
    if alpha.low_with_workers is not None and alpha.high_with_workers is not None:
        span = f"{alpha.low_with_workers:.3f} … {alpha.high_with_workers:.3f}"
        notes.append(f"krippendorff_alpha for workers like these (not only these): {span}")
    sys.stdout.write("\n".join([*lines, *notes]) + "\n")


def _line(name: str, result: AgreementResult) -> str:
    if result.value is None:
        return f"{name:<22}{'—':>8}  {result.reason}"
    bounds = "—" if result.low is None or result.high is None else f"{result.low:.3f} … {result.high:.3f}"
    error = "—" if result.se is None else f"{result.se:.4f}"
    words = band(result, "koo_li" if name in ICC_TYPES else "krippendorff" if "alpha" in name else "landis_koch")
    author = "Koo & Li" if name in ICC_TYPES else "Krippendorff" if "alpha" in name else "Landis & Koch"
    verdict = "" if words is None or name.startswith("percent") else f"{words} ({author})"
    reason = f"  {result.reason}" if result.reason else ""
    row = f"{name:<22}{result.value:>8.4f}  {bounds:<18}{error:>8}  {result.method or '—':<14}{result.tasks:>9}"
    return f"{row}  {verdict}{reason}".rstrip()


def _limits(answers: AnswerSet, chosen: ReportOptions) -> dict[str, Any] | None:
    used = np.unique(answers.worker)
    if chosen.scale not in ("interval", "ratio") or len(used) != 2:
        return None
    limits = bland_altman(*shared_numbers(answers, int(used[0]), int(used[1])), confidence=chosen.interval.confidence)
    return {"value": limits.bias, **{name: getattr(limits, name) for name in limits.__dataclass_fields__}}


def _print_view(by: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"by": by, "rows": rows}, allow_nan=False, default=str) + "\n")
        return
    if not rows:
        sys.stdout.write(f"no {by} to show\n")
        return
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    for line in [names, *cells]:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
