"""Imports: a file is taken in as a stream, then a job carries it out while the caller polls."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict, StreamingHttpResponse
from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page_body
from api.serializers.lists import page_of
from api.serializers.transfers import (
    ImportDetailOutput,
    ImportInput,
    ImportOutput,
    TransferPageInput,
    import_body,
    import_detail,
)
from api.views.base import AssayView, PostView, once_per_key
from crowd.errors import InvalidInput
from crowd.formats.tables import guarded
from crowd.models import Import
from crowd.queries.export_rows import pages_of
from crowd.queries.exports import import_for, imports_of
from crowd.services.idempotency import Outcome
from crowd.services.imports import cancel_import, create_import, kept_for
from crowd.services.stored_files import discard_file, store_file

BLOCK = 1 << 16
# What a multipart body holds besides the file.
FRAME_BYTES = 1 << 16


class WholeStream:
    """A body that must reach its declared length: a web server hands on one that broke off as if it had ended."""

    def __init__(self, stream: IO[bytes], length: str) -> None:
        self._stream = stream
        self._left = int(length) if length.isdigit() else 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises ParseError at an end that comes too early."""
        block = self._stream.read(size)
        self._left -= len(block)
        if not block and size != 0 and self._left > 0:
            raise ParseError("the upload broke off; nothing was imported")
        return block


class StreamParser(BaseParser):
    """Hands on the body as it comes, whatever it is."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The stream itself."""
        return WholeStream(stream, _length(parser_context))


class WholeFormParser(MultiPartParser):
    """Takes a form apart that has come to its end."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The form's parts."""
        whole = WholeStream(stream, _length(parser_context))
        parts = super().parse(whole, media_type, parser_context)
        while whole.read(BLOCK):
            pass
        return parts


def _length(parser_context: Any) -> str:
    return str(parser_context["request"].META.get("CONTENT_LENGTH") or "")


class ImportsView(AssayView):
    """The imports of a project."""

    parser_classes = [WholeFormParser, StreamParser]
    query_serializer = TransferPageInput
    post_query_serializer = ImportInput
    input_serializer = {  # type: ignore[assignment]  # a file, not an object
        "application/octet-stream": {"type": "string", "format": "binary"},
        "multipart/form-data": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "format": "binary"}},
        },
    }
    replies = {"GET": {200: page_of(ImportOutput)}, "POST": {202: ImportDetailOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The imports of a project, the newest first."""
        rows = imports_of(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), import_body, order="-id"))

    def post(self, request: Request, project: uuid.UUID) -> Response:
        """Import the file that is the body, or its part `file`; the reply names the address to poll."""
        row, user = self.project(request, project), self.user(request)
        _refuse_length(request)
        stream, options, name = _parts(request)
        serializer = ImportInput(data=options)
        serializer.is_valid(raise_exception=True)
        plan = serializer.plan(name)
        file = store_file(project=row, blocks=_blocks(stream), limit_bytes=settings.IMPORT_MAX_BYTES, keep=kept_for())

        def act() -> Outcome:
            return Outcome(202, import_detail(create_import(project=row, file=file, plan=plan, actor=user)))

        key = request.headers.get("Idempotency-Key", "")
        try:
            if key:
                # The file's sum stands for the file: its bytes are not kept in memory to be compared.
                body = {"sha256": file.sha256, **{name: str(value) for name, value in vars(plan).items()}}
                outcome, is_replay = once_per_key(
                    key=key, user=user, method="POST", path=request.path, body=body, act=act
                )
            else:
                outcome, is_replay = act(), False
        except BaseException:
            discard_file(file=file)
            raise
        response = Response(outcome.body, status=outcome.status)
        if is_replay:
            discard_file(file=file)
            response["Idempotent-Replay"] = "true"
        return response


class OwnImportView(AssayView):
    """What finds the import of an address."""

    def job(self, request: Request, upload: uuid.UUID) -> Import:
        """The import, if the caller manages its project."""
        return import_for(uid=upload, user=self.user(request), roles=self.roles(request))


class ImportView(OwnImportView):
    """One import."""

    replies = {"GET": {200: ImportDetailOutput}}

    def get(self, request: Request, upload: uuid.UUID) -> Response:
        """How far it is, what it has made, the first rows that are wrong."""
        return Response(import_detail(self.job(request, upload)))


class ImportErrorsView(OwnImportView):
    """The bad rows of an import."""

    replies = {"GET": {(200, "text/csv"): {"type": "string"}}}

    def get(self, request: Request, upload: uuid.UUID) -> StreamingHttpResponse:
        """All errors and warnings that are recorded, the first 10,000 of each, as CSV: row, column, detail, kind."""
        job = self.job(request, upload)
        response = StreamingHttpResponse(_errors(job), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{job.uid}-errors.csv"'
        return response


class ImportCancelView(PostView, OwnImportView):
    """Stops an import."""

    replies = {"POST": {200: ImportDetailOutput}}

    def act(self, request: Request, *, upload: uuid.UUID, **kwargs: Any) -> Outcome:
        """Stop it before its next chunk; what is written stays written."""
        return Outcome(200, import_detail(cancel_import(job=self.job(request, upload))))


def _refuse_length(request: Request) -> None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > settings.IMPORT_MAX_BYTES + FRAME_BYTES:
        raise InvalidInput(f"the file has more than {settings.IMPORT_MAX_BYTES >> 20} MiB; split it or send it as gzip")


def _parts(request: Request) -> tuple[IO[bytes] | WholeStream | None, QueryDict, str]:
    """The stream of the file, the options, the file's name."""
    options = request.query_params.copy()
    data = request.data
    if not isinstance(data, QueryDict):
        # Without a body there is nothing to read from.
        return (data if hasattr(data, "read") else None), options, ""
    file = request.FILES.get("file")
    if file is None:
        if request.FILES or data:
            raise InvalidInput("the file must be the part 'file' of the form")
        return None, options, ""
    for name in data:
        options.setlist(name, data.getlist(name))
    return file, options, str(file.name or "")[:200]


def _blocks(stream: IO[bytes] | WholeStream | None) -> Iterator[bytes]:
    if stream is None:
        return
    try:
        while block := stream.read(BLOCK):
            yield block
    except UnreadablePostError as error:
        raise ParseError("the upload broke off; nothing was imported") from error


def _errors(job: Import) -> Iterator[bytes]:
    yield b"row,column,detail,kind\r\n"
    for page in pages_of(job.problems.all(), ("row", "column", "detail", "is_warning"), 1000):
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows(
            [row, guarded(column), guarded(detail), "warning" if is_warning else "error"]
            for _, row, column, detail, is_warning in page
        )
        yield stream.getvalue().encode()
