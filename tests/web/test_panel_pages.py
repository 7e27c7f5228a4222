"""Panels as pages: figures with their age, charts with their tables, CSV without formulas."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crowd.models import Panel
from crowd.queries.panels import PANELS
from crowd.queries.panels.shapes import body, chart, figure, table
from crowd.services.panels import refresh_panels
from web.manager.panels import TITLES


def address(cast: Cast, *rest: str) -> str:
    return reverse("manage-panel-csv" if len(rest) == 2 else "manage-panel", args=[cast.project.uid, *rest])


def store(cast: Cast, **parts: object) -> None:
    Panel.objects.create(
        project=cast.project, name="throughput", body=body(**parts), made_at=timezone.now(), seconds=0.1
    )


def test_every_panel_has_a_title() -> None:
    assert set(TITLES) == set(PANELS)


@pytest.mark.parametrize("name", sorted(TITLES))
def test_a_panel_shows_before_and_after_it_is_made(cast: Cast, owner_client: Client, name: str) -> None:
    assert "Not made yet" in owner_client.get(address(cast, name)).content.decode()
    cast.answer(cast.worker)
    refresh_panels(project_id=cast.project.pk)
    page = owner_client.get(address(cast, name))
    assert page.status_code == 200
    assert "As of" in page.content.decode()


def test_the_part_that_renews_itself_is_the_panel_alone(cast: Cast, owner_client: Client) -> None:
    refresh_panels(project_id=cast.project.pk)
    part = owner_client.get(address(cast, "throughput"), headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<section class="panel"')
    assert "<html" not in part


def test_a_row_opens_the_tasks_behind_it_in_table_and_chart(cast: Cast, owner_client: Client) -> None:
    rows = [["positive", 3]]
    store(
        cast,
        charts=[chart("bars", "Labels", x=["positive"], stacks=[{"name": "n", "values": [3]}], opens=[{"label": 2}])],
        tables=[table("labels", "By label", [("Label", "text"), ("n", "number")], rows, opens=[{"label": 2}])],
    )
    page = owner_client.get(address(cast, "throughput")).content.decode()
    href = f"{reverse('manage', args=[cast.project.uid])}?label=2#tasks"
    assert f'<a href="{href}">positive</a>' in page
    found = re.search(r'<script id="throughput-chart-0" type="application/json">(.*?)</script>', page, re.S)
    assert found is not None
    assert json.loads(found[1])["hrefs"] == [href]


def test_figures_carry_their_interval_or_their_reason(cast: Cast, owner_client: Client) -> None:
    store(
        cast,
        figures=[
            figure("Kept", 0.9, low=0.8, high=0.95, n=40, unit="share"),
            figure("Alpha", None, reason="no task has two answers yet"),
        ],
    )
    page = owner_client.get(address(cast, "throughput")).content.decode()
    assert "80.0\N{NO-BREAK SPACE}% to 95.0\N{NO-BREAK SPACE}%" in page
    assert "n = 40" in page
    assert "no task has two answers yet" in page


def test_csv_holds_plain_figures_and_no_formula(cast: Cast, owner_client: Client) -> None:
    store(cast, tables=[table("t", "T", [("Name", "text"), ("n", "number")], [["=1+1", 1234], ["-x", -2]])])
    response = owner_client.get(address(cast, "throughput", "t"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows == [["Name", "n"], ["'=1+1", "1234"], ["'-x", "-2"]]
    assert owner_client.get(address(cast, "throughput", "none")).status_code == 404


def test_panels_are_for_managers(cast: Cast, log_in, worker_client: Client) -> None:
    refresh_panels(project_id=cast.project.pk)
    for parts in (("throughput",), ("throughput", "days")):
        assert worker_client.get(address(cast, *parts)).status_code == 404
        assert log_in(cast.stranger).get(address(cast, *parts)).status_code == 404
        assert log_in(cast.manager).get(address(cast, *parts)).status_code == 200
        assert Client().get(address(cast, *parts)).status_code == 302
    assert log_in(cast.manager).get(address(cast, "nonsense")).status_code == 404


def test_a_page_of_a_panel_asks_as_much_whatever_it_holds(
    cast: Cast, owner_client: Client, django_assert_num_queries
) -> None:
    for n in (1, 3):
        Panel.objects.all().delete()
        store(cast, tables=[table("t", "T", [("n", "number")], [[k] for k in range(n)])])
        with django_assert_num_queries(4):
            owner_client.get(address(cast, "throughput"))
