"""The compiled scan of a plain CSV file: one column's values become indexes into the values found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
Code = TypeVar("Code", bound=Callable[..., Any])

COMMA, NEWLINE, RETURN, QUOTE, NUL = 44, 10, 13, 34, 0


def compiled(function: Code) -> Code:
    """The function compiled at its first call, or loaded from the cache beside this file."""
    return cast(Code, njit(cache=True, nogil=True)(function))


@compiled
def index_column(data: Array, start: int, n_columns: int, place: int, n_rows: int) -> tuple[int, Array, Array]:
    """Index the values of column ``place`` in the rows from byte ``start``; blank lines are skipped.

    Returns the number of rows, each row's index (n_rows,), and the bytes of the values found with a newline after
    each. The number is -1 when the file is not plain: a quote inside a value, a NUL, a ragged row, an empty cell, a
    lone carriage return.
    """
    failed = (-1, np.empty(0, np.int32), np.empty(0, np.uint8))
    out = np.empty(n_rows, np.int32)
    # A slot holds 32 bits of the value's hash above its index + 1: most misses end there. Values are copied side by
    # side, because comparing them where they stand in a large file would miss the cache on every row.
    slots = np.zeros(1024, np.uint64)
    values = np.empty(1 << 14, np.uint8)
    offsets = np.zeros(513, np.int64)
    hashes = np.empty(512, np.uint64)
    found = 0
    rows = 0
    size = len(data)
    at = start
    while at < size:
        if data[at] == NEWLINE or (data[at] == RETURN and at + 1 < size and data[at + 1] == NEWLINE):
            at += 1 if data[at] == NEWLINE else 2
            continue
        column = 0
        low = at
        value_low = at
        value_high = at
        while True:
            if at == low and at < size and data[at] == QUOTE:
                at += 1
                while at < size and data[at] != QUOTE and data[at] != NEWLINE and data[at] != NUL:
                    at += 1
                if at >= size or data[at] != QUOTE:
                    return failed
                at += 1
                if at < size and data[at] != COMMA and data[at] != NEWLINE and data[at] != RETURN:
                    return failed
            byte = data[at] if at < size else NEWLINE
            if byte in (QUOTE, NUL):
                return failed
            if byte in (COMMA, NEWLINE):
                high = at
                if byte == NEWLINE and high > low and data[high - 1] == RETURN:
                    high -= 1
                if column == place:
                    value_low, value_high = low, high
                    if low < size and data[low] == QUOTE:
                        value_low, value_high = low + 1, high - 1
                    if value_low >= value_high:
                        return failed
                column += 1
                low = at + 1
                at += 1
                if byte == NEWLINE:
                    break
            elif byte == RETURN and at + 1 < size and data[at + 1] != NEWLINE:
                return failed
            else:
                at += 1
        if column != n_columns or rows >= n_rows:
            return failed
        # Files come sorted by task more often than not: the value of the row before is tried first.
        if rows > 0 and _is_value(data, value_low, value_high, values, offsets, out[rows - 1]):
            out[rows] = out[rows - 1]
            rows += 1
            continue
        code = np.uint64(14695981039346656037)
        for i in range(value_low, value_high):
            code = (code ^ np.uint64(data[i])) * np.uint64(1099511628211)
        code ^= code >> np.uint64(29)
        mask = np.uint64(len(slots) - 1)
        slot = code & mask
        index: Any = -1
        while slots[slot] != 0:
            if (slots[slot] ^ code) >> np.uint64(32) == 0:
                known = np.int64(slots[slot] & np.uint64(0xFFFFFFFF)) - 1
                if _is_value(data, value_low, value_high, values, offsets, known):
                    index = known
                    break
            slot = (slot + np.uint64(1)) & mask
        if index < 0:
            index = found
            slots[slot] = (code >> np.uint64(32) << np.uint64(32)) | np.uint64(found + 1)
            hashes[found] = code
            end = offsets[found] + value_high - value_low + 1
            while end > len(values):
                values = np.concatenate((values, np.empty_like(values)))
            values[offsets[found] : end - 1] = data[value_low:value_high]
            values[end - 1] = NEWLINE
            found += 1
            offsets[found] = end
            if found == len(hashes):
                offsets = np.concatenate((offsets, np.zeros(found, np.int64)))
                hashes = np.concatenate((hashes, np.empty_like(hashes)))
                slots = _placed(hashes[:found], len(slots) * 2)
        out[rows] = index
        rows += 1
    return rows, out[:rows], values[: offsets[found]]


@compiled
def _is_value(data: Array, low: int, high: int, values: Array, offsets: Array, index: Any) -> bool:
    start = offsets[index]
    if high - low != offsets[index + 1] - start - 1:
        return False
    for i in range(high - low):  # noqa: SIM110 (a generator expression does not compile)
        if data[low + i] != values[start + i]:
            return False
    return True


@compiled
def _placed(hashes: Array, size: int) -> Array:
    """A table of ``size`` slots with the values of these hashes in it."""
    slots = np.zeros(size, np.uint64)
    mask = np.uint64(size - 1)
    for known in range(len(hashes)):
        slot = hashes[known] & mask
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = (hashes[known] >> np.uint64(32) << np.uint64(32)) | np.uint64(known + 1)
    return slots


@compiled
def count_lines(data: Array) -> int:
    """Newlines in the data."""
    lines = 0
    for i in range(len(data)):
        lines += data[i] == NEWLINE
    return lines
