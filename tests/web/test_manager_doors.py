"""Who may open the pages on which a project's people judge, pay and keep models: each address by role."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from cast import Cast
from django.test import Client
from django.urls import resolve, reverse

from crowd.enums import Role
from crowd.models import Membership
from web.manager.urls import urlpatterns

OWNER, MANAGER, ADJUDICATOR, FINANCE = Role.OWNER, Role.MANAGER, Role.ADJUDICATOR, Role.FINANCE
MANAGING = {OWNER, MANAGER}
JUDGING = {*MANAGING, ADJUDICATOR}
PAYING = {*MANAGING, FINANCE}
PAYING_OUT = {OWNER, FINANCE}
# Address -> roles for which its page opens, or its form is taken.
ROLES = {
    "manage-disputes": JUDGING,
    "manage-disputes-decide": JUDGING,
    "manage-dispute": JUDGING,
    "manage-dispute-decide": JUDGING,
    "manage-workers": MANAGING,
    "manage-trust-appeals": MANAGING,
    "manage-trust-appeal-decide": MANAGING,
    "manage-rules": MANAGING,
    "manage-rule-set": MANAGING,
    "manage-rule-retire": MANAGING,
    "manage-worker": MANAGING,
    "manage-worker-action": MANAGING,
    "manage-worker-do": MANAGING,
    "manage-worker-overturn": MANAGING,
    "manage-worker-overturn-do": MANAGING,
    "manage-worker-flag": MANAGING,
    "manage-worker-grant": MANAGING,
    "manage-worker-revoke": MANAGING,
    "manage-restitution": MANAGING,
    "manage-golds": MANAGING,
    "manage-golds-add": MANAGING,
    "manage-gold": MANAGING,
    "manage-gold-correct": MANAGING,
    "manage-gold-retire": MANAGING,
    "manage-models": MANAGING,
    "manage-model-confirm": MANAGING,
    "manage-model-down": MANAGING,
    "manage-rater-setup": MANAGING,
    "manage-rater-add": MANAGING,
    "manage-prompt-add": MANAGING,
    "manage-rater": MANAGING,
    "manage-rater-move": MANAGING,
    "manage-pay": MANAGING,
    "manage-pay-approve": MANAGING,
    "manage-pay-reject": MANAGING,
    "manage-bonuses": MANAGING,
    "manage-pay-appeals": JUDGING,
    "manage-pay-appeal-decide": JUDGING,
    "manage-batches": PAYING,
    "manage-batch-make": PAYING_OUT,
    "manage-batch": PAYING,
    "manage-batch-move": PAYING_OUT,
    "manage-batch-end": PAYING_OUT,
    "manage-batch-file": PAYING_OUT,
}
BY_NAME = {pattern.name: pattern for pattern in urlpatterns}


def address_of(name: str, project: uuid.UUID) -> str:
    arguments = {key: "x" if key == "name" else uuid.uuid4() for key in BY_NAME[name].pattern.converters}
    return reverse(name, kwargs=arguments | {"project": project})


def call(client: Client, name: str, project: uuid.UUID) -> int:
    address = address_of(name, project)
    is_form = resolve(address).func.is_form  # type: ignore[attr-defined]
    return (client.post if is_form else client.get)(address).status_code


def test_every_address_is_in_the_table() -> None:
    assert set(ROLES) == set(BY_NAME)


@pytest.mark.parametrize("name", ROLES)
def test_a_page_opens_for_the_roles_of_the_table_alone(cast: Cast, name: str) -> None:
    view = resolve(address_of(name, cast.project.uid)).func
    assert set(view.roles) == ROLES[name]  # type: ignore[attr-defined]


def test_other_roles_find_nothing_behind_any_address(cast: Cast, log_in: Callable[..., Client]) -> None:
    judge = cast.stranger
    Membership.objects.create(project=cast.project, user=judge, role=Role.ADJUDICATOR)
    people = {ADJUDICATOR: judge, FINANCE: cast.finance, MANAGER: cast.manager, Role.WORKER: cast.worker.user}
    opened = [
        (name, role)
        for role, user in people.items()
        for client in [log_in(user)]
        for name, roles in ROLES.items()
        if role not in roles and call(client, name, cast.project.uid) != 404
    ]
    assert opened == []


def test_nobody_gets_in_without_a_log_in(cast: Cast) -> None:
    client = Client()
    for name in ROLES:
        assert call(client, name, cast.project.uid) in (302, 405), name
    assert client.get(reverse("manage-disputes", args=[cast.project.uid]))["Location"].startswith(reverse("log-in"))


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(cast: Cast) -> None:
    response = Client().post(reverse("manage-disputes-decide", args=[cast.project.uid]))
    page = reverse("manage-disputes", args=[cast.project.uid])
    assert response["Location"] == f"{reverse('log-in')}?next={page}"


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", "/me/", "/manage/"])
def test_a_refused_form_leads_to_no_address_outside_its_project(cast: Cast, owner_client: Client, wanted: str) -> None:
    address = reverse("manage-disputes-decide", args=[cast.project.uid])
    form = {"label": "0", "reason": "clear", "next": wanted}
    assert owner_client.post(address, form)["Location"] == reverse("manage-disputes", args=[cast.project.uid])


def test_a_refused_form_goes_back_to_what_was_typed(cast: Cast, owner_client: Client) -> None:
    address = reverse("manage-disputes-decide", args=[cast.project.uid])
    wanted = reverse("manage-disputes", args=[cast.project.uid]) + "?page=2"
    assert owner_client.post(address, {"label": "0", "reason": "clear", "next": wanted})["Location"] == wanted


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert {call(client, name, cast.project.uid) for name in ROLES if name.endswith("decide")} == {403}
