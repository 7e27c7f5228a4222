"""Sheets: made by a job, read by another library; a text is never a formula, what does not fit is said."""

from __future__ import annotations

import io
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
from cast import Cast

from crowd.errors import InvalidInput
from crowd.formats import xlsx
from crowd.formats.xlsx import write_xlsx
from crowd.models import Consensus
from crowd.queries.exports import export_blocks, plan_for, streamed_blocks
from crowd.services.export_runs import run_export
from crowd.services.exports import create_export
from crowd.services.refit import refit_project
from crowd.services.stored_files import read_blocks

pytestmark = pytest.mark.django_db


def agreed(cast: Cast) -> None:
    """Both tasks of the cast answered by two people, who agree, and fitted."""
    for worker in cast.workers[:2]:
        cast.answer(worker)
        cast.answer(worker)
    refit_project(project_id=cast.project.pk)


def exported(cast: Cast, kind: str) -> bytes:
    plan = plan_for(cast.project, kind=kind, file_format="xlsx", filters={})
    return b"".join(export_blocks(cast.project, plan))


def sheet(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_a_sheet_holds_texts_numbers_times_and_a_column_per_label(cast: Cast) -> None:
    agreed(cast)
    rows = list(sheet(exported(cast, "consensus")).values)
    fields = ("task__key", "confidence", "answers", "updated_at", "posterior")
    stored = list(Consensus.objects.order_by("id").values_list(*fields))
    labels = [f"probability of {label}" for label in ("negative", "neutral", "positive")]
    header = ["task", "label", "confidence", "answers", "model", "run", "state", "updated_at", *labels]
    assert list(rows[0]) == header
    for row, (key, confidence, answers, at, posterior) in zip(rows[1:], stored, strict=True):
        assert (row[0], row[1], row[2], row[3]) == (key, "positive", confidence, answers)
        assert abs(row[7] - at.replace(tzinfo=None)) < timedelta(milliseconds=1)
        assert list(row[8:]) == posterior
    owed = list(sheet(exported(cast, "payouts")).values)
    assert sorted(row[2] for row in owed[1:]) == [0.04, 0.04]


def test_a_text_in_a_sheet_is_never_a_formula_and_stays_what_it_was() -> None:
    texts = ["=1+1", "+cmd", "-2", "@x", "https://example.org", "12", "{=1}", "a\nb"]
    read = sheet(b"".join(write_xlsx([("a", "text")], ([text] for text in texts))))
    cells = [row[0] for row in read.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == texts
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.quotePrefix for cell in cells] == [True] * 4 + [False] * 4
    assert [cell.hyperlink for cell in cells] == [None] * 8


def test_a_sheet_is_made_by_a_job_never_streamed_and_says_what_does_not_fit(cast: Cast) -> None:
    agreed(cast)
    plan = plan_for(cast.project, kind="answers", file_format="xlsx", filters={})
    with pytest.raises(InvalidInput) as refusal:
        streamed_blocks(cast.project, plan)
    assert [problem.pointer for problem in refusal.value.problems] == ["/format"]
    job = create_export(project=cast.project, plan=plan, actor=cast.owner)
    assert run_export(export_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows) == ("finished", 4)
    assert job.file is not None
    assert sheet(b"".join(read_blocks(file=job.file))).max_row == 5
    with pytest.raises(InvalidInput, match="row 2 has 32768 characters in the column a"):
        list(write_xlsx([("a", "text")], [["x" * 32_767], ["x" * 32_768]]))
    with patch.object(xlsx, "MAX_ROWS", 2), pytest.raises(InvalidInput, match="more than 2 rows"):
        list(write_xlsx([("a", "number")], [[1.5]] * 3))


def test_whoever_gives_up_a_sheet_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    blocks = write_xlsx([("a", "number")], ([n] for n in range(10_000)))
    assert next(blocks) == b""
    assert len(list(tmp_path.iterdir())) == 1
    blocks.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
