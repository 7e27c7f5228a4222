"""The sub-command ``aggregate``: a file of answers in, a file with each task's consensus out."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from quality.aggregation import MODELS
from quality.errors import ConvergenceWarning
from quality.files import read_answers, read_gold, write_consensus, written_whole
from quality.progress import listening
from quality.results import AggregationResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m quality aggregate``."""
    parser.add_argument("answers", type=Path, help="CSV or Parquet file with the columns task, worker, label")
    parser.add_argument("--model", choices=sorted(MODELS), default="auto", help="default: %(default)s")
    parser.add_argument("--gold", type=Path, help="file with the columns task, label: right labels that we know")
    parser.add_argument("--labels", help="the label set in its order, separated by commas; other labels are errors")
    parser.add_argument(
        "--repeats",
        choices=("error", "keep"),
        default="error",
        help="what a worker's second answer to a task is: an error (default), or kept as one more answer",
    )
    parser.add_argument("--out", type=Path, help="where to write the consensus; standard output without it")


def run(options: argparse.Namespace) -> int:
    """Aggregate; returns 0, or 2 after one sentence on standard error, with nothing written."""
    source = options.answers
    try:
        if options.out is not None and not options.out.parent.is_dir():
            raise FileNotFoundError(f"{options.out.parent}: there is no such folder to write to")
        labels = None if options.labels is None else [label.strip() for label in options.labels.split(",")]
        answers = read_answers(source, labels=labels, repeats=options.repeats)
        gold = None
        if options.gold is not None:
            source = options.gold
            gold = read_gold(source)
            answers.gold_index(gold)
        with warnings.catch_warnings(record=True) as caught, listening(_show_progress):
            warnings.simplefilter("always", ConvergenceWarning)
            result = MODELS[options.model]().fit(answers, gold=gold)
        if options.out is None:
            write_consensus(sys.stdout, result)
        else:
            with written_whole(options.out) as stream:
                write_consensus(stream, result)
    except FileNotFoundError as error:
        return _refuse(str(error) if error.filename is None else f"{error.filename}: there is no such file")
    except OSError as error:
        return _refuse(f"{error.filename or source}: {error.strerror or error}")
    except ValueError as error:
        return _refuse(f"{source}: {error}")
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for warning in caught:
        sys.stderr.write(f"warning: {warning.message}\n")
    (sys.stderr if options.out is None else sys.stdout).write(_summary(result) + "\n")
    return 0


def _show_progress(model: str, done: int, most: int) -> None:
    """One line that rewrites itself, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{model}: iteration {done} of at most {most} ")
        sys.stderr.flush()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"error: {sentence}\n")
    return 2


def _summary(result: AggregationResult) -> str:
    lines = [
        f"{result.model}: {len(result.tasks)} tasks, {len(result.workers)} workers, {len(result.labels)} labels"
        + (f", {result.n_iter} iterations" if result.n_iter else "")
    ]
    if result.ties.any():
        lines.append(f"ties: {int(result.ties.sum())} (the first of the labels was taken)")
    lines.extend(result.notes)
    return "\n".join(lines)
