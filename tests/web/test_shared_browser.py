"""Two accounts in one browser: seen at log-in, flagged as evidence, nothing else follows."""

import pytest
from cast import Cast
from django.test import Client

from crowd.models import DeviceSighting, Flag, TrustChange
from crowd.services.measuring import measure_project

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def _log_in(client: Client, user) -> None:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    kept = client.cookies.get("assay_browser")
    client.logout()
    if kept is not None:
        # Django's client throws every cookie away at log-out; a browser keeps this one.
        client.cookies["assay_browser"] = kept.value
    reply = client.post("/log-in/", {"username": user.email, "password": PASSWORD})
    assert reply.status_code == 302


def test_two_accounts_in_one_browser_are_flagged_as_evidence_only(cast: Cast) -> None:
    shared, own = Client(), Client()
    _log_in(shared, cast.workers[0].user)
    _log_in(own, cast.workers[2].user)
    _log_in(shared, cast.workers[1].user)
    measure_project(project_id=cast.project.pk)
    flag = Flag.objects.get()
    assert (flag.kind, flag.worker, flag.other) == ("shared_device", cast.workers[0], cast.workers[1])
    assert (flag.state, flag.evidence, flag.p_value) == ("open", {"browsers": 1}, None)
    assert not TrustChange.objects.exists()
    assert {cast.enrolment(worker).trust_level for worker in cast.workers} == {"new"}


def test_the_cookie_is_random_short_lived_and_stored_only_as_a_keyed_hash(cast: Cast, settings) -> None:
    client = Client()
    _log_in(client, cast.worker.user)
    cookie = client.cookies["assay_browser"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        30 * 24 * 3600,
        True,
        "Lax",
        "/log-in/",
    )
    assert len(cookie.value) == 43
    row = DeviceSighting.objects.get()
    assert cookie.value not in row.digest
    settings.SECRET_KEY = "another secret, so that the same cookie has another hash"
    _log_in(client, cast.worker.user)
    assert DeviceSighting.objects.values("digest").distinct().count() == 2


def test_logging_in_again_moves_the_sighting_and_a_forged_cookie_is_replaced(cast: Cast) -> None:
    client = Client()
    _log_in(client, cast.worker.user)
    first = DeviceSighting.objects.get()
    _log_in(client, cast.worker.user)
    assert DeviceSighting.objects.filter(digest=first.digest).get().last_seen_at > first.last_seen_at
    client.cookies["assay_browser"] = "x" * 5000
    _log_in(client, cast.worker.user)
    assert len(client.cookies["assay_browser"].value) == 43


def test_of_an_account_that_does_no_work_nothing_is_noted(cast: Cast) -> None:
    client = Client()
    _log_in(client, cast.owner)
    assert "assay_browser" not in client.cookies
    assert not DeviceSighting.objects.exists()
