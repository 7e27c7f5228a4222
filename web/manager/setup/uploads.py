"""Adding tasks and golds from files: the upload, how far it is, what is wrong row by row, a file to begin with."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crowd.enums import AnswerType, ImportState
from crowd.errors import DomainError, InvalidInput
from crowd.models import Import, Project
from crowd.queries.exports import imports_of
from crowd.queries.outlook import contents_of
from crowd.services.imports import FINAL, cancel_import, create_import, kept_for, plan_import
from crowd.services.stored_files import discard_file, store_file
from web.manager.access import READ, WRITE, for_managers, user_of
from web.manager.setup.jobs import job_for
from web.manager.setup.steps import steps_of
from web.manager.setup.views import JOB_OF_SESSION
from web.refusals import sentence_for

NEWEST = 5
PROBLEMS = 20
STEPS = ("tasks", "golds")
# Payloads of these hold lists, which one line of text cannot say.
NO_LINES = (AnswerType.PAIRWISE, AnswerType.RANKING)


class UploadForm(forms.Form):
    """A file, or the texts themselves."""

    file = forms.FileField(
        label=gettext_lazy("A file: CSV, TSV, JSONL, JSON of Label Studio, Parquet"),
        required=False,
        allow_empty_file=True,
    )
    lines = forms.CharField(
        label=gettext_lazy("Or paste texts, each line a task"),
        required=False,
        max_length=5_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )


@dataclass(frozen=True)
class ImportLine:
    """An import with the first rows that are wrong, and that seem to hold personal data."""

    job: Import
    problems: list[Any]
    warnings: list[Any]

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.job.state not in FINAL

    @property
    def more(self) -> int:
        """Further bad rows."""
        return max(0, self.job.rows_failed - len(self.problems))


@for_managers([*READ, *WRITE])
def tasks(request: HttpRequest, project: Project) -> HttpResponse:
    """Tasks from a file, or from pasted lines."""
    return _step(request, project, "tasks")


@for_managers([*READ, *WRITE])
def golds(request: HttpRequest, project: Project) -> HttpResponse:
    """Golds from a file: tasks with their right answers, and why."""
    return _step(request, project, "golds")


@for_managers()
def imports(request: HttpRequest, project: Project, step: str) -> HttpResponse:
    """How far the imports are, as the part of the page that renews itself."""
    return render(request, "manager/setup/imports.html", _context(project, _known(step)))


@for_managers()
def example(request: HttpRequest, project: Project, step: str) -> HttpResponse:
    """A file of the right columns to fill in: CSV, or JSONL where a task holds a list."""
    job = job_for(project.answer_type, request.session.get(f"{JOB_OF_SESSION}-{project.uid}"))
    gold = {"gold": job.right, "reason": _("Why this is the right answer")} if _known(step) == "golds" else {}
    key = "gold-1" if gold else "task-1"
    if any(isinstance(value, list) for value in job.sample.values()):
        entry: dict[str, Any] = {"key": key, "payload": job.sample}
        if gold:
            entry["gold"] = {"labels": [_as_value(gold["gold"])], "reason": gold["reason"]}
        return _file(json.dumps(entry, ensure_ascii=False) + "\n", f"{step}.jsonl", "application/jsonl")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    row = {"key": key, **job.sample, **({**gold, "gold": _as_cell(project, gold["gold"])} if gold else {})}
    writer.writerows([list(row), list(row.values())])
    return _file(out.getvalue(), f"{step}.csv", "text/csv")


@for_managers(WRITE)
def cancel(request: HttpRequest, project: Project, upload: uuid.UUID) -> HttpResponse:
    """Stop an import; what is written stays."""
    job = imports_of(project).filter(uid=upload).first()
    if job is None:
        raise Http404("there is no such import")
    try:
        cancel_import(job=job)
    except DomainError as refusal:
        messages.warning(request, sentence_for(refusal))
    return redirect("setup-tasks", project.uid)


def _step(request: HttpRequest, project: Project, step: str) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if step == "golds" or project.answer_type in NO_LINES:
        del form.fields["lines"]
    if request.method == "POST" and form.is_valid() and _take_in(request, project, form):
        return redirect(f"setup-{step}", project.uid)
    context = _context(project, step) | {
        "form": form,
        "steps": steps_of(project),
        "answer_type": project.answer_type,
        "right": job_for(project.answer_type).right,
    }
    return render(request, f"manager/setup/{step}.html", context)


def _take_in(request: HttpRequest, project: Project, form: forms.Form) -> bool:
    """Store what was sent and queue its import; else say at the form what is wrong."""
    file, lines = form.cleaned_data.get("file"), form.cleaned_data.get("lines", "")
    if file is None and not lines.strip():
        form.add_error("file", _("Choose a file first."))
        return False
    name = str(file.name)[:200] if file is not None else _("pasted lines")
    try:
        plan = plan_import(name=name, mapping=[], file_format="" if file is not None else "jsonl")
        blocks = file.chunks() if isinstance(file, UploadedFile) else _lines(lines)
        stored = store_file(project=project, blocks=blocks, limit_bytes=settings.IMPORT_MAX_BYTES, keep=kept_for())
    except InvalidInput as refusal:
        # The domain speaks to callers of the API there.
        form.add_error("file", _("The file is empty.") if file is not None and not file.size else refusal.detail)
        return False
    try:
        create_import(project=project, file=stored, plan=plan, actor=user_of(request))
    except BaseException:
        discard_file(file=stored)
        raise
    return True


def _context(project: Project, step: str) -> dict[str, Any]:
    jobs = list(imports_of(project).order_by("-id")[:NEWEST])
    lines = [
        ImportLine(job, _first(job, job.rows_failed, is_warning=False), _first(job, job.rows_with_pii, is_warning=True))
        for job in jobs
    ]
    return {
        "project": project,
        "step": step,
        "contents": contents_of(project),
        "imports": lines,
        "is_running": any(line.is_running for line in lines),
        "failed": ImportState.FAILED,
    }


def _lines(text: str) -> Iterator[bytes]:
    for line in text.splitlines():
        if line.strip():
            yield (json.dumps({"payload": {"text": line.strip()}}) + "\n").encode()


def _known(step: str) -> str:
    if step not in STEPS:
        raise Http404("there is no such step")
    return step


def _as_value(right: str) -> Any:
    return json.loads(right) if right.startswith("[") else right


def _as_cell(project: Project, right: str) -> str:
    """A list is one right answer out of several labels there: a list of lists would be several right answers."""
    return json.dumps([_as_value(right)]) if project.answer_type == AnswerType.MULTIPLE_CHOICE else right


def _file(text: str, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _first(job: Import, count: int, *, is_warning: bool) -> list[Any]:
    return list(job.problems.filter(is_warning=is_warning).order_by("id")[:PROBLEMS]) if count else []
