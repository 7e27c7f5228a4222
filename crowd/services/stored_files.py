"""Keeps files as chunks in the database, written and read a chunk at a time."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crowd.errors import InvalidInput
from crowd.models import FileChunk, Project, StoredFile

CHUNK_BYTES = 1 << 20
# Deflated lightly: text shrinks to a quarter, at a cost that storing the rest would exceed.
LEVEL = 1
# A file that is not complete after this long never will be.
ARRIVES_WITHIN = timedelta(hours=6)


def store_file(*, project: Project, blocks: Iterable[bytes], limit_bytes: int, keep: timedelta) -> StoredFile:
    """Store blocks of bytes as a file, each chunk in a transaction of its own: an upload holds nothing up.

    Raises InvalidInput when there is nothing or more than ``limit_bytes``; what was stored is thrown away then.
    """
    now = timezone.now()
    file = StoredFile.objects.create(project=project, expires_at=now + ARRIVES_WITHIN)
    digest = hashlib.sha256()
    number, size, waiting = 0, 0, bytearray()
    try:
        for block in blocks:
            size += len(block)
            if size > limit_bytes:
                raise InvalidInput(f"the file has more than {limit_bytes >> 20} MiB; split it or send it as gzip")
            digest.update(block)
            waiting += block
            while len(waiting) >= CHUNK_BYTES:
                _store(file, number, bytes(waiting[:CHUNK_BYTES]))
                del waiting[:CHUNK_BYTES]
                number += 1
        if waiting:
            _store(file, number, bytes(waiting))
        if not size:
            raise InvalidInput("the file is empty; send its bytes as the body, with their Content-Length")
    except BaseException:
        discard_file(file=file)
        raise
    file.size_bytes, file.sha256, file.is_complete = size, digest.hexdigest(), True
    file.expires_at = timezone.now() + keep
    file.save(update_fields=["size_bytes", "sha256", "is_complete", "expires_at"])
    return file


def read_blocks(*, file: StoredFile) -> Iterator[bytes]:
    """The bytes of a complete file, a chunk at a time: a query each, so that no cursor stays open meanwhile."""
    number = 0
    while True:
        data = FileChunk.objects.filter(file=file, number=number).values_list("data", flat=True).first()
        if data is None:
            return
        yield zlib.decompress(bytes(data))
        number += 1


def discard_file(*, file: StoredFile) -> None:
    """Throw a file away, in pieces: one statement over a gigabyte would hold up every other writer on SQLite."""
    while True:
        numbers = list(FileChunk.objects.filter(file=file).values_list("number", flat=True)[:16])
        if not numbers:
            break
        FileChunk.objects.filter(file=file, number__in=numbers).delete()
    StoredFile.objects.filter(pk=file.pk).delete()


def discard_expired(*, at: datetime) -> int:
    """Throw away the files whose time is over; returns how many."""
    expired = list(StoredFile.objects.filter(expires_at__lt=at).order_by("expires_at")[:20])
    for file in expired:
        discard_file(file=file)
    return len(expired)


def _store(file: StoredFile, number: int, data: bytes) -> None:
    with transaction.atomic():
        FileChunk.objects.create(file=file, number=number, data=zlib.compress(data, LEVEL))
