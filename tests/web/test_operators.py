"""Probes, figures and the operators' page say what is so, to those who may know it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from cast import Cast
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api.timings import door_of
from crowd.models import Answer, Assignment, SealClock, User
from crowd.policies.alarms import ALARMS, raised
from crowd.queries import readiness
from crowd.queries.figures import SLOW_KEY, server_figures
from crowd.services.refit import refit_project, request_refit
from crowd.services.sweep import work_off
from web.operators.lines import NAMES

RULES = Path(__file__).resolve().parents[2] / "docs" / "alerts.yml"


@pytest.fixture(autouse=True)
def _fresh_sums() -> None:
    cache.delete(SLOW_KEY)


def values() -> dict[str, float]:
    return {
        figure.name + "".join(f" {text}" for text in labels.values()): value
        for figure in server_figures()
        for labels, value in figure.samples
    }


def scrape(settings, **headers: str) -> str:
    settings.METRICS_TOKEN = "a token for the scraper"
    response = Client().get("/metrics", headers={"Authorization": "Bearer a token for the scraper"} | headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_figures_follow_the_work(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    # On PostgreSQL numbers go on where an earlier test stopped: begin from one that is there.
    cast.answer(cast.workers[2])
    before = values()
    cast.answer(cast.worker, is_processed=False)
    cast.claim(cast.workers[1])
    Assignment.objects.filter(state="active").update(deadline=timezone.now() - timedelta(seconds=1))
    with monkeypatch.context() as later:
        moment = timezone.now() + timedelta(seconds=90)
        later.setattr("crowd.queries.figures.timezone.now", lambda: moment)
        now = values()
    assert now["assay_claims"] == before["assay_claims"] + 2
    assert now["assay_answers"] == before["assay_answers"] + 1
    assert (now["assay_answers_waiting"], now["assay_leases_live"], now["assay_leases_overdue"]) == (1, 1, 1)
    assert 80 <= now["assay_processing_lag_seconds"] <= 91
    assert [alarm.name for alarm in raised({"assay_processing_lag_seconds": [90.0]})] == ["AssayAnswersWait"]
    work_off()
    done = values()
    assert (done["assay_answers_waiting"], done["assay_processing_lag_seconds"], done["assay_leases_overdue"]) == (
        0,
        0,
        0,
    )
    assert done["assay_sweep_age_seconds"] < 5


def test_fits_and_money_are_told(cast: Cast) -> None:
    for worker in cast.workers[:2]:
        cast.answer(worker)
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)
    cache.delete(SLOW_KEY)
    now = values()
    assert 0 < now["assay_refit_seconds"] < 60
    assert now["assay_ledger_micros worker_payable USD"] == -now["assay_ledger_micros project_cost USD"] != 0
    assert now["assay_ledger_off_micros USD"] == 0
    assert now["assay_projects live"] == 1
    assert now["assay_database_bytes"] > 100_000


def test_a_sweep_that_stopped_is_noticed(cast: Cast) -> None:
    work_off()
    SealClock.objects.update(looked_at=timezone.now() - timedelta(minutes=5))
    found = {figure.name: [value for _, value in figure.samples] for figure in server_figures()}
    assert "AssayNobodySweeps" in [alarm.name for alarm in raised(found)]


def test_figures_cost_as_much_for_three_projects_as_for_one(cast: Cast, django_assert_num_queries) -> None:
    from cast import make_cast
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as once:
        server_figures()
    make_cast(), make_cast()
    cache.delete(SLOW_KEY)
    with django_assert_num_queries(len(once)):
        server_figures()


def test_every_figure_that_an_alert_names_exists_and_the_limits_agree(cast: Cast, settings) -> None:
    # A figure without a sample has its TYPE line all the same.
    known = set(re.findall(r"^# TYPE (\w+)", scrape(settings), re.MULTILINE))
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    rules = {rule["alert"]: rule for rule in group["rules"]}
    for rule in rules.values():
        for name in re.findall(r"\bassay_\w+", rule["expr"]):
            assert re.sub(r"_(bucket|count|sum)$", "", name) in known, name
        assert rule["annotations"]["summary"]
    for alarm in ALARMS:
        assert rules[alarm.name]["expr"] == f"max without (instance) ({alarm.figure}) > {alarm.limit}"
        assert rules[alarm.name]["for"] == f"{alarm.minutes}m"
    manual = RULES.with_name("operations.md").read_text()
    assert [name for name in rules if f"| `{name}` |" not in manual] == []


def test_request_times_are_told_by_door(cast: Cast, settings) -> None:
    assert [
        door_of(path) for path in ("/", "/api/v1/projects", "/api/v1/projects/x/claim", "/api/v1/assignments/x/submit")
    ] == [
        "page",
        "api",
        "claim",
        "submit",
    ]
    Client().get("/nothing-here")
    assert re.search(r'assay_request_seconds_count\{door="page",status="4xx"\} [1-9]', scrape(settings))


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "10.1.2.3", 200),
        ({}, "192.168.1.1", 404),
        ({"X-Forwarded-For": "10.1.2.3"}, "10.1.2.3", 404),
        ({"Authorization": "Bearer wrong"}, "192.168.1.1", 404),
        ({"Authorization": "Bearer ä"}, "192.168.1.1", 404),
        ({"Authorization": "Bearer right token"}, "192.168.1.1", 200),
    ],
)
def test_metrics_are_for_the_token_or_the_network(cast, settings, headers, address: str, status: int) -> None:
    from ipaddress import ip_network

    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "right token", [ip_network("10.0.0.0/8")]
    assert Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code == status


def test_without_settings_metrics_are_closed(db: None) -> None:
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_ready_is_ready(db: None) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_what_is_missing_is_named_without_secrets(db: None, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://:hunter22@127.0.0.1:1/0"
    monkeypatch.setattr(readiness, "_is_migrated", False)
    monkeypatch.setattr(readiness.MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    monkeypatch.setattr(readiness.cache, "get", lambda key: None)
    response = Client().get("/readyz")
    assert response.status_code == 503
    problems = response.json()["problems"]
    assert set(problems) == {"migrations", "broker", "cache"}
    assert "hunter22" not in response.content.decode()


def test_a_database_that_is_away_is_named(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise DatabaseError("password=hunter22")

    monkeypatch.setattr(readiness, "_has_all_migrations", away)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["problems"]) == (
        503,
        {"database": "the database does not answer (DatabaseError)"},
    )


def test_the_operators_page_is_for_staff(cast: Cast, log_in) -> None:
    address = reverse("operators")
    assert Client().get(address)["Location"] == f"{reverse('log-in')}?next={address}"
    assert log_in(cast.owner).get(address).status_code == 404
    assert reverse("operators") not in log_in(cast.owner).get(reverse("home")).content.decode()


def test_the_operators_page_says_what_is_wrong(cast: Cast, log_in) -> None:
    staff = User.objects.create_user("root@example.org", "correct horse", name="root", is_staff=True)
    cast.answer(cast.worker, is_processed=False)
    Answer.objects.update(process_attempts=3)
    page = log_in(staff).get(reverse("operators")).content.decode()
    assert "AssayAnswersFail" in page
    assert str(Answer.objects.get().uid) in page
    assert "attempts: 3" in page
    assert "over its limit" in page


def test_every_figure_has_a_name_for_people(cast: Cast) -> None:
    assert {figure.name for figure in server_figures()} == set(NAMES)
