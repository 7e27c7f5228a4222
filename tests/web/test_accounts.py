"""Sign-up, terms of work, profile, joining, appeals, export and erasure, as people meet them."""

from __future__ import annotations

import json
import re

import pytest
from cast import Cast, make_cast
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crowd.enums import EventKind, PayeeMethod, TrustLevel
from crowd.errors import Conflict, ConsentNeeded
from crowd.models import (
    Answer,
    ApiKey,
    Assignment,
    Consent,
    Entry,
    Event,
    PayeeDetails,
    Requirements,
    TrustAppeal,
    User,
)
from crowd.policies.payees import Payee
from crowd.policies.trust import TrustDecision
from crowd.services.consents import give_consent, publish_text
from crowd.services.erasure import erase_person
from crowd.services.payees import set_payee
from crowd.services.sign_up import make_invitation
from crowd.services.trust import change_trust

PASSWORD = "a longer password than most"


def ask(client: Client, email: str) -> tuple[int, str]:
    reply = client.post(reverse("sign-up"), {"email": email})
    return reply.status_code, re.sub(r'"csrfmiddlewaretoken" value="[^"]+"', "", reply.content.decode())


# --- sign-up
def test_an_address_gets_a_link_that_opens_an_account(db: None, settings) -> None:
    settings.SIGN_UP = "open"
    client = Client()
    assert ask(client, "New@Example.org")[0] == 200
    link = re.search(r"http://testserver(/sign-up/\S+)", mail.outbox[0].body)[1]
    reply = client.post(link, {"name": "Nia", "password": PASSWORD})
    assert (reply.status_code, reply["Location"]) == (302, "/")
    user = User.objects.get(email="new@example.org")
    assert (user.name, user.worker.name, client.session["_auth_user_id"]) == ("Nia", "Nia", str(user.pk))
    # The link is used up.
    assert Client().post(link, {"name": "Nia", "password": PASSWORD})["Location"] == reverse("log-in")


def test_nobody_learns_which_addresses_have_accounts(cast: Cast, settings) -> None:
    settings.SIGN_UP = "open"
    known, unknown = ask(Client(), cast.owner.email), ask(Client(), "nobody@nowhere.example")
    assert known[0] == 200
    assert known[1].replace(cast.owner.email, "X") == unknown[1].replace("nobody@nowhere.example", "X")
    assert len(mail.outbox) == 2


def test_links_are_not_sent_without_end(db: None, settings) -> None:
    settings.SIGN_UP = "open"
    assert [ask(Client(), "again@example.org")[0] for _ in range(2)] == [200, 429]
    assert len(mail.outbox) == 1


def test_a_password_must_be_good(db: None) -> None:
    link = reverse("sign-up-link", args=[make_invitation(email="a@example.org")])
    reply = Client().post(link, {"name": "A", "password": "password"})
    assert (reply.status_code, User.objects.count()) == (422, 0)
    assert "too common" in reply.content.decode()


def test_a_forged_or_old_link_opens_nothing(db: None, settings) -> None:
    assert Client().get(reverse("sign-up-link", args=["forged"])).status_code == 410


@pytest.mark.parametrize(("mode", "link_status"), [("invitation", 200), ("closed", 404)])
def test_the_server_says_who_may_sign_up(db: None, settings, mode: str, link_status: int) -> None:
    settings.SIGN_UP = mode
    assert ask(Client(), "a@example.org")[0] == 403
    link = reverse("sign-up-link", args=[make_invitation(email="a@example.org")])
    assert (Client().get(link).status_code, len(mail.outbox)) == (link_status, 0)


def test_an_invitation_to_a_project_enrols(cast: Cast) -> None:
    token = make_invitation(email="a@example.org", project=cast.project, actor=cast.owner)
    Client().post(reverse("sign-up-link", args=[token]), {"name": "A", "password": PASSWORD})
    user = User.objects.get(email="a@example.org")
    assert [row.project for row in user.worker.enrolments.all()] == [cast.project]


