"""Reading JSON entry by entry, as lines or as one long list, in memory for one entry."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

from crowd.formats.rows import MAX_DEPTH, MAX_LINE_BYTES, FileProblem, RowProblem

READ = 1 << 20
Entry = tuple[int, dict[str, Any]] | RowProblem


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def read_lines(stream: TextIO) -> Iterator[Entry]:
    """The object of each line with the line's number, blank lines skipped; a problem where a line is none."""
    is_empty = True
    for row, line in enumerate(stream, start=1):
        text = line.strip()
        if not text:
            continue
        is_empty = False
        try:
            yield row, checked(row, _DECODER.decode(text), text)
        except RowProblem as problem:
            yield problem
        except (ValueError, RecursionError) as error:
            yield RowProblem(row, _sentence(error))
    if is_empty:
        raise FileProblem("the file is empty", 1)


def read_list(stream: TextIO) -> Iterator[Entry]:
    """The objects of one JSON list, numbered from 1; a problem where an entry is none.

    Raises FileProblem where the list itself is broken: what follows cannot be found then.
    """
    text, size, number = stream.read(READ).lstrip(), READ, 0
    if not text.startswith("["):
        raise FileProblem("the file must be a JSON list: '[' first", 1)
    place = 1
    while True:
        text, place = _next_place(stream, text, place)
        if place >= len(text):
            raise FileProblem(f"the list is cut off after {number} entries", number or None)
        if text[place] == "]":
            return
        if number:
            if text[place] != ",":
                raise FileProblem(f"a comma is missing after entry {number}", number)
            text, place = _next_place(stream, text, place + 1)
        number += 1
        size = READ
        while True:
            try:
                value, end = _DECODER.raw_decode(text, place)
                break
            except (ValueError, RecursionError) as error:
                # Perhaps the entry only goes on: twice as much is read each time, so that long ones cost no more.
                more = stream.read(size) if len(text) - place < MAX_LINE_BYTES else ""
                if not more:
                    raise FileProblem(f"entry {number} {_sentence(error)}", number) from None
                text, place, size = text[place:] + more, 0, size * 2
        try:
            yield number, checked(number, value, text[place:end])
        except RowProblem as problem:
            yield problem
        place = end
        if place > READ:
            text, place = text[place:], 0


def _next_place(stream: TextIO, text: str, place: int) -> tuple[str, int]:
    while True:
        while place < len(text) and text[place] in " \t\r\n":
            place += 1
        if place < len(text):
            return text, place
        more = stream.read(READ)
        if not more:
            return text, place
        text, place = more, 0


def checked(row: int, value: Any, text: str) -> dict[str, Any]:
    """The value if it is an object that a database can keep; ``text`` is what it was read from."""
    if not isinstance(value, dict):
        raise RowProblem(row, "the entry must be a JSON object")
    lowered = text if "\\" not in text else text.lower()
    # Cheap tests first: nearly every row passes them, and the walk costs as much as the parsing.
    if "\\u0000" in lowered or "\\ud" in lowered or text.count("{") + text.count("[") > MAX_DEPTH:
        _walk(row, value, 0)
    return value


def _walk(row: int, value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RowProblem(row, f"the entry is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        if "\0" in value:
            raise RowProblem(row, "a text holds a NUL character; remove it")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise RowProblem(row, "a text holds half of a surrogate pair; write valid Unicode")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _walk(row, key, depth)
            _walk(row, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _walk(row, inner, depth + 1)


def _sentence(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"is nested deeper than {MAX_DEPTH} levels"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at character {error.pos + 1}"
    return f"is not JSON: {error}"
