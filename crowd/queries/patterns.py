"""Counts label patterns per task in SQL, so that agreement over millions of answers reads a few hundred rows."""

from __future__ import annotations

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef

from crowd.models import Answer, Enrolment, Project
from quality.agreement import PatternTable

# Each label's count takes a byte of a 64-bit sum: seven labels to a word, below the sign bit.
LABELS_PER_WORD = 7
MOST_ANSWERS = 255
# Beyond this many labels a pattern is rarely shared by two tasks, and the rows are read instead.
MOST_LABELS = 28


def pattern_table(project: Project, *, is_model: bool | None) -> PatternTable | None:
    """The histogram of label counts over the project's real tasks, from people, models (``is_model``) or both (None).

    None where it cannot be made in SQL: too many labels, or more than 255 answers to a task. Made from the index
    ``answer_patterns`` alone.
    """
    n_labels = len(project.labels)
    if n_labels > MOST_LABELS:
        return None
    words = -(-n_labels // LABELS_PER_WORD)
    sums = ", ".join(_word(w, n_labels) for w in range(words))
    names = ", ".join(f"w{w}" for w in range(words))
    kinds = "" if is_model is None else "AND is_model = %s"
    statement = f"""
        SELECT {names}, COUNT(*), MAX(n) FROM (
            SELECT {sums}, COUNT(*) AS n FROM crowd_answer
            WHERE project_id = %s AND NOT is_gold AND label_index IS NOT NULL {kinds}
            GROUP BY task_id
        ) AS tasks GROUP BY {names}
    """  # noqa: S608  only numbers of our own are written into the statement
    with connection.cursor() as cursor:
        cursor.execute(statement, [project.pk, *([] if is_model is None else [is_model])])
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, words + 2)
    if len(rows) and rows[:, -1].max() > MOST_ANSWERS:
        return None
    patterns = np.stack(
        [(rows[:, label // LABELS_PER_WORD] >> (8 * (label % LABELS_PER_WORD))) & 255 for label in range(n_labels)],
        axis=1,
    )
    return PatternTable(patterns, rows[:, -2], range(n_labels), _workers(project, is_model))


def _word(word: int, n_labels: int) -> str:
    """SQL that sums the labels of one word, each in a byte of its own."""
    first = word * LABELS_PER_WORD
    last = min(first + LABELS_PER_WORD, n_labels)
    shift = f"(CAST(1 AS bigint) << (8 * (label_index - {first})))"
    cell = f"CASE WHEN label_index >= {first} AND label_index < {last} THEN {shift} ELSE 0 END"
    return f"CAST(SUM({cell}) AS bigint) AS w{word}"


def _workers(project: Project, is_model: bool | None) -> int:
    """Workers who answered a real task: one probe of an index per enrolment, not a scan of the answers."""
    answered = Answer.objects.filter(
        project=project, worker=OuterRef("worker"), is_gold=False, label_index__isnull=False
    )
    if is_model is not None:
        answered = answered.filter(is_model=is_model)
    return Enrolment.objects.filter(Exists(answered), project=project).count()