# --- terms of work
def test_nothing_is_worked_on_without_agreement_to_the_newest_terms(cast: Cast, worker_client: Client) -> None:
    claim = reverse("work-claim", args=[cast.project.uid])
    publish_text(text="Be fair.")
    assert worker_client.post(claim)["Location"] == reverse("consent")
    assert Assignment.objects.count() == 0
    assert "Be fair." in worker_client.get(reverse("consent")).content.decode()
    assert worker_client.post(reverse("consent"), {"version": "1"})["Location"] == "/"
    assert worker_client.post(claim)["Location"] == reverse("work", args=[cast.project.uid])
    publish_text(text="Be fair and kind.")
    cast.configure(lease_seconds=600)
    with pytest.raises(ConsentNeeded):
        cast.claim()
    worker_client.post(reverse("consent"), {"version": "1"})
    assert Consent.objects.filter(user=cast.worker.user).count() == 1
    worker_client.post(reverse("consent"), {"version": "2"})
    assert cast.claim().state == "assigned"


def test_an_answer_in_hand_when_terms_change_is_kept_but_no_task_follows(cast: Cast) -> None:
    from crowd.services.answers import submit_and_claim

    held = cast.claim().assignment
    publish_text(text="Be fair.")
    both = submit_and_claim(assignment_uid=held.uid, worker=cast.worker, value="positive")
    assert (Answer.objects.count(), type(both.refusal), both.claim) == (1, ConsentNeeded, None)


def test_terms_and_consents_never_change(cast: Cast) -> None:
    text = publish_text(text="Be fair.")
    consent = give_consent(user=cast.worker.user, version=1)
    assert give_consent(user=cast.worker.user, version=1) == consent
    for row, change in ((text, {"text": "x"}), (consent, {"given_at": timezone.now()})):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**change)


# --- profile
def keep(client: Client, **changes: str) -> int:
    given = {"name": "Ada", "languages": "de, pt-BR", "time_zone": "Europe/Berlin", "pages_language": "de"} | changes
    return client.post(reverse("profile-keep"), given).status_code


def test_a_profile_is_kept(cast: Cast, worker_client: Client) -> None:
    assert keep(worker_client) == 302
    user = User.objects.get(pk=cast.worker.user_id)
    assert (user.name, user.language, user.languages, user.time_zone) == ("Ada", "de", ["pt-BR"], "Europe/Berlin")
    assert (user.pages_language, user.has_single_keys, user.worker.name) == ("de", False, "Ada")
    assert '<html lang="de">' in worker_client.get(reverse("profile")).content.decode()


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"languages": "deutsch"}, {"languages": ","}, {"time_zone": "Mars/Base"}]
)
def test_a_profile_that_makes_no_sense_is_refused(cast: Cast, worker_client: Client, changes: dict[str, str]) -> None:
    assert keep(worker_client, **changes) == 422
    assert User.objects.get(pk=cast.worker.user_id).time_zone == "UTC"


