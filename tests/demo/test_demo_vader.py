"""VADER as a labelling function, loaded from files that the repository does not hold."""

from __future__ import annotations

import pytest
from tiny_corpus import corpus_files, write_archive

from demo.errors import DemoError
from demo.source import extract_module
from demo.vader import label_of_compound, load_vader


@pytest.mark.parametrize(
    ("compound", "label"),
    [(0.05, "positive"), (0.0499, "neutral"), (0.0, "neutral"), (-0.0499, "neutral"), (-0.05, "negative")],
)
def test_the_published_thresholds_belong_to_the_outer_labels(compound, label):
    assert label_of_compound(compound) == label


def test_the_extracted_module_labels_texts_with_its_own_word_list(tmp_path):
    path, _ = write_archive(tmp_path, corpus_files("", ""))
    vader = load_vader(extract_module(path, tmp_path / "vader"))
    assert [vader("a great thing"), vader("a thing")] == ["positive", "negative"]


def test_a_module_that_does_not_run_is_named(tmp_path):
    module = tmp_path / "vaderSentiment.py"
    module.write_text("import a_package_that_is_not_there")
    with pytest.raises(DemoError, match="does not run \\(ModuleNotFoundError"):
        load_vader(module)
