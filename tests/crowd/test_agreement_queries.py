"""Agreement of a project: the histogram made in SQL says what the rows say."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from cast import Cast, make_cast

from crowd.enums import WorkerKind
from crowd.queries import patterns
from crowd.queries.agreement import measure_agreement
from crowd.queries.answers import labelled, read_answers
from crowd.queries.patterns import GROUPS, pattern_tables
from crowd.services.workers import NewWorker, add_workers
from quality.agreement import PatternTable, krippendorff_alpha

pytestmark = pytest.mark.django_db


def answered(n_labels: int = 3, scale: str = "nominal") -> Cast:
    """Four people answer eight tasks and two golds at random, and a model answers the tasks."""
    labels = tuple({"value": str(i), "title": str(i)} for i in range(n_labels))
    cast = make_cast(tasks=8, min_overlap=4, max_overlap=4, labels=labels, scale=scale)
    cast.gold(2, "1")
    cast.configure(gold_rate=0.3)
    rng = random.Random(7)
    (model,) = add_workers(
        project=cast.project, workers=[NewWorker(name="m", kind=WorkerKind.CLASSIFIER)], actor=cast.owner
    )
    for worker in [*cast.workers, model.worker]:
        while cast.claim(worker).assignment is not None:
            cast.answer(worker, str(min(n_labels - 1, rng.choice([0, 1, 1, 2, n_labels - 1]))))
    return cast


def as_set(table: PatternTable) -> set[tuple[tuple[int, ...], int]]:
    kept = table.patterns.sum(axis=1) > 0
    return {
        (tuple(row), int(n)) for row, n in zip(table.patterns[kept].tolist(), table.multiplicity[kept], strict=True)
    }


@pytest.mark.parametrize("n_labels", [2, 3, 7, 8, 15])
@pytest.mark.parametrize("is_model", [None, False, True])
def test_the_histogram_in_sql_is_that_of_the_rows(n_labels: int, is_model: bool | None) -> None:
    cast = answered(n_labels)
    rows = labelled(cast.project).filter(is_gold=False)
    if is_model is not None:
        rows = rows.filter(is_model=is_model)
    expected = PatternTable.from_answers(read_answers(rows, cast.project).answers)
    tables = pattern_tables(cast.project)
    assert tables is not None
    (table,) = [tables[group] for group in GROUPS if GROUPS[group] is is_model]
    assert as_set(table) == as_set(expected)
    assert table.workers == expected.workers


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_the_figures_are_the_librarys(scale: str) -> None:
    cast = answered(3, scale)
    read = read_answers(labelled(cast.project).filter(is_gold=False, is_model=False), cast.project).answers
    expected = krippendorff_alpha(read, scale=scale)  # type: ignore[arg-type]
    alpha = measure_agreement(cast.project)["humans"]["krippendorff_alpha"]
    assert expected.value is not None
    assert alpha["value"] == pytest.approx(expected.value)
    assert alpha["low"] < alpha["value"] < alpha["high"]
    assert (alpha["tasks"], alpha["answers"]) == (expected.tasks, expected.answers)


def test_too_many_labels_are_read_row_by_row_with_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = answered(8)
    by_sql = measure_agreement(cast.project)
    monkeypatch.setattr(patterns, "MOST_LABELS", 1)
    by_rows = measure_agreement(cast.project)
    for metric, figure in by_sql["everyone"].items():
        assert figure["value"] == pytest.approx(by_rows["everyone"][metric]["value"])


def test_a_hundred_labels_have_figures_too() -> None:
    figures = measure_agreement(answered(100).project)["humans"]
    assert figures["krippendorff_alpha"]["answers"] == 32
    assert figures["krippendorff_alpha"]["value"] is not None


def test_a_project_without_answers_has_reasons_and_no_values() -> None:
    cast = make_cast()
    figures = measure_agreement(cast.project)
    assert {group: {figure["value"] for figure in rows.values()} for group, rows in figures.items()} == {
        "humans": {None},
        "models": {None},
        "everyone": {None},
    }
    assert all(figure["reason"] for rows in figures.values() for figure in rows.values())


def test_nothing_in_the_figures_is_unknown_to_json() -> None:
    figures = measure_agreement(answered().project)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert np.isfinite(figures["humans"]["gwet_ac1"]["value"])