def test_a_further_language_counts_for_what_a_project_asks(cast: Cast, worker_client: Client) -> None:
    Requirements.objects.create(project=cast.project, languages=["pt"], updated_at=timezone.now())
    keep(worker_client)
    assert cast.claim().state == "assigned"


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(cast.owner)
    new = {"old_password": "correct horse", "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert here.post(reverse("password"), new)["Location"] == reverse("profile")
    assert (here.get(reverse("me")).status_code, there.get(reverse("me")).status_code) == (200, 302)


# --- joining
def test_an_open_project_is_joined(cast: Cast, log_in) -> None:
    Requirements.objects.create(project=cast.project, is_open=True, updated_at=timezone.now())
    client = log_in(cast.stranger)
    assert "Open to everybody" in client.get("/").content.decode()
    for _ in range(2):
        reply = client.post(reverse("join", args=[cast.project.uid]))
        assert reply["Location"] == reverse("work", args=[cast.project.uid])
    assert Event.objects.filter(kind=EventKind.WORKER_JOINED).count() == 1
    assert "Open to everybody" not in client.get("/").content.decode()


def test_a_project_that_is_not_open_is_not_there(cast: Cast, log_in) -> None:
    assert log_in(cast.stranger).post(reverse("join", args=[cast.project.uid])).status_code == 404


# --- appeals
def suspend(cast: Cast) -> None:
    decision = TrustDecision(TrustLevel.SUSPENDED, "3 of 3 gold answers wrong", {"gold_right": 0, "gold_wrong": 3})
    change_trust(enrolment=cast.enrolment(), decision=decision, at=timezone.now())


def test_a_suspension_is_appealed_from_the_notices(cast: Cast, worker_client: Client) -> None:
    suspend(cast)
    page = worker_client.get(reverse("me")).content.decode()
    address = re.search(r'action="(/me/decisions/[^"]+)"', page)[1]
    worker_client.post(address, {"reason": "the key was wrong"})
    assert TrustAppeal.objects.get().reason == "the key was wrong"
    page = worker_client.get(reverse("me")).content.decode()
    assert (address in page, "silence decides for you" in page) == (False, True)


def test_nobody_appeals_for_somebody_else(cast: Cast, log_in) -> None:
    suspend(cast)
    change = cast.project.trust_changes.get()
    reply = log_in(cast.workers[1].user).post(reverse("me-decision-appeal", args=[change.uid]), {"reason": "x"})
    assert (reply.status_code, TrustAppeal.objects.count()) == (404, 0)


# --- export and erasure
def test_the_export_holds_everything_and_tells_no_gold(cast: Cast, worker_client: Client) -> None:
    other = make_cast()
    other.answer(other.worker)
    cast.gold(2)
    cast.configure(gold_rate=1.0)
    cast.answer(cast.worker)
    set_payee(worker=cast.worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient="ada@example.org"))
    reply = worker_client.get(reverse("api-own-export"))
    assert reply["Content-Disposition"].startswith("attachment")
    text = b"".join(reply.streaming_content).decode()
    record = json.loads(text)
    assert record["account"][0]["email"] == cast.worker.user.email
    assert record["payee"][0]["recipient"] == "ada@example.org"
    assert [row["answer"] for row in record["assignments"]] == ["positive"]
    assert record["statement"][-1]["record"] == "closing" or record["statement"]
    assert "is_gold" not in text
    assert "is_correct" not in text


def erase(cast: Cast, **options: bool) -> None:
    erase_person(user=cast.worker.user, waives=options.get("waives", False))


def test_what_identifies_the_person_goes_and_what_was_done_stays(cast: Cast) -> None:
    User.objects.filter(pk=cast.worker.user_id).update(email="ada@example.org", name="Ada")
    set_payee(worker=cast.worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient="ada@example.org"))
    cast.answer(cast.worker)
    held = cast.claim().assignment
    before = list(Entry.objects.order_by("id").values())
    with pytest.raises(Conflict, match="money is owed"):
        erase(cast)
    assert User.objects.get(pk=cast.worker.user_id).email == "ada@example.org"
    erase(cast, waives=True)
    user = User.objects.get(pk=cast.worker.user_id)
    assert (user.name, user.is_active, user.has_usable_password()) == ("", False, False)
    assert user.email.endswith("@machine.invalid")
    assert (PayeeDetails.objects.count(), user.worker.name.startswith("erased-")) == (0, True)
    assert not ApiKey.objects.filter(user=user, revoked_at__isnull=True).exists()
    assert (Answer.objects.count(), list(Entry.objects.order_by("id").values())) == (1, before)
    held.refresh_from_db()
    assert held.state == "released"
    proof = Event.objects.filter(kind=EventKind.PERSON_ERASED).order_by("id")
    assert [(row.project, row.detail) for row in proof] == [
        (None, {"waived_micros": {"USD": 20_000}}),
        (cast.project, {"waived_micros": {"USD": 20_000}}),
    ]
    erase(cast, waives=True)
    assert proof.count() == 2


def test_the_page_asks_for_the_password_and_logs_out(cast: Cast, log_in) -> None:
    user = cast.stranger
    client = log_in(user)
    client.post(reverse("erase"), {"password": "wrong"})
    assert not User.objects.get(pk=user.pk).erased_at
    assert client.post(reverse("erase"), {"password": "correct horse"})["Location"] == reverse("log-in")
    assert User.objects.get(pk=user.pk).erased_at
    assert client.get(reverse("me")).status_code == 302


def test_the_last_owner_stays(cast: Cast) -> None:
    with pytest.raises(Conflict, match="last owner"):
        erase_person(user=cast.owner, waives=False)
