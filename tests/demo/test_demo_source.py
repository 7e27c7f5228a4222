"""Fetching the source distribution, then finding the corpus in it."""

from __future__ import annotations

import pytest
from tiny_corpus import CORPUS, corpus_files, write_archive

from demo.errors import DemoError
from demo.source import ARCHIVE, CORPUS_FOLDER, INNER_ARCHIVE, extract_module, fetch_archive, read_corpus

FILES = corpus_files("1_1\t1.0\tvery good\r\n", "1_1\t1.0\t0.0\t[1, 1]\n")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """pip looks for packages in an empty folder and nowhere else."""
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


def test_the_corpus_is_read_from_the_archive_inside_the_archive(tmp_path):
    path, _ = write_archive(tmp_path, FILES)
    assert read_corpus(path, CORPUS) == FILES


def test_a_cached_archive_needs_no_package_index(tmp_path, offline):
    path, sha256 = write_archive(tmp_path / "cache", FILES)
    assert fetch_archive(tmp_path / "cache", sha256=sha256) == path


def test_a_cached_archive_with_another_hash_is_refused_by_name(tmp_path):
    path, sha256 = write_archive(tmp_path, FILES)
    with pytest.raises(DemoError, match="its sha256 is") as refusal:
        fetch_archive(tmp_path, sha256="0" * 64)
    assert str(path) in str(refusal.value)
    assert sha256 in str(refusal.value)


def test_an_unreachable_package_index_is_one_sentence(tmp_path, offline):
    with pytest.raises(DemoError, match="the package index could not be reached") as refusal:
        fetch_archive(tmp_path / "cache")
    assert "\n" not in str(refusal.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_index_with_another_file_is_refused_before_anything_of_it_runs(tmp_path, offline):
    write_archive(offline, FILES)
    with pytest.raises(DemoError, match="another sha256"):
        fetch_archive(tmp_path / "cache", sha256="0" * 64)
    assert not (tmp_path / "cache" / ARCHIVE).exists()


@pytest.mark.parametrize("name", [INNER_ARCHIVE, f"{CORPUS_FOLDER}/{CORPUS}_GroundTruth.txt"])
def test_a_missing_member_is_named(tmp_path, name):
    path, _ = write_archive(tmp_path, FILES, without=name)
    with pytest.raises(DemoError, match=name):
        read_corpus(path, CORPUS)


def test_the_module_is_extracted_with_the_word_lists_that_it_reads(tmp_path):
    path, _ = write_archive(tmp_path, FILES)
    module = extract_module(path, tmp_path / "vader")
    assert module.name == "vaderSentiment.py"
    assert (module.parent / "vader_lexicon.txt").read_text() == "great good"
