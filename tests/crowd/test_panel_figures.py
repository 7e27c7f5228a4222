"""What the panels say of a small project, figure by figure."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast

from crowd.queries.dashboards import tasks_behind
from crowd.queries.panels import PANELS
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked() -> Cast:
    """Four tasks with two answers each, of which one disagrees; three golds, one missed."""
    cast = make_cast(tasks=4, workers=3, max_overlap=2)
    cast.configure(gold_rate=1.0)
    cast.gold(3, "positive")
    for value in ("positive", "positive", "negative"):
        cast.answer(cast.workers[2], value)
    cast.configure(gold_rate=0.0)
    for n in range(4):
        cast.answer(cast.workers[0], "positive")
        cast.answer(cast.workers[1], "negative" if n == 0 else "positive")
    refit_project(project_id=cast.project.pk)
    return cast


def table_of(made: dict[str, Any], name: str) -> list[list[Any]]:
    return next(one["rows"] for one in made["tables"] if one["name"] == name)


def figures_of(made: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in made["figures"]}


@pytest.mark.parametrize("name", sorted(PANELS))
def test_every_panel_can_be_made_of_nothing(name: str) -> None:
    made = PANELS[name](make_cast(tasks=1, workers=1).project)
    assert set(made) == {"figures", "charts", "tables", "notes"}


def test_cost_adds_up_to_the_ledger(worked: Cast) -> None:
    made = PANELS["cost"](worked.project)
    figures = figures_of(made)
    assert figures["Booked"] == 11 * 20_000
    assert sum(row[1] for row in table_of(made, "kinds")) == 11 * 20_000
    assert [row[1] for row in table_of(made, "days")] == [11 * 20_000]


def test_confusion_counts_consensus_by_given(worked: Cast) -> None:
    made = PANELS["confusion"](worked.project)
    counts = {(true, given): n for true, given, n in table_of(made, "matrix")}
    assert sum(counts.values()) == 8
    assert counts["positive", "positive"] + counts.get(("negative", "positive"), 0) == 7


def test_a_cell_of_confusion_opens_the_tasks_behind_it(worked: Cast) -> None:
    made = PANELS["confusion"](worked.project)
    for cell in made["charts"][0]["cells"]:
        found = tasks_behind(worked.project, **cell["opens"])
        assert 1 <= found.count() <= 4
    uid = str(worked.workers[2].uid)
    assert tasks_behind(worked.project, worker=uid).count() == 0, "golds have no consensus"
    assert tasks_behind(worked.project, worker=str(worked.workers[0].uid)).count() == 4


def test_golds_show_their_pass_rate_with_its_interval(worked: Cast) -> None:
    made = PANELS["golds"](worked.project)
    rows = table_of(made, "golds")
    assert sorted(row[3] for row in rows) == [0.0, 1.0, 1.0]
    assert all(row[4] <= row[3] <= row[5] for row in rows)
    assert figures_of(made)["Answered right"] == pytest.approx(2 / 3)


def test_workers_stand_weakest_first_and_without_evidence_last(worked: Cast) -> None:
    made = PANELS["workers"](worked.project)
    rows = table_of(made, "workers")
    assert rows[0][0] == "w3"
    assert rows[0][3:5] == [2, 1]
    assert {row[0]: row[5] for row in rows[1:]} == {"w1": None, "w2": None}


def test_agreement_has_its_interval_or_its_reason(worked: Cast) -> None:
    made = PANELS["agreement"](worked.project)
    assert made["figures"]
    for figure in made["figures"]:
        assert (figure["value"] is None) == bool(figure["reason"])


def test_drift_says_when_it_cannot_say(worked: Cast) -> None:
    made = PANELS["drift"](worked.project)
    (only,) = made["figures"]
    assert (only["value"], only["reason"][:14]) == (None, "cannot say yet")
    assert table_of(made, "weeks")[0][1:] == [8, 1 / 8, 0.0, 7 / 8]


def test_payouts_show_what_the_ledger_owes(worked: Cast) -> None:
    made = PANELS["payouts"](worked.project)
    assert figures_of(made)["Owed to workers"] == 11 * 20_000
    assert figures_of(made)["The ledger is off by"] == 0
