"""Counts label patterns per task in SQL, so that agreement over millions of answers reads a few hundred rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from crowd.models import Answer, Enrolment, Project
from quality.agreement import PatternTable

# Each label's count takes a byte of a 64-bit sum: seven labels to a word, below the sign bit.
LABELS_PER_WORD = 7
MOST_ANSWERS = 255
# Beyond this many labels a pattern is rarely shared by two tasks, and the rows are read instead.
MOST_LABELS = 28
# Whose answers: people's, models', or everybody's.
GROUPS: dict[str, bool | None] = {"humans": False, "models": True, "everyone": None}


def pattern_tables(project: Project) -> dict[str, PatternTable] | None:
    """The histograms of label counts over the project's real tasks, per group: "humans", "models", "everyone".

    None where they cannot be made in SQL: too many labels, or more than 255 answers to a task. One pass over the
    index ``answer_patterns``, in its order, makes all three.
    """
    n_labels = len(project.labels)
    if n_labels > MOST_LABELS:
        return None
    words = range(-(-n_labels // LABELS_PER_WORD))
    sums = ", ".join(_word(word, n_labels, is_model) for is_model in (False, True) for word in words)
    names = ", ".join(_name(word, is_model) for is_model in (False, True) for word in words)
    statement = f"""
        SELECT {names}, COUNT(*), MAX(n) FROM (
            SELECT {sums}, COUNT(*) AS n FROM crowd_answer
            WHERE project_id = %s AND NOT is_gold AND label_index IS NOT NULL
            GROUP BY task_id
        ) AS tasks GROUP BY {names}
    """  # noqa: S608  only numbers of our own are written into the statement
    with connection.cursor() as cursor:
        cursor.execute(statement, [project.pk])
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2 * len(words) + 2)
    if len(rows) and rows[:, -1].max() > MOST_ANSWERS:
        return None
    humans = _unpacked(rows[:, : len(words)], n_labels)
    models = _unpacked(rows[:, len(words) : 2 * len(words)], n_labels)
    patterns = {"humans": humans, "models": models, "everyone": humans + models}
    return {
        group: _table(patterns[group], rows[:, -2], _workers(project, is_model)) for group, is_model in GROUPS.items()
    }


def _table(patterns: NDArray[np.int64], multiplicity: NDArray[np.int64], workers: int) -> PatternTable:
    """Patterns that have become equal are counted together; tasks without answers of the group are left out."""
    answered = patterns.sum(axis=1) > 0
    distinct, place = np.unique(patterns[answered], axis=0, return_inverse=True)
    counts = np.bincount(place.ravel(), weights=multiplicity[answered], minlength=len(distinct))
    return PatternTable(distinct, counts.astype(np.int64), range(patterns.shape[1]), workers)


def _unpacked(words: NDArray[np.int64], n_labels: int) -> NDArray[np.int64]:
    """Label counts (rows, K) from the bytes of the words."""
    places: Iterable[tuple[int, int]] = (divmod(label, LABELS_PER_WORD) for label in range(n_labels))
    return np.stack([(words[:, word] >> (8 * byte)) & 255 for word, byte in places], axis=1)


def _name(word: int, is_model: bool) -> str:
    return f"{'m' if is_model else 'h'}{word}"


def _word(word: int, n_labels: int, is_model: bool) -> str:
    """SQL that sums the labels of one word, each in a byte of its own."""
    first = word * LABELS_PER_WORD
    last = min(first + LABELS_PER_WORD, n_labels)
    shift = f"(CAST(1 AS bigint) << (8 * (label_index - {first})))"
    kind = "is_model" if is_model else "NOT is_model"
    cell = f"CASE WHEN {kind} AND label_index >= {first} AND label_index < {last} THEN {shift} ELSE 0 END"
    return f"CAST(SUM({cell}) AS bigint) AS {_name(word, is_model)}"


def _workers(project: Project, is_model: bool | None) -> int:
    """Workers who answered a real task: one probe of an index per enrolment, not a scan of the answers."""
    answered = Answer.objects.filter(
        project=project, worker=OuterRef("worker"), is_gold=False, label_index__isnull=False
    )
    if is_model is not None:
        answered = answered.filter(is_model=is_model)
    return Enrolment.objects.filter(Exists(answered), project=project).count()
