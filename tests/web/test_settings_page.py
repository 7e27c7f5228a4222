"""The settings of a project on a page: changes, clashes, people, copy, archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from cast import Cast
from django.test import Client
from django.urls import resolve, reverse

from crowd.enums import Role
from crowd.models import Event, Membership, Project
from web.manager.project_urls import urlpatterns
from web.manager.settings_pages import SettingsForm, settings_initial

OWNING, MANAGING = {Role.OWNER}, {Role.OWNER, Role.MANAGER}
ROLES = {
    "manage-tasks": MANAGING,
    "manage-tasks-steer": MANAGING,
    "manage-task": MANAGING,
    "manage-settings": MANAGING,
    "manage-settings-keep": MANAGING,
    "manage-archive": OWNING,
    "manage-clone": MANAGING,
    "manage-member-add": OWNING,
    "manage-member-change": OWNING,
    "manage-member-remove": OWNING,
    "manage-audit": MANAGING,
}


def at(cast: Cast, name: str, *more: Any) -> str:
    return reverse(name, args=[cast.project.uid, *more])


def fields(project: Project, **changed: Any) -> dict[str, Any]:
    sent = {name: "" if value is None else value for name, value in settings_initial(project).items()}
    return {**sent, **changed}


def keep(client: Client, cast: Cast, **changed: Any) -> str:
    return client.post(at(cast, "manage-settings-keep"), fields(cast.project, **changed), follow=True).content.decode()


def test_every_address_says_who_may_open_it(cast: Cast, log_in: Callable[..., Client]) -> None:
    people = {Role.OWNER: cast.owner, Role.MANAGER: cast.manager, Role.FINANCE: cast.finance, None: cast.stranger}
    named = {pattern.name: pattern for pattern in urlpatterns if not str(pattern.name).startswith("setup-")}
    assert set(named) == {*ROLES, "manage-new"}
    for name, roles in ROLES.items():
        arguments = {key: cast.task().uid for key in named[name].pattern.converters}
        address = reverse(name, kwargs=arguments | {"project": cast.project.uid})
        view = resolve(address).func
        assert set(view.roles) == roles, name  # type: ignore[attr-defined]
        for role, user in people.items():
            client = log_in(user)
            status = (client.post if view.is_form else client.get)(address).status_code  # type: ignore[attr-defined]
            if role not in roles:
                assert (name, role, status) == (name, role, 404)
            elif not view.is_form:  # type: ignore[attr-defined]
                assert (name, role, status) == (name, role, 200)


def test_sending_the_page_as_it_is_changes_nothing(cast: Cast, owner_client: Client) -> None:
    before = Event.objects.count()
    assert "The settings are kept." in keep(owner_client, cast)
    assert Event.objects.count() == before


def test_settings_are_kept_exactly(cast: Cast, owner_client: Client) -> None:
    changed = {"price": "0.035", "confidence": "93.5", "golds": "12.5", "lease": "", "worth": "1.5", "name": "Moods"}
    keep(owner_client, cast, **changed, labels="negative | Bad\nneutral | So\npositive")
    project = Project.objects.get()
    assert (project.name, project.price_micros, project.label_worth_micros) == ("Moods", 35_000, 1_500_000)
    assert (project.target_confidence, project.gold_rate, project.is_lease_fixed) == (0.935, 0.125, False)
    assert [label["title"] for label in project.labels] == ["Bad", "So", "positive"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"labels": "negative\npositive"}, "the values stay negative, neutral, positive"),
        ({"max_overlap": "1"}, "1 is under min_overlap, which is 2"),
        ({"confidence": "20"}, "must lie above chance"),
        ({"price": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    cast: Cast, owner_client: Client, changed: dict[str, str], sentence: str
) -> None:
    page = keep(owner_client, cast, **changed)
    assert sentence in page
    assert f'id="id_{next(iter(changed))}_error"' in page
    assert Project.objects.get().min_overlap == 2


def test_two_managers_do_not_overwrite_each_other(cast: Cast, owner_client: Client) -> None:
    sent = fields(cast.project, name="Mine")
    cast.configure(price_micros=70_000)
    page = owner_client.post(at(cast, "manage-settings-keep"), sent).content.decode()
    assert "Somebody else has changed the settings meanwhile" in page
    assert re.findall(r"<dt>([^<]+)</dt><dd dir=\"auto\">([^<]*)</dd>", page) == [
        ("Name of the project", "Sentiment"),
        ("Price of an answer", "0.07"),
    ]
    assert Project.objects.get().name == "Sentiment"
    version = re.search(r'name="version" value="(\w+)"', page)
    assert version is not None
    owner_client.post(at(cast, "manage-settings-keep"), {**sent, "version": version[1]})
    assert (Project.objects.get().name, Project.objects.get().price_micros) == ("Mine", 20_000)


def test_fields_that_a_type_does_not_have_are_left_out(cast: Cast) -> None:
    cast.configure(answer_type="number", labels=[])
    assert {"labels", "audits", "worth"}.isdisjoint(SettingsForm(project=cast.project).fields)


def test_an_owner_changes_who_has_which_role(cast: Cast, owner_client: Client) -> None:
    owner_client.post(at(cast, "manage-member-add"), {"email": cast.stranger.email, "role": "adjudicator"})
    assert Membership.objects.get(user=cast.stranger).role == "adjudicator"
    owner_client.post(at(cast, "manage-member-change", cast.stranger.uid), {"role": "finance"})
    assert Membership.objects.get(user=cast.stranger).role == "finance"
    owner_client.post(at(cast, "manage-member-remove", cast.stranger.uid))
    assert not Membership.objects.filter(user=cast.stranger).exists()


def test_the_last_owner_stays(cast: Cast, owner_client: Client) -> None:
    page = owner_client.post(at(cast, "manage-member-remove", cast.owner.uid), follow=True).content.decode()
    assert "last owner" in page
    assert Membership.objects.filter(user=cast.owner, role="owner").exists()


def test_archiving_takes_the_name(cast: Cast, owner_client: Client) -> None:
    owner_client.post(at(cast, "manage-archive"), {"name": "sentiment"})
    assert Project.objects.get().state == "live"
    page = owner_client.post(at(cast, "manage-archive"), {"name": "Sentiment"}, follow=True).content.decode()
    assert Project.objects.get().state == "archived"
    assert "configuration stays as it is" in page


def test_a_copy_is_a_draft_of_whoever_makes_it(cast: Cast, log_in: Callable[..., Client]) -> None:
    response = log_in(cast.manager).post(at(cast, "manage-clone"), {"name": "Second"})
    copy = Project.objects.get(name="Second")
    assert response["Location"] == reverse("setup-question", args=[copy.uid])
    assert (copy.state, copy.created_by, copy.labels) == ("draft", cast.manager, cast.project.labels)
