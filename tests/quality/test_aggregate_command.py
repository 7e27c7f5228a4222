"""The command ``aggregate``: what it writes, and how it refuses bad input."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

from quality.__main__ import main

GOOD = "task,worker,label\na,w1,x\na,w2,x\nb,w1,y\nb,w2,y\nc,w1,x\nc,w2,y\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "labels.csv").write_text(GOOD)
    return tmp_path


def aggregate(folder, *words):
    return main(["aggregate", str(folder / "labels.csv"), "--out", str(folder / "out.csv"), *words])


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_majority_writes_label_confidence_and_a_column_per_label(folder):
    assert aggregate(folder, "--model", "majority") == 0
    assert rows(folder / "out.csv") == [
        ["task", "label", "confidence", "x", "y"],
        ["a", "x", "1", "1", "0"],
        ["b", "y", "1", "0", "1"],
        ["c", "x", "0.5", "0.5", "0.5"],
    ]


def test_gold_clamps_its_task(folder):
    (folder / "gold.csv").write_text("task,label\nc,y\n")
    assert aggregate(folder, "--model", "dawid-skene", "--gold", str(folder / "gold.csv")) == 0
    assert rows(folder / "out.csv")[3] == ["c", "y", "1", "0", "1"]


def test_ties_are_reported(folder, capsys):
    aggregate(folder, "--model", "majority")
    assert "ties: 1" in capsys.readouterr().out


def test_labels_that_collide_with_columns_are_told_apart(folder):
    (folder / "labels.csv").write_text("task,worker,label\na,w1,task\na,w2,dog\n")
    aggregate(folder, "--model", "majority")
    assert rows(folder / "out.csv")[0] == ["task", "label", "confidence", "dog", "probability of task"]


def test_without_out_the_consensus_goes_to_standard_output(folder, capsys):
    assert main(["aggregate", str(folder / "labels.csv"), "--model", "majority"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "a,x,1,1,0"


def test_auto_is_the_default_and_says_on_standard_error_what_it_chose_and_why(folder, capsys):
    assert main(["aggregate", str(folder / "labels.csv")]) == 0
    output = capsys.readouterr()
    assert output.out.splitlines()[0] == "task,label,confidence,x,y"
    assert output.err.startswith("auto: 3 tasks, 2 workers, 2 labels")
    assert "chose the stack for independent errors (matrices 80%, accuracy 20%): hidden subtypes" in output.err
    assert "confidence: held-out answers are predicted best" in output.err


def test_auto_says_why_nothing_could_be_learnt(folder, capsys):
    (folder / "labels.csv").write_text("task,worker,label\na,w1,x\nb,w1,y\n")
    main(["aggregate", str(folder / "labels.csv")])
    assert "no task has two answers and there is no gold" in capsys.readouterr().err


BAD = {
    "empty file": (b"", ["row 1", "is empty"]),
    "header only": (b"task,worker,label\n", ["row 2", "no answers"]),
    "missing column": (b"task,worker,answer\na,w,x\n", ["row 1, column 'label'", "missing"]),
    "repeated column": (b"task,worker,label,label\na,w,x,x\n", ["row 1, column 'label'", "twice"]),
    "repeated answer": (GOOD.encode() + b"a,w1,y\n", ["row 8, column 'task'", "'w1'", "'a'", "second time"]),
    "not UTF-8": (b"task,worker,label\na,w1,x\na,w2,\xff\n", ["row 3", "UTF-8"]),
    "empty value": (b"task,worker,label\na,,x\n", ["row 2, column 'worker'", "missing"]),
    "NaN": (b"task,worker,label\na,w1,x\n\nb,w1,NaN\n", ["row 4, column 'label'", "missing"]),
    "long label": (b"task,worker,label\na,w1," + b"x" * 10**6 + b"\n", ["row 2, column 'label'", "1000000 characters"]),
    "long task": (b"task,worker,label\n" + b"t" * 5000 + b",w1,x\n", ["row 2, column 'task'", "5000 characters"]),
    "short row": (b"task,worker,label\na,w1,x\nb,w1\n", ["row 3", "2 cells", "header has 3"]),
    "long row": (b"task,worker,label\na,w1,x,y\n", ["row 2", "4 cells", "header has 3"]),
    "NUL": (b"task,worker,label\na,w1,x\0\n", ["row 2, column 'label'", "NUL"]),
    "open quote": (b'task,worker,label\na,w1,"x\n', ["row 2", "not valid CSV"]),
}


def assert_refused(folder, capsys, parts, *words):
    before = sorted(path.name for path in folder.iterdir())
    assert aggregate(folder, "--model", "majority", *words) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    assert [part for part in parts if part not in output.err] == []
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_refused_with_their_place(folder, capsys, name):
    content, parts = BAD[name]
    (folder / "labels.csv").write_bytes(content)
    assert_refused(folder, capsys, ["labels.csv", *parts])


def test_unknown_label_is_refused_with_its_place(folder, capsys):
    assert_refused(folder, capsys, ["row 4, column 'label'", "unknown label 'y'", "'x', 'z'"], "--labels", "x,z")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("task,label\nzz,x\n", ["gold.csv", "'zz'"]),
        ("task,label\na,q\n", ["gold.csv", "'a'", "'q'"]),
        ("task,label\na,x\na,y\n", ["gold.csv", "row 3, column 'task'"]),
    ],
)
def test_bad_gold_is_refused(folder, capsys, content, parts):
    (folder / "gold.csv").write_text(content)
    assert_refused(folder, capsys, parts, "--gold", str(folder / "gold.csv"))


def test_missing_file_is_refused(folder, capsys):
    assert main(["aggregate", str(folder / "none.csv"), "--out", str(folder / "out.csv")]) == 2
    assert capsys.readouterr().err == f"error: {folder / 'none.csv'}: there is no such file\n"


def test_missing_output_folder_is_refused_before_anything_is_read(folder, capsys):
    assert main(["aggregate", str(folder / "none.csv"), "--out", str(folder / "no" / "out.csv")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_failure_keeps_the_former_file(folder, capsys):
    (folder / "out.csv").write_text("former\n")
    (folder / "labels.csv").write_text("task,worker,label\na,w1\n")
    assert_refused(folder, capsys, ["row 2"])
    assert (folder / "out.csv").read_text() == "former\n"


def test_runs_as_a_module(folder):
    done = subprocess.run(
        [sys.executable, "-m", "quality", "aggregate", str(folder / "labels.csv"), "--model", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice: 'nonsense'" in done.stderr
