"""Which snippets become tasks, which golds, what the truth is taken to be."""

from __future__ import annotations

from collections import Counter

import pytest
from tiny_corpus import some_snippets

from demo.errors import DemoError
from demo.project import (
    Plan,
    choose_material,
    gold_requests,
    label_of_rating,
    project_request,
    task_key,
    task_requests,
    true_label,
)
from demo.snippets import Snippet

SMALL = Plan(tasks=6, golds_per_label=2, seed=5)


@pytest.mark.parametrize(("rating", "label"), [(-4, "negative"), (-1, "negative"), (0, "neutral"), (1, "positive")])
def test_a_rating_counts_as_the_label_of_its_sign(rating, label):
    assert label_of_rating(rating) == label


@pytest.mark.parametrize(
    ("ratings", "label"),
    [
        ((0, 1), "neutral"),
        ((-1, 0), "neutral"),
        ((1, 1, 0), "positive"),
        ((-1, -1, 0), "negative"),
        ((4, -4), "neutral"),
    ],
)
def test_the_true_label_is_the_sign_of_the_mean_with_the_band_neutral_ends_included(ratings, label):
    assert true_label(Snippet("a", "text", ratings), 0.5) == label


def test_the_same_seed_gives_the_same_material_and_another_seed_another():
    snippets = some_snippets()
    assert choose_material(snippets, SMALL) == choose_material(snippets, SMALL)
    assert (
        choose_material(snippets, SMALL).tasks
        != choose_material(snippets, Plan(tasks=6, golds_per_label=2, seed=6)).tasks
    )


def test_golds_are_balanced_and_are_not_tasks():
    material = choose_material(some_snippets(), SMALL)
    assert len(material.tasks) == 6
    assert Counter(label for _, label in material.golds) == {"negative": 2, "neutral": 2, "positive": 2}
    assert not {gold.id for gold, _ in material.golds} & {task.id for task in material.tasks}
    assert len(material.by_text) == 12


def test_a_gold_needs_nearly_all_raters_on_its_true_label():
    split = [Snippet(f"s{i}", f"people differ on {i}", (1,) * 18 + (-1, -1)) for i in range(50)]
    clear = some_snippets(ratings=20)
    almost = Snippet("almost", "nineteen of twenty agree", (1,) * 19 + (0,))
    material = choose_material([*split, *clear, almost], Plan(tasks=1, golds_per_label=3, seed=5))
    assert {gold.id for gold, _ in material.golds} <= {snippet.id for snippet in [*clear, almost]}


def test_short_texts_and_texts_that_two_snippets_share_are_left_out():
    twins = [Snippet(f"t{i}", "the very same text", (1,)) for i in range(2)]
    short = [Snippet("s", "wow !", (1,))]
    usable = some_snippets()
    material = choose_material([*twins, *short, *usable], Plan(tasks=6, golds_per_label=2, seed=5))
    assert set(material.by_text) <= {snippet.text for snippet in usable}


def test_too_few_snippets_or_golds_are_said_with_their_numbers():
    with pytest.raises(DemoError, match="24 usable snippets, but the demo needs 25"):
        choose_material(some_snippets(), Plan(tasks=25))
    with pytest.raises(DemoError, match="0 nearly unanimous neutral snippets beside the tasks"):
        choose_material(some_snippets(neutral=0), SMALL)


def test_a_worker_sees_the_text_and_nothing_that_tells_a_gold_from_a_task():
    material = choose_material(some_snippets(), SMALL)
    tasks, golds = task_requests(material), gold_requests(material)
    assert {frozenset(request["payload"]) for request in [*tasks, *golds]} == {frozenset({"text"})}
    assert {request["key"].split("-")[0] for request in [*tasks, *golds]} == {"amazon"}
    assert [request["key"] for request in tasks] == list(material.truth)


def test_gold_reasons_say_how_many_readers_agree():
    [gold, *_] = gold_requests(choose_material(some_snippets(ratings=5), SMALL))
    assert (gold["labels"], gold["reason"]) == (["negative"], "5 of 5 readers found it negative.")


def test_the_project_asks_for_an_ordinal_choice_of_three_labels():
    request = project_request(Plan(), "Demo")
    assert [label["value"] for label in request["labels"]] == ["negative", "neutral", "positive"]
    assert (request["answer_type"], request["scale"]) == ("single_choice", "ordinal")
    assert request["price"] == {"amount": "0.020000", "currency": "USD"}
    assert task_key(Snippet("1_2", "x", (1,))) == "amazon-1_2"
