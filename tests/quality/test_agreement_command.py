"""The sub-command ``agreement`` on files, as a person or a script calls it."""

from __future__ import annotations

import json

import pytest

from quality.__main__ import main

ROWS = [
    ("t1", "a", 1),
    ("t1", "b", 1),
    ("t2", "a", 2),
    ("t2", "b", 3),
    ("t3", "a", 3),
    ("t3", "b", 3),
    ("t4", "a", 1),
    ("t4", "b", 2),
    ("t5", "a", 10),
    ("t5", "b", 10),
]


@pytest.fixture
def answers(tmp_path):
    return write(tmp_path / "answers.csv", ROWS)


def write(path, rows):
    path.write_text("\n".join(["task,worker,label", *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def run_json(capsys, *words):
    assert main(["agreement", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_metric_has_the_same_keys(answers, capsys):
    found = run_json(capsys, answers)

    assert set(found) == {
        "percent_agreement",
        "krippendorff_alpha",
        "gwet_ac1",
        "fleiss_kappa",
        "fleiss_kappa_gwet",
        "brennan_prediger",
        "scott_pi",
        "randolph_kappa",
        "bennett_s",
        "conger_kappa",
        "light_kappa",
        "cohen_kappa",
        "pabak",
        "percent_agreement_all",
    }
    needed = {"value", "reason", "se", "low", "high", "method", "params", "tasks", "workers", "answers", "prevalence"}
    assert all(needed <= set(result) for result in found.values())
    assert found["percent_agreement"]["value"] == 0.6
    assert found["pabak"]["reason"] == "needs_two_labels"
    assert found["cohen_kappa"]["value"] == pytest.approx((0.6 - 0.24) / 0.76)


def test_ordinal_labels_are_ordered_by_number_not_by_spelling(answers, capsys):
    found = run_json(capsys, answers, "--scale", "ordinal")

    assert found["krippendorff_alpha"]["params"]["level"] == "ordinal"
    assert list(found["krippendorff_alpha"]["prevalence"]) == ["1", "2", "3", "10"]
    assert found["gwet_ac2"]["params"]["weights"] == "quadratic"
    assert {"kendall_w", "mean_kendall_tau_b"} <= set(found)


@pytest.mark.parametrize("scale", ["interval", "ratio"])
def test_numbers_get_the_six_iccs_and_limits_of_agreement(answers, capsys, scale):
    found = run_json(capsys, answers, "--scale", scale)

    assert found["icc"]["value"] == found["icc"]["types"]["ICC(2,1)"]["value"]
    assert len(found["icc"]["types"]) == 6
    assert found["bland_altman"]["bias"] == pytest.approx(-0.4)
    assert found["lin_concordance"]["value"] is not None
    assert found["krippendorff_alpha"]["params"]["level"] == scale


def test_ordinal_words_need_their_order(tmp_path, capsys):
    path = write(tmp_path / "words.csv", [(t, w, "low" if t == "t1" else "high") for t in ("t1", "t2") for w in "ab"])

    assert main(["agreement", path, "--scale", "ordinal"]) == 2
    assert "--labels" in capsys.readouterr().err
    found = run_json(capsys, path, "--scale", "ordinal", "--labels", "low,high")
    assert found["krippendorff_alpha"]["value"] == 1.0
    assert found["krippendorff_alpha"]["method"] == "exact"


def test_text_on_a_numeric_scale_names_label_and_task(tmp_path, capsys):
    path = write(tmp_path / "text.csv", [("t1", "a", 1), ("t1", "b", 2), ("t7", "a", "cat")])

    assert main(["agreement", path, "--scale", "interval"]) == 2

    error = capsys.readouterr().err
    assert "'cat'" in error
    assert "'t7'" in error


def test_weights_come_by_name_or_from_a_file(answers, tmp_path, capsys):
    matrix = tmp_path / "weights.csv"
    matrix.write_text(",1,2,3,10\n1,0,1,2,9\n2,1,0,1,8\n3,2,1,0,7\n10,9,8,7,0\n")

    by_name = run_json(capsys, answers, "--scale", "ordinal", "--weights", "linear")
    by_file = run_json(capsys, answers, "--scale", "ordinal", "--weights", str(matrix))

    for metric in ("cohen_kappa", "gwet_ac2", "fleiss_kappa", "conger_kappa", "light_kappa"):
        assert by_file[metric]["value"] == pytest.approx(by_name[metric]["value"])
        assert (by_name[metric]["params"]["weights"], by_file[metric]["params"]["weights"]) == ("linear", "matrix")
    assert by_name["gwet_ac1"]["params"] == {"confidence": 0.95}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (",1,2\n1,1,0\n2,0,1\n", "no weight for labels 1, 3"),
        (",1,2,3,10\n1,1,x,0,0\n2,0,1,0,0\n3,0,0,1,0\n10,0,0,0,1\n", "is no number"),
        ("", "empty"),
        (",1,2,3,10\n1,1,2,0,0\n2,0,1,0,0\n3,0,0,1,0\n10,0,0,0,1\n", "1 on the diagonal"),
    ],
)
def test_a_bad_weight_file_is_refused_with_its_place(answers, tmp_path, capsys, text, problem):
    matrix = tmp_path / "weights.csv"
    matrix.write_text(text)

    assert main(["agreement", answers, "--scale", "ordinal", "--weights", str(matrix)]) == 2
    assert problem in capsys.readouterr().err


def test_views_are_rows(answers, capsys):
    workers, labels, pairs, tasks = (
        run_json(capsys, answers, "--by", by)["rows"] for by in ("worker", "label", "pair", "task")
    )

    assert [(row["worker"], row["tasks"]) for row in workers] == [("a", 5), ("b", 5)]
    assert {row["label"] for row in labels} == {"1", "2", "3", "10"}
    assert [(row["first"], row["second"], row["shared"]) for row in pairs] == [("a", "b", 5)]
    assert [row["disagreement"] for row in tasks] == [0, 1, 0, 1, 0]


def test_pairs_below_the_shared_tasks_asked_for_are_left_out(answers, capsys):
    assert run_json(capsys, answers, "--by", "pair", "--min-shared", "6")["rows"] == []


def test_the_table_is_for_people(answers, capsys):
    assert main(["agreement", answers]) == 0

    text = capsys.readouterr().out
    assert "krippendorff_alpha" in text
    assert "(Krippendorff)" in text
    assert "needs_two_labels" in text
    for by in ("worker", "label", "pair", "task"):
        assert main(["agreement", answers, "--by", by]) == 0
    assert "disagreement" in capsys.readouterr().out


def test_the_seed_decides_the_interval(answers, capsys):
    one, same, other = (run_json(capsys, answers, "--seed", seed)["gwet_ac1"] for seed in ("1", "1", "2"))

    assert one == same
    assert one["se_bootstrap"] != other["se_bootstrap"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["missing.csv"], "no such file"),
        (["{answers}", "--confidence", "1.5"], "confidence is 1.5"),
        (["{answers}", "--min-shared", "0", "--by", "pair"], "--min-shared is 0"),
        (["{answers}", "--weights", "cubic"], "cubic"),
    ],
)
def test_bad_options_end_with_one_sentence(answers, capsys, words, problem):
    assert main(["agreement", *(word.format(answers=answers) for word in words)]) == 2

    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1


def test_a_repeated_answer_names_its_row(tmp_path, capsys):
    path = write(tmp_path / "twice.csv", [("t1", "a", 1), ("t1", "a", 2)])

    assert main(["agreement", path]) == 2
    assert "row 3" in capsys.readouterr().err


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
def test_undefined_figures_are_null_with_a_reason(tmp_path, capsys, scale):
    path = write(tmp_path / "alike.csv", [(t, w, 3) for t in ("t1", "t2") for w in "ab"])

    found = run_json(capsys, path, "--scale", scale)

    undefined = {name for name, result in found.items() if name != "bland_altman" and result["value"] is None}
    assert undefined == set(found) - {"percent_agreement", "percent_agreement_all", "bland_altman"}
    assert all(found[name]["reason"] for name in undefined)
