"""Panels of dashboards: made by a job, at most as often as they cost, from rows of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.models import Panel, PanelClock
from crowd.policies.panels import LEAST_SECONDS, rest_after
from crowd.queries import panels as registry
from crowd.queries.panels.shapes import body, figure, table
from crowd.queries.panels.throughput import throughput
from crowd.services.assignments import skip_assignment
from crowd.services.panels import refresh_panels, stale_panels

pytestmark = pytest.mark.django_db


def run_out(cast: Cast) -> None:
    PanelClock.objects.filter(project=cast.project).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_new_project_gets_its_panels_once() -> None:
    cast = make_cast()
    assert stale_panels() == [cast.project.pk]
    assert refresh_panels(project_id=cast.project.pk)
    assert set(Panel.objects.values_list("name", flat=True)) == set(registry.PANELS)
    assert stale_panels() == []
    assert not refresh_panels(project_id=cast.project.pk), "made just now"


def test_panels_are_made_again_when_the_clock_has_run_out_and_something_is_new() -> None:
    cast = make_cast()
    refresh_panels(project_id=cast.project.pk)
    run_out(cast)
    assert stale_panels() == [], "nothing is new"
    cast.answer(cast.worker)
    assert stale_panels() == [], "it has been given a rest"
    run_out(cast)
    assert stale_panels() == [cast.project.pk]
    assert refresh_panels(project_id=cast.project.pk)
    people = Panel.objects.get(name="throughput").body["figures"][0]
    assert (people["name"], people["value"]) == ("Answers in the last 24 hours", 1)


def test_of_two_that_find_the_clock_run_out_one_makes_the_panels() -> None:
    cast = make_cast()
    refresh_panels(project_id=cast.project.pk)
    run_out(cast)
    made = [refresh_panels(project_id=cast.project.pk) for _ in range(2)]
    assert made == [True, False]


def test_a_panel_that_fails_keeps_its_old_figures_and_lets_the_others_through(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast = make_cast()

    def broken(_project: object) -> dict[str, object]:
        raise ValueError("no such luck")

    monkeypatch.setattr("crowd.services.panels.PANELS", {"broken": broken, "throughput": throughput})
    assert refresh_panels(project_id=cast.project.pk)
    assert list(Panel.objects.values_list("name", flat=True)) == ["throughput"]
    assert "the panel broken of project" in caplog.text


def test_large_projects_rest_in_proportion() -> None:
    assert rest_after(0.01) == timedelta(seconds=LEAST_SECONDS)
    assert rest_after(3.0) == timedelta(seconds=60)


def test_throughput_counts_answers_skips_and_models_apart() -> None:
    cast = make_cast()
    cast.answer(cast.workers[0])
    cast.answer(cast.workers[1])
    claim = cast.claim(cast.workers[2])
    assert claim.assignment is not None
    skip_assignment(assignment_uid=claim.assignment.uid, worker=cast.workers[2], reason="unclear")
    made = throughput(cast.project)
    today = timezone.now().date().isoformat()
    days = next(one for one in made["tables"] if one["name"] == "days")
    assert days["rows"] == [[today, 2, 0, 1, 0, 0]]
    hours = next(one for one in made["tables"] if one["name"] == "hours")
    assert (len(hours["rows"]), hours["rows"][0][1:]) == (48, [2, 0])


def test_a_figure_without_a_value_says_why() -> None:
    with pytest.raises(ValueError, match="neither a value nor a reason"):
        figure("Alpha", None)
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        table("t", "T", [("a", "text"), ("b", "number")], [["x"]])
    assert body(notes=["n"]) == {"figures": [], "charts": [], "tables": [], "notes": ["n"]}
