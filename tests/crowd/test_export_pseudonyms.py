"""No export, in any format, holds the name or the address of a person."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from cast import Cast

from crowd.enums import ExportFormat, ExportKind
from crowd.models import User, Worker
from crowd.policies.exports import FORMATS
from crowd.queries.exports import export_blocks, plan_for

pytestmark = pytest.mark.django_db

ALL = [(kind, file_format) for kind in ExportKind for file_format in FORMATS[kind]]


@pytest.fixture
def planted(cast: Cast) -> list[str]:
    """Everybody's name and address, none of which occurs anywhere else; there is something of each kind to export."""
    for number, user in enumerate(User.objects.order_by("pk")):
        user.email, user.name = f"secretmail{number}@private.example", f"Secretname{number}"
        user.save(update_fields=["email", "name"])
    for worker in Worker.objects.all():
        worker.name = f"Secretworker{worker.pk}"
        worker.save(update_fields=["name"])
    cast.gold(1)
    for worker in cast.workers[:2]:
        cast.answer(Worker.objects.get(pk=worker.pk))
    return ["secretmail", "secretname", "secretworker", "private.example"]


def text_of(content: bytes, file_format: str) -> str:
    if file_format == ExportFormat.XLSX:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    if file_format == ExportFormat.PARQUET:
        parquet = pytest.importorskip("pyarrow.parquet")
        content = json.dumps(parquet.read_table(io.BytesIO(content)).to_pylist(), default=str).encode()
    return content.decode(errors="replace").lower()


@pytest.mark.parametrize(("kind", "file_format"), ALL)
def test_no_export_names_a_person(cast: Cast, planted: list[str], kind: str, file_format: str) -> None:
    plan = plan_for(cast.project, kind=kind, file_format=file_format, filters={})
    content = b"".join(export_blocks(cast.project, plan))
    assert [word for word in planted if word in text_of(content, file_format)] == []
    if kind in (ExportKind.ANSWERS, ExportKind.TRUST) and file_format in (ExportFormat.CSV, ExportFormat.JSONL):
        assert str(cast.worker.uid) in text_of(content, file_format)  # a pseudonym stands in its place
