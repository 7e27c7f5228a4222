"""Every answer type: what is an answer, its one canonical form, what counts as right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crowd.enums import AnswerType
from crowd.errors import InvalidAnswer
from crowd.policies.answer_types import AnswerForm, answer_form, check_options, read_right_answers

ABC = ("a", "b", "c", "d")
ITEMS = {"items": [{"id": "x", "text": "1"}, {"id": "y", "text": "2"}, {"id": "z", "text": "3"}]}

FORMS: dict[str, AnswerForm] = {
    "single": answer_form("single_choice", ABC),
    "pairwise": answer_form("pairwise", ("a", "b", "tie"), {"allow_tie": True}),
    "set": answer_form("multiple_choice", ABC, {"min_chosen": 1, "max_chosen": 3}),
    "any set": answer_form("multiple_choice", ABC, {"min_chosen": 0}),
    "count": answer_form("number", (), {"minimum": 0, "maximum": 1000, "step": 1}),
    "fives": answer_form("number", (), {"minimum": -50, "step": 5}),
    "tenths": answer_form("number", (), {"minimum": 0, "maximum": 10, "step": 0.1}),
    "open": answer_form("number", (), {"tolerance": 0.5}),
    "text": answer_form("text", (), {"min_length": 2, "max_length": 20}),
    "ranking": answer_form("ranking", (), {}, ITEMS),
}
# Near misses as well as answers: what a client might send.
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-60, max_value=60),
    st.floats(),
    st.integers(min_value=-10, max_value=110).map(lambda n: n / 10),
    st.text(),
    st.sampled_from((*ABC, "tie", "x")),
    st.lists(st.sampled_from(ABC), max_size=5),
    st.permutations(["x", "y", "z"]),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=4),
    st.dictionaries(st.text(), st.integers(), max_size=2),
    st.lists(st.one_of(st.none(), st.integers(), st.lists(st.integers())), max_size=2),
)


def accepted(form: AnswerForm, value: Any) -> tuple[bool, Any]:
    try:
        return True, form.canonical(value)
    except InvalidAnswer:
        return False, None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(value=VALUES)
def test_a_canonical_value_satisfies_the_schema_and_is_its_own_canonical_form(form: AnswerForm, value: Any) -> None:
    is_accepted, canonical = accepted(form, value)
    if is_accepted:
        assert Draft202012Validator(form.schema()).is_valid(canonical)
        assert form.canonical(canonical) == canonical
        # What comes back from the database is what went in, type by type.
        again = json.loads(json.dumps(canonical))
        assert (again, type(again)) == (canonical, type(canonical))


# A fractional step is not in the schema, a text's length is measured after trimming.
@pytest.mark.parametrize("form", [FORMS[name] for name in FORMS if name not in ("tenths", "text")])
@given(value=VALUES)
def test_whatever_satisfies_the_schema_is_an_answer(form: AnswerForm, value: Any) -> None:
    if Draft202012Validator(form.schema()).is_valid(value):
        assert accepted(form, value)[0]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(data=st.data())
def test_similarity_is_symmetric_and_one_for_the_same(form: AnswerForm, data: st.DataObject) -> None:
    values = [canonical for value in data.draw(st.lists(VALUES, max_size=6)) if (canonical := accepted(form, value)[1])]
    for first in values:
        assert form.similarity(first, first) == pytest.approx(1)
        assert form.is_right(first, [first])
        for second in values:
            assert form.similarity(first, second) == pytest.approx(form.similarity(second, first))


def test_the_order_in_which_labels_are_ticked_makes_no_difference() -> None:
    assert FORMS["set"].canonical(["c", "a"]) == FORMS["set"].canonical(["a", "c"]) == ["a", "c"]


@pytest.mark.parametrize(
    ("value", "canonical"), [(0.30000000000000004, 0.3), (3.0, 3), (0.1, 0.1), (10, 10), (0.7000000000000001, 0.7)]
)
def test_a_number_is_put_on_the_grid_of_its_step(value: float, canonical: float) -> None:
    found = FORMS["tenths"].canonical(value)
    assert (found, type(found)) == (canonical, type(canonical))


def test_a_text_is_trimmed_and_composed() -> None:
    assert FORMS["text"].canonical("  Caf\u0065\u0301\r\nnoir \n") == "Caf\u00e9\nnoir"


@pytest.mark.parametrize(
    ("form", "value", "sentence"),
    [
        ("single", "cat", "'cat' is not a label of this project; choose one of 'a', 'b', 'c', 'd'"),
        ("single", ["a"], "['a'] is not a label of this project; choose one of 'a', 'b', 'c', 'd'"),
        ("pairwise", "first", "'first' is not a label of this project; choose one of 'a', 'b', 'tie'"),
        ("set", "a", "'a' is not a list; give a list of labels"),
        ("set", ["a", "q"], "'q' is not a label of this project; choose from 'a', 'b', 'c', 'd'"),
        ("set", ["a", "a"], "['a', 'a'] names a label twice; name each once"),
        ("set", [], "0 labels are chosen; choose 1 to 3"),
        ("count", "7", "'7' is not a number"),
        ("count", True, "True is not a number"),
        ("count", 1001, "1001 is outside 0 to 1000"),
        ("count", float("nan"), "nan is outside 0 to 1000"),
        ("count", 1.5, "1.5 is not a multiple of 1"),
        ("tenths", 0.05, "0.05 is not a multiple of 0.1"),
        ("text", 5, "5 is not a text"),
        ("text", " \n ", "the text is blank; write an answer"),
        ("text", " a ", "the text has 1 characters; write 2 to 20"),
        ("text", "a\0b", "the text holds a NUL character or half of a surrogate pair; remove it"),
        ("text", "a\ud800", "the text holds a NUL character or half of a surrogate pair; remove it"),
        ("ranking", "x", "'x' is not a list; give all items of the task, best first"),
        ("ranking", ["x", "y"], "'z' is not ranked; rank all 3 items of the task"),
        ("ranking", ["x", "y", "y"], "['x', 'y', 'y'] names an item twice; name each once"),
        ("ranking", ["x", "y", "w"], "'w' is not an item of this task; rank 'x', 'y', 'z'"),
    ],
)
def test_a_bad_answer_gets_one_sentence(form: str, value: Any, sentence: str) -> None:
    with pytest.raises(InvalidAnswer) as refusal:
        FORMS[form].canonical(value)
    assert refusal.value.detail == sentence


@pytest.mark.parametrize(
    ("form", "given_value", "right", "is_right"),
    [
        (FORMS["single"], "a", ["b", "a"], True),
        (FORMS["single"], "c", ["b", "a"], False),
        (FORMS["set"], ["a", "b"], [["a", "b"]], True),
        (FORMS["set"], ["a", "b"], [["a"], ["b"]], False),
        (answer_form("multiple_choice", ABC, {"gold_similarity": 0.5}), ["a", "b"], [["a"]], True),
        (answer_form("multiple_choice", ABC, {"gold_similarity": 0.5}), ["a", "b", "c"], [["a"]], False),
        (FORMS["any set"], [], [[]], True),
        (FORMS["open"], 10.5, [10], True),
        (FORMS["open"], 10.51, [10], False),
        (answer_form("number", (), {"tolerance": 0.2}), 0.3, [0.1], True),
        (FORMS["count"], 10, [11], False),
        (FORMS["text"], "The  CAT", ["a dog", "the cat"], True),
        (FORMS["text"], "the cats", ["the cat"], False),
        (FORMS["ranking"], ["x", "y", "z"], [["x", "z", "y"]], False),
        (answer_form("ranking", (), {"gold_similarity": 0.3}, ITEMS), ["x", "y", "z"], [["x", "z", "y"]], True),
        (answer_form("ranking", (), {"gold_similarity": 0.3}, ITEMS), ["x", "y", "z"], [["z", "y", "x"]], False),
    ],
)
def test_golds_are_scored_as_their_type_says(
    form: AnswerForm, given_value: Any, right: list[Any], is_right: bool
) -> None:
    assert form.is_right(given_value, right) == is_right


@pytest.mark.parametrize(
    ("form", "choices"),
    [
        (FORMS["single"], 4),
        (FORMS["pairwise"], 3),
        (FORMS["set"], 14),
        (FORMS["any set"], 16),
        (FORMS["count"], 100),
        (answer_form("number", (), {"minimum": 1, "maximum": 10, "tolerance": 1}), 4),
        (FORMS["open"], 100),
        (FORMS["text"], 100),
        (FORMS["ranking"], 6),
        (answer_form("ranking", (), {}), 6),
    ],
)
def test_a_guesser_is_right_about_once_in_so_many(form: AnswerForm, choices: int) -> None:
    assert form.guess_choices == choices


@pytest.mark.parametrize(
    ("answer_type", "options", "pointer", "sentence"),
    [
        ("single_choice", {"step": 1}, "/answer_options/step", "unknown option; this answer type has none"),
        ("pairwise", {"allow_tie": 1}, "/answer_options/allow_tie", "must be true or false, not 1"),
        (
            "number",
            {},
            "/answer_options/tolerance",
            "say how far from the right number an answer may be, or give a step",
        ),
        ("number", {"step": 0}, "/answer_options/step", "must be above 0, not 0"),
        ("number", {"step": 2, "minimum": 1}, "/answer_options/minimum", "1 is not a multiple of the step, which is 2"),
        (
            "number",
            {"tolerance": 1, "minimum": 5, "maximum": 5},
            "/answer_options/maximum",
            "5 is not above minimum, which is 5",
        ),
        ("number", {"tolerance": "1"}, "/answer_options/tolerance", "must be a number, not '1'"),
        (
            "multiple_choice",
            {"min_chosen": 3, "max_chosen": 2},
            "/answer_options/max_chosen",
            "2 is under min_chosen, which is 3",
        ),
        (
            "multiple_choice",
            {"max_chosen": 5},
            "/answer_options/max_chosen",
            "must be a whole number from 1 to 4, not 5",
        ),
        (
            "text",
            {"when_full": "vote"},
            "/answer_options/when_full",
            "must be one of keep_all, adjudicate, not 'vote'",
        ),
        ("ranking", {"gold_similarity": 0}, "/answer_options/gold_similarity", "must be above 0 and at most 1, not 0"),
        ("ranking", [], "/answer_options", "must be an object, not []"),
    ],
)
def test_a_bad_option_gets_a_sentence_at_its_place(answer_type: str, options: Any, pointer: str, sentence: str) -> None:
    problems = check_options(AnswerType(answer_type), ABC, options)
    assert (pointer, sentence) in [(problem.pointer, problem.detail) for problem in problems]


def test_right_answers_are_stored_in_canonical_form_each_once() -> None:
    right, problems = read_right_answers(FORMS["set"], [["b", "a"], ["a", "b"], ["c"]], "/golds/0/labels")
    assert (right, problems) == ([["a", "b"], ["c"]], [])


def test_a_wrong_right_answer_is_named_with_its_place() -> None:
    _, problems = read_right_answers(FORMS["count"], [5, "six"], "/golds/0/labels")
    assert [(p.pointer, p.detail) for p in problems] == [("/golds/0/labels/1", "'six' is not a number")]
    assert [p.detail for p in read_right_answers(FORMS["count"], [], "/x")[1]] == ["give at least one right answer"]
