"""Files in, files out: the fast reader agrees with the strict one, Parquet with CSV."""

from __future__ import annotations

import random

import pytest

from quality import csv_fast
from quality.answers import AnswerSet
from quality.errors import AnswerError
from quality.files import read_answers, read_gold, written_whole


def contents(answers: AnswerSet):
    columns = (answers.task.tolist(), answers.worker.tolist(), answers.label.tolist())
    return (*columns, answers.tasks, answers.workers, answers.labels)


def outcome(path, **options):
    try:
        return contents(read_answers(path, **options))
    except AnswerError as error:
        return str(error)


def test_columns_come_in_any_order_with_others_between(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('label,seconds,worker,task\n"b, c",3,w1,t1\r\na,4,w2,t1\n\n')
    assert contents(read_answers(path)) == ([0, 0], [0, 1], [1, 0], ("t1",), ("w1", "w2"), ("a", "b, c"))


def test_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbftask,worker,label\nt,w,x\n")
    assert read_answers(path).labels == ("x",)


def test_labels_that_are_numbers_sort_by_value(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("task,worker,label\nt,w,10\nu,w,9\nv,w,-1\n")
    assert read_answers(path).labels == ("-1", "9", "10")


def test_repeats_are_kept_on_demand(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("task,worker,label\nt,w,x\nt,w,y\n")
    assert read_answers(path, repeats="keep").n_answers == 2


def test_given_labels_keep_their_order(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("task,worker,label\nt,w,x\n")
    assert contents(read_answers(path, labels=("z", "x")))[2:] == ([1], ("t",), ("w",), ("z", "x"))


PIECES = ["a", "é", '"', '""', ",", "\n", "\r\n", "\r", "\0", "nan", '"a"', '"b,c"', "", "x" * 5000]


@pytest.mark.parametrize("labels", [None, ("a", "b", "c", "d")])
def test_fast_reader_agrees_with_the_strict_one_on_mangled_files(tmp_path, monkeypatch, labels):
    pytest.importorskip("numba")
    monkeypatch.setattr(csv_fast, "FAST_FROM_BYTES", 0)
    strict = pytest.MonkeyPatch()
    draw = random.Random(3)
    path = tmp_path / "a.csv"
    read_fast = 0
    for _ in range(300):
        lines = ["task,worker,label"]
        for _ in range(draw.randint(1, 4)):
            cells = [draw.choice(PIECES) if draw.random() < 0.08 else draw.choice("abcd") for _ in range(3)]
            lines.append(",".join(cells))
        path.write_bytes((draw.choice(["\n", "\r\n"]).join(lines) + draw.choice(["", "\n"])).encode())
        fast = outcome(path, labels=labels)
        with strict.context() as patch:
            patch.setattr(csv_fast, "FAST_FROM_BYTES", 1 << 60)
            assert outcome(path, labels=labels) == fast
        try:
            read_fast += csv_fast.read_plain(path, ("task", "worker", "label")) is not None
        except AnswerError:
            continue
    assert read_fast > 100


def test_fast_reader_tells_many_values_apart(tmp_path, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(csv_fast, "FAST_FROM_BYTES", 0)
    path = tmp_path / "a.csv"
    path.write_text("task,worker,label\n" + "".join(f"task{n % 3000},w{n % 1999},{n % 2}\n" for n in range(6000)))
    answers = read_answers(path)
    assert answers.tasks == tuple(f"task{n}" for n in range(3000))
    assert [answers.workers[w] for w in answers.worker[:4000:999]] == [f"w{n % 1999}" for n in range(0, 4000, 999)]
    assert answers.label.tolist() == [n % 2 for n in range(6000)]


def test_parquet_says_what_it_needs_or_reads_the_same(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 not really")
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        with pytest.raises(AnswerError, match="needs pyarrow"):
            read_answers(path)
        return
    with pytest.raises(AnswerError, match="not readable as Parquet"):
        read_answers(path)
    table = {"task": [1, 1, 2], "worker": ["v", "w", "v"], "label": ["x", "y", "x"]}
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    assert contents(read_answers(path)) == ([0, 0, 1], [0, 1, 0], [0, 1, 0], ("1", "2"), ("v", "w"), ("x", "y"))
    pyarrow.parquet.write_table(pyarrow.table({**table, "label": ["x", None, "x"]}), path)
    with pytest.raises(AnswerError, match="row 2, column 'label'"):
        read_answers(path)


def test_gold_is_a_mapping(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text("label,task\nx,t1\ny,t2\n")
    assert read_gold(path) == {"t1": "x", "t2": "y"}


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.csv"

    def fail_halfway():
        with written_whole(path) as stream:
            stream.write("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []
    with written_whole(path) as stream:
        stream.write("all")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "all")]
