"""The panel of models shows what the newest review found, and what could not be said."""

from __future__ import annotations

import pytest
from cast import make_cast
from model_crowds import add_model, give, people_of, truth_of, votes_of

from crowd.queries.panels.models import models
from crowd.services.refit import refit_project
from crowd.services.vote_states import promote_model

pytestmark = pytest.mark.django_db


def test_a_project_without_models_says_so() -> None:
    made = models(make_cast().project)
    assert [figure["value"] for figure in made["figures"]] == [0, 0, 0.0]
    assert made["tables"][0]["rows"] == []


def test_a_model_stands_beside_people_with_what_it_may_do() -> None:
    cast = make_cast(tasks=90, workers=6, min_overlap=3, max_overlap=5)
    truth = truth_of(cast)
    people_of(cast, truth, 0.85, overlap=4)
    good, new = add_model(cast, "good"), add_model(cast, "new")
    give(cast, good, votes_of(truth, 0.95))
    refit_project(project_id=cast.project.pk)
    promote_model(project=cast.project, worker_uid=good.uid, reason="as tested", actor=cast.owner)
    made = models(cast.project)
    assert [figure["value"] for figure in made["figures"]] == [2, 1, 1.0]
    first, second = made["tables"][0]["rows"]
    names = [column["title"] for column in made["tables"][0]["columns"]]
    cells = dict(zip(names, first, strict=True))
    assert (first[0], cells["State"], cells["Votes"], cells["Cost"]) == ("good", "counted", 90, 0)
    assert (cells["Newest test"], cells["May stand in"]) == ("alt_test", "yes")
    share, low, high = first[4:7]
    assert 0 < low < share < high < 1
    assert (second[0], second[1], second[4:7], second[-1]) == (new.name, "shadow", [None] * 3, "cannot say yet")
