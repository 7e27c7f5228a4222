"""Who may open which page: strangers get 404, as for a project that does not exist."""

from __future__ import annotations

import re
import uuid

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Assignment, Project, Worker

WORK_PAGES = ["work", "work-wait", "work-finished", "work-no-budget"]
WORK_ACTIONS = ["work-claim", "work-submit", "work-renew", "work-skip", "work-release"]
MANAGE_ACTIONS = ["manage-launch", "manage-pause"]
SETUP_PAGES = ["setup-question", "setup-tasks", "setup-golds", "setup-pay", "setup-launch"]
SETUP_FORMS = [*SETUP_PAGES, "setup-preview"]
OF_A_PROJECT = [*WORK_PAGES, *WORK_ACTIONS, "manage", *MANAGE_ACTIONS]


def without_token(page: bytes) -> bytes:
    # Besides its tokens a page repeats the address that was asked for, to come back to after a change of language.
    return re.sub(rb'name="(csrfmiddlewaretoken|next)" value="[^"]+"', b"", page)


@pytest.mark.parametrize("name", [*WORK_PAGES, "manage"])
def test_a_page_needs_a_log_in_which_leads_back_to_it(cast: Cast, name: str) -> None:
    address = reverse(name, args=[cast.project.uid])
    response = Client().get(address)
    assert (response.status_code, response["Location"]) == (302, f"{reverse('log-in')}?next={address}")


@pytest.mark.parametrize("name", [*WORK_ACTIONS, *MANAGE_ACTIONS])
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(cast: Cast, name: str) -> None:
    page = reverse("manage" if name in MANAGE_ACTIONS else "work", args=[cast.project.uid])
    response = Client().post(reverse(name, args=[cast.project.uid]), {"choice": "0"})
    assert (response.status_code, response["Location"]) == (302, f"{reverse('log-in')}?next={page}")
    assert (Assignment.objects.count(), Project.objects.get().state) == (0, "live")


@pytest.mark.parametrize("name", ["home", "me", "own-statement-pdf"])
def test_own_pages_need_a_log_in(db: None, name: str) -> None:
    assert Client().get(reverse(name))["Location"] == f"{reverse('log-in')}?next={reverse(name)}"


@pytest.mark.parametrize("name", OF_A_PROJECT)
def test_a_stranger_gets_404_for_a_project_as_for_none(cast: Cast, log_in, name: str) -> None:
    client = log_in(cast.stranger)
    method = client.get if name in (*WORK_PAGES, "manage") else client.post
    real = method(reverse(name, args=[cast.project.uid]))
    none = method(reverse(name, args=[uuid.uuid4()]))
    assert (real.status_code, none.status_code) == (404, 404)
    assert without_token(real.content) == without_token(none.content)
    assert not Worker.objects.filter(user=cast.stranger).exists()


@pytest.mark.parametrize("name", ["manage", *MANAGE_ACTIONS])
@pytest.mark.parametrize("who", ["worker", "finance"])
def test_only_owner_with_manager_open_the_manager_page(cast: Cast, log_in, name: str, who: str) -> None:
    client = log_in(cast.worker.user if who == "worker" else cast.finance)
    method = client.get if name == "manage" else client.post
    assert method(reverse(name, args=[cast.project.uid])).status_code == 404
    assert Project.objects.get().state == "live"


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_owner_and_manager_open_the_manager_page(cast: Cast, log_in, who: str) -> None:
    assert log_in(getattr(cast, who)).get(reverse("manage", args=[cast.project.uid])).status_code == 200


@pytest.mark.parametrize("who", ["worker", "finance", "stranger", "nobody"])
def test_only_owner_with_manager_open_the_set_up(cast: Cast, log_in, who: str) -> None:
    client = Client() if who == "nobody" else log_in(cast.worker.user if who == "worker" else getattr(cast, who))
    wanted = 302 if who == "nobody" else 404
    for name in SETUP_PAGES:
        assert (name, client.get(reverse(name, args=[cast.project.uid])).status_code) == (name, wanted)
    for name in SETUP_FORMS:
        assert (name, client.post(reverse(name, args=[cast.project.uid])).status_code) == (name, wanted)
    for name in ("setup-imports", "setup-example"):
        assert client.get(reverse(name, args=[cast.project.uid, "tasks"])).status_code == wanted
    cancel = reverse("setup-cancel", args=[cast.project.uid, uuid.uuid4()])
    assert client.post(cancel).status_code == wanted


@pytest.mark.parametrize("name", [*SETUP_FORMS])
def test_a_set_up_form_without_its_token_is_refused(cast: Cast, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert client.post(reverse(name, args=[cast.project.uid])).status_code == 403


def test_beginning_a_project_needs_a_log_in(db: None) -> None:
    assert Client().get(reverse("manage-new"))["Location"] == f"{reverse('log-in')}?next={reverse('manage-new')}"


def test_a_manager_who_is_not_enrolled_cannot_work(cast: Cast, log_in) -> None:
    assert log_in(cast.manager).post(reverse("work-claim", args=[cast.project.uid])).status_code == 404
    assert Assignment.objects.count() == 0


@pytest.mark.parametrize("name", [*WORK_ACTIONS, *MANAGE_ACTIONS, "log-out"])
def test_a_post_without_its_token_is_refused(cast: Cast, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.worker.user)
    args = [] if name == "log-out" else [cast.project.uid]
    response = client.post(reverse(name, args=args))
    assert response.status_code == 403
    assert "open too long" in response.content.decode()


def test_every_page_has_the_strict_policy(cast: Cast, log_in) -> None:
    client = log_in(cast.worker.user)
    for address in (reverse("home"), reverse("me"), reverse("work", args=[cast.project.uid]), "/nothing-here"):
        response = client.get(address)
        policy = response["Content-Security-Policy"]
        assert "script-src 'self';" in f"{policy};"
        assert "style-src 'self';" in f"{policy};"
        assert b"<style" not in response.content
        assert b" style=" not in response.content
        assert response.content.count(b"<script") == response.content.count(b"<script src=")


@pytest.mark.parametrize("address", ["/nothing-here", "/work/0/", "/manage/x/"])
def test_404_has_the_look_of_the_house(db: None, address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 404
    assert "There is nothing here for you" in response.content.decode()


def test_a_fault_of_ours_has_the_look_of_the_house(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**kwargs: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("web.worker.views.desk_of", broken)
    client = Client(raise_request_exception=False)
    client.force_login(cast.worker.user)
    response = client.get(reverse("work", args=[cast.project.uid]))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert "broken on purpose" not in response.content.decode()
