"""Shaping a draft: what may change before the launch, what no longer may."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast

from crowd.errors import ChangedMeanwhile, Conflict, InvalidInput
from crowd.models import BudgetShard, Event, Project
from crowd.services.budgets import reserve
from crowd.services.drafts import shape_draft
from crowd.services.fairness import set_fairness_terms
from crowd.services.project_settings import configuration_of
from crowd.services.projects import ProjectPlan, create_project
from crowd.services.versions import version_of

LABELS = ({"value": "a", "title": "A"}, {"value": "b", "title": "B"})


@pytest.fixture
def draft(cast: Cast) -> Project:
    return create_project(plan=ProjectPlan(name="D", labels=LABELS, budget_micros=1_000_003), owner=cast.owner)


def left(project: Project) -> int:
    return sum(BudgetShard.objects.filter(project=project).values_list("left_micros", flat=True))


def test_a_draft_changes_its_type_with_labels_and_scale(cast: Cast, draft: Project) -> None:
    options = {"minimum": 0, "step": 1}
    shape_draft(project=draft, fields={"answer_type": "number", "answer_options": options}, actor=cast.owner)
    draft.refresh_from_db()
    assert (draft.answer_type, draft.labels, draft.scale) == ("number", [], "interval")
    event = Event.objects.filter(project=draft).latest("id")
    assert (event.kind, event.detail["to"]["answer_type"]) == ("project_configured", "number")


def test_a_type_with_its_own_labels_brings_them(cast: Cast, draft: Project) -> None:
    fields: dict[str, Any] = {"answer_type": "pairwise", "answer_options": {"allow_tie": True}}
    row = shape_draft(project=draft, fields=fields, actor=cast.owner)
    assert row.labels == [
        {"value": "a", "title": "A"}, {"value": "b", "title": "B"}, {"value": "tie", "title": "Equal"},
    ]  # fmt: skip


def test_nothing_is_saved_of_a_draft_that_makes_no_sense(cast: Cast, draft: Project) -> None:
    fields = {"name": "Other", "labels": [{"value": "a", "title": "A"}], "budget_micros": 5}
    with pytest.raises(InvalidInput) as refusal:
        shape_draft(project=draft, fields=fields, actor=cast.owner)
    assert [problem.pointer for problem in refusal.value.problems] == ["/labels"]
    draft.refresh_from_db()
    assert (draft.name, left(draft)) == ("D", 1_000_003)


@pytest.mark.parametrize("amount", [7, 0, 2_000_001])
def test_a_budget_is_replaced_to_the_last_micro(cast: Cast, draft: Project, amount: int) -> None:
    assert shape_draft(project=draft, fields={"budget_micros": amount}, actor=cast.owner).budget_micros == amount
    assert left(draft) == amount


def test_a_budget_may_go_and_come_back(cast: Cast, draft: Project) -> None:
    shape_draft(project=draft, fields={"budget_micros": None}, actor=cast.owner)
    assert left(draft) == 0
    shape_draft(project=draft, fields={"budget_micros": 9}, actor=cast.owner)
    assert left(draft) == 9


def test_a_budget_that_is_drawn_on_is_not_replaced(cast: Cast, draft: Project) -> None:
    reserve(project=draft, amount_micros=10)
    with pytest.raises(Conflict, match="raise it instead"):
        shape_draft(project=draft, fields={"budget_micros": 5}, actor=cast.owner)
    assert left(draft) == 1_000_003 - 10


def test_the_question_stands_once_there_are_tasks_but_titles_may_change(cast: Cast) -> None:
    cast.configure(state="draft")
    titled = [{**label, "title": label["value"].upper()} for label in cast.project.labels]
    assert shape_draft(project=cast.project, fields={"labels": titled}, actor=cast.owner).labels == titled
    with pytest.raises(InvalidInput) as refusal:
        shape_draft(project=cast.project, fields={"labels": titled[:2]}, actor=cast.owner)
    assert refusal.value.problems[0].pointer == "/labels"


def test_a_currency_stays_once_a_floor_is_set_in_it(cast: Cast, draft: Project) -> None:
    assert shape_draft(project=draft, fields={"currency": "EUR"}, actor=cast.owner).currency == "EUR"
    set_fairness_terms(project=draft, floor_micros=5, expected_seconds=None, actor=cast.owner)
    with pytest.raises(InvalidInput):
        shape_draft(project=draft, fields={"currency": "USD"}, actor=cast.owner)


def test_two_managers_do_not_overwrite_each_other(cast: Cast, draft: Project) -> None:
    seen = version_of(configuration_of(draft))
    shape_draft(project=draft, fields={"answer_options": {}, "name": "First"}, actor=cast.owner, version=seen)
    with pytest.raises(ChangedMeanwhile):
        shape_draft(project=draft, fields={"name": "Second"}, actor=cast.manager, version=seen)
    draft.refresh_from_db()
    assert draft.name == "First"


def test_a_project_that_was_launched_is_no_draft(db: None) -> None:
    cast = make_cast()
    with pytest.raises(Conflict, match="no draft"):
        shape_draft(project=cast.project, fields={"name": "X"}, actor=cast.owner)
