"""Who answers in the demo: each rating at most once, planted workers that do not read."""

from __future__ import annotations

import pytest
from tiny_corpus import some_snippets

from demo.errors import DemoError
from demo.project import Plan, choose_material
from demo.snippets import Snippet
from demo.workers import demo_workers


@pytest.fixture
def material():
    mixed = [Snippet(f"m{i}", f"a mixed sentence {i}", (-1, 0, 2)) for i in range(30)]
    return choose_material([*mixed, *some_snippets(ratings=4)], Plan(tasks=20, golds_per_label=1, seed=3))


def test_replay_worker_i_gives_the_ith_rating_of_every_text(material):
    replayed = [worker for worker in demo_workers(material, str) if worker.origin == "replayed"]
    assert [worker.name for worker in replayed] == ["Replay 01", "Replay 02", "Replay 03"]
    text = next(text for text, snippet in material.by_text.items() if snippet.ratings == (-1, 0, 2))
    assert [worker.answer(text) for worker in replayed] == ["negative", "neutral", "positive"]


def test_two_workers_guess_and_one_repeats_itself(material):
    planted = {worker.name: worker for worker in demo_workers(material, str) if worker.origin == "planted"}
    assert list(planted) == ["Planted random 1", "Planted random 2", "Planted always positive"]
    said = {name: [worker.answer(text) for text in material.by_text] for name, worker in planted.items()}
    assert set(said["Planted always positive"]) == {"positive"}
    assert set(said["Planted random 1"]) == {"negative", "neutral", "positive"}
    assert said["Planted random 1"] != said["Planted random 2"]


def test_a_guess_does_not_depend_on_when_it_is_asked_for(material):
    texts = list(material.by_text)
    first, again = (
        next(worker for worker in demo_workers(material, str) if worker.name == "Planted random 1") for _ in range(2)
    )
    forwards = {text: first.answer(text) for text in texts}
    backwards = {text: again.answer(text) for text in reversed(texts)}
    assert forwards == backwards


def test_vader_is_registered_as_a_function_and_the_others_as_people(material):
    requests = [worker.request for worker in demo_workers(material, str)]
    assert [request["kind"] for request in requests] == ["human"] * 6 + ["function"]
    assert requests[-1]["model"] == {"provider": "vaderSentiment", "model": "VADER", "version": "3.3.2"}


def test_a_text_from_elsewhere_is_not_answered(material):
    with pytest.raises(DemoError, match="not in this project: 'who put this here'"):
        demo_workers(material, str)[0].answer("who put this here")
