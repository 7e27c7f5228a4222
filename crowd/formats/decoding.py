"""Bytes of an upload to text: unpacked within a limit, checked for what no row may hold."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from crowd.formats.rows import MAX_LINE_BYTES, FileProblem

GZIP = b"\x1f\x8b"
BLOCK = 1 << 20


def unpacked(blocks: Iterable[bytes], *, limit_bytes: int) -> Iterator[bytes]:
    """The blocks, unpacked if they begin like gzip; never more than a block in memory.

    Raises FileProblem when the gzip data is damaged, cut off or unpacks to more than ``limit_bytes``.
    """
    source = iter(blocks)
    first = b""
    for block in source:
        first += block
        if len(first) >= len(GZIP):
            break
    total = 0
    stream = _gunzipped(first, source) if first.startswith(GZIP) else _joined(first, source)
    for block in stream:
        total += len(block)
        if total > limit_bytes:
            raise FileProblem(f"the file unpacks to more than {limit_bytes >> 20} MiB; split it")
        yield block


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _gunzipped(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    machine = zlib.decompressobj(wbits=31)
    waiting = first
    try:
        while True:
            if machine.eof:  # a gzip file may be several, one behind the other
                waiting = machine.unused_data or next(rest, b"")
                if not waiting.strip(b"\0"):
                    return
                machine = zlib.decompressobj(wbits=31)
            out = machine.decompress(waiting, BLOCK)
            if out:
                yield out
            waiting = machine.unconsumed_tail
            if not waiting and not machine.eof:
                waiting = next(rest, b"")
                if not waiting:
                    raise FileProblem("the gzip file is cut off; send it again")
    except zlib.error as error:
        raise FileProblem(f"the gzip file is damaged ({error})") from None


def check_text(blocks: Iterable[bytes], *, is_in_lines: bool) -> Iterator[bytes]:
    """The blocks of a text file, each let through once it is known to be UTF-8 without NUL bytes.

    Raises FileProblem with the row, lines counted from 1, and on lines that are too long where a row is a line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    row, since_break = 1, 0
    for block in blocks:
        if 0 in block:
            row += block[: block.index(0)].count(b"\n")
            raise FileProblem("the row holds a NUL byte; save the file as plain UTF-8 text", row)
        waiting = decoder.getstate()[0]
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            row += (waiting + block)[: error.start].count(b"\n")
            raise FileProblem("the text is not UTF-8; save the file in the encoding UTF-8", row) from None
        last = block.rfind(b"\n")
        since_break = since_break + len(block) if last < 0 else len(block) - last - 1
        row += block.count(b"\n")
        if is_in_lines and since_break > MAX_LINE_BYTES:
            raise FileProblem(f"the row is longer than {MAX_LINE_BYTES >> 20} MiB", row)
        yield block
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileProblem("the text is not UTF-8; save the file in the encoding UTF-8", row) from None


class _Blocks(io.RawIOBase):
    """A raw stream over an iterator of blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._left = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        target = memoryview(buffer)
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = memoryview(block)
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def as_bytes(blocks: Iterator[bytes]) -> io.BufferedReader:
    """A file-like view of the blocks."""
    return io.BufferedReader(_Blocks(blocks), BLOCK)


def as_text(blocks: Iterator[bytes]) -> TextIO:
    """The blocks as lines of text with their ends, a byte order mark left out; `check_text` has seen them."""
    return io.TextIOWrapper(as_bytes(blocks), encoding="utf-8-sig", newline="")
