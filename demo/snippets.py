"""Snippets of text with what each rater said, parsed from the corpus files."""

from __future__ import annotations

import json
from dataclasses import dataclass

from demo.source import CorpusFiles

LOWEST, HIGHEST = -4, 4
# The files print the mean with five decimals at most.
MEAN_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Snippet:
    """A text with its ratings from -4 to 4, in the order of the file: position i is the i-th rating."""

    id: str
    text: str
    ratings: tuple[int, ...]

    @property
    def mean(self) -> float:
        return sum(self.ratings) / len(self.ratings)


@dataclass(frozen=True)
class BadLine:
    """A line that was left out, with the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


def parse_snippets(files: CorpusFiles) -> tuple[list[Snippet], list[BadLine]]:
    """The snippets that have both a text and ratings, in the order of the ratings file, with every line left out."""
    bad: list[BadLine] = []
    texts_file, ratings_file = f"{files.corpus}_GroundTruth.txt", f"{files.corpus}_anonDataRatings.txt"
    texts = {row[0]: row[2].strip() for _, row in _rows(files.texts, texts_file, 3, bad)}
    snippets: list[Snippet] = []
    for line, (id_, mean, _, listed) in _rows(files.ratings, ratings_file, 4, bad):
        try:
            ratings = _ratings(listed)
            if abs(_number(mean) - sum(ratings) / len(ratings)) > MEAN_TOLERANCE:
                raise ValueError(f"the mean is given as {mean}, but the ratings have another")
            if not texts.get(id_):
                raise ValueError(f"{id_} has no text in {texts_file}")
        except ValueError as error:
            bad.append(BadLine(ratings_file, line, str(error)))
            continue
        snippets.append(Snippet(id_, texts[id_], ratings))
    return snippets, bad


def _rows(content: bytes, file: str, columns: int, bad: list[BadLine]) -> list[tuple[int, list[str]]]:
    """(line number, fields) of every good line with a new id; the others go to ``bad``."""
    rows: list[tuple[int, list[str]]] = []
    seen: set[str] = set()
    for number, raw in enumerate(content.split(b"\n"), start=1):
        # One of the real files starts with a byte order mark.
        line = (raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw).rstrip(b"\r")
        if not line:
            continue
        try:
            fields = line.decode("utf-8").split("\t")
        except UnicodeDecodeError:
            bad.append(BadLine(file, number, "it is not UTF-8 text"))
            continue
        if len(fields) != columns:
            bad.append(BadLine(file, number, f"it has {len(fields)} columns, expected {columns}"))
        elif fields[0] in seen:
            bad.append(BadLine(file, number, f"it repeats {fields[0]}"))
        else:
            seen.add(fields[0])
            rows.append((number, fields))
    return rows


def _number(mean: str) -> float:
    try:
        return float(mean)
    except ValueError:
        raise ValueError(f"its mean {mean} is not a number") from None


def _ratings(listed: str) -> tuple[int, ...]:
    try:
        ratings = json.loads(listed)
    except ValueError:
        raise ValueError("its ratings are not a list") from None
    if not isinstance(ratings, list) or not ratings:
        raise ValueError("its ratings are not a list")
    for rating in ratings:
        if type(rating) is not int or not LOWEST <= rating <= HIGHEST:
            raise ValueError(f"the rating {rating!r} is not a whole number from {LOWEST} to {HIGHEST}")
    return tuple(ratings)
