"""A hand-made archive laid out like the real source distribution, with the snippets in it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from demo.snippets import Snippet
from demo.source import (
    ARCHIVE,
    CORPUS_FOLDER,
    INNER_ARCHIVE,
    MODULE_FILES,
    MODULE_FOLDER,
    CorpusFiles,
)

CORPUS = "amazonReviewSnippets"
# Stands in for VADER's module: reads a word list from its own folder, as the real one does.
MODULE = b"""
from pathlib import Path
LEXICON = Path(__file__).with_name("vader_lexicon.txt").read_text().split()
class SentimentIntensityAnalyzer:
    def polarity_scores(self, text):
        return {"compound": 0.5 if set(text.split()) & set(LEXICON) else -0.5}
"""


def corpus_files(texts: str | bytes, ratings: str | bytes) -> CorpusFiles:
    """The two files from their content."""
    as_bytes = [content if isinstance(content, bytes) else content.encode() for content in (texts, ratings)]
    return CorpusFiles(corpus=CORPUS, texts=as_bytes[0], ratings=as_bytes[1])


def write_archive(folder: Path, files: CorpusFiles, *, without: str = "") -> tuple[Path, str]:
    """The archive of ``files`` in ``folder`` with its sha256; ``without`` leaves one member out."""
    inner = _tar(
        {
            f"{CORPUS_FOLDER}/{CORPUS}_GroundTruth.txt": files.texts,
            f"{CORPUS_FOLDER}/{CORPUS}_anonDataRatings.txt": files.ratings,
        },
        without,
    )
    module = dict(zip(MODULE_FILES, (MODULE, b"great good", b""), strict=True))
    members = {INNER_ARCHIVE: inner} | {f"{MODULE_FOLDER}/{name}": content for name, content in module.items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ARCHIVE
    path.write_bytes(_tar(members, without))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def some_snippets(*, negative: int = 8, neutral: int = 8, positive: int = 8, ratings: int = 5) -> list[Snippet]:
    """Snippets on which every rater agrees."""
    return [
        Snippet(f"{label}_{i}", f"sentence number {i} is {label}", (rating,) * ratings)
        for label, rating, count in (("negative", -2, negative), ("neutral", 0, neutral), ("positive", 3, positive))
        for i in range(count)
    ]


def _tar(members: dict[str, bytes], without: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            if name != without:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
