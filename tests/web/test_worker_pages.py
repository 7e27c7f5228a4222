"""The pages of workers: the list, one worker, actions with their preview, appeals, rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from cast import Cast
from decisions import suspend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crowd.enums import FlagKind, TrustLevel
from crowd.models import Assignment, Course, Flag, Qualification, Restitution, Rule, TrustAppeal, TrustChange, WorkTerms
from crowd.services.measuring import measure_project
from crowd.services.refit import refit_project, request_refit
from crowd.services.trust_appeals import appeal_change

BODY = {
    "when": {"all": [{"measure": "gold_accuracy", "is": "<", "value": 0.9, "last": 10, "certainty": 0.5}]},
    "then": {"action": "warn"},
}
FIELDS = {"name": "golds", "measure-1": "gold_accuracy", "is-1": "<", "value-1": "0.9", "last-1": "10"}


def address(cast: Cast, name: str, *arguments: object) -> str:
    return reverse(name, args=[cast.project.uid, *arguments])


def read(client: Client, where: str) -> str:
    response = client.get(where)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def measure(cast: Cast) -> None:
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)
    measure_project(project_id=cast.project.pk)


def names(client: Client, cast: Cast, query: str = "") -> list[str]:
    page = client.get(address(cast, "manage-workers") + query).content.decode()
    return re.findall(r'dir="auto">(w\d)</a></th>', page)


def flag(cast: Cast) -> Flag:
    now = timezone.now()
    return Flag.objects.create(
        project=cast.project,
        worker=cast.worker,
        kind=FlagKind.TOO_FAST,
        window=now.date(),
        p_value=0.01,
        evidence={"fast": 9, "answers": 10},
        created_at=now,
        updated_at=now,
    )


def test_the_weakest_on_gold_come_first_those_without_last(cast: Cast, owner_client: Client) -> None:
    cast.gold(3)
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.workers[2], "positive")
        cast.answer(cast.workers[1], "negative")
    assert names(owner_client, cast) == ["w2", "w3", "w1", "w4"]
    assert names(owner_client, cast, "?order=strongest") == ["w3", "w2", "w1", "w4"]
    assert names(owner_client, cast, "?name=w3") == ["w3"]
    assert names(owner_client, cast, "?level=suspended") == []
    assert names(owner_client, cast, "?level=nonsense&order=nonsense&page=x") == ["w2", "w3", "w1", "w4"]


def test_a_line_tells_gold_agreement_flags_and_time(cast: Cast, owner_client: Client) -> None:
    cast.gold(2)
    for worker in cast.workers[:3]:
        cast.answer(worker)
    cast.configure(gold_rate=1.0)
    cast.answer(cast.worker)
    measure(cast)
    flag(cast)
    row = re.search(
        r"<tr><th[^>]*><a[^>]*>w1</a>.*?</tr>", owner_client.get(address(cast, "manage-workers")).content.decode()
    )
    assert row is not None
    cells = re.sub(r"<[^>]+>", "|", row[0])
    assert re.search(r"\|\d+\s%\|", cells)
    assert re.search(r"\|[\d.,]+\ss\|", cells)
    assert cells.endswith("|1||")


def test_pay_per_hour_waits_for_five_answers(cast: Cast, owner_client: Client) -> None:
    cast.answer(cast.worker)
    assert "USD" not in read(owner_client, address(cast, "manage-workers"))
    cast.gold(4)
    cast.configure(gold_rate=1.0)
    for _ in range(4):
        claimed = cast.claim().assignment
        assert claimed is not None
        # Two cents for 36 seconds are two an hour; the first answer took no time to speak of.
        Assignment.objects.filter(pk=claimed.pk).update(claimed_at=timezone.now() - timedelta(seconds=45))
        cast.answer(cast.worker)
    assert re.search(r" 2\.0\d* ?USD", read(owner_client, address(cast, "manage-workers")).replace("\xa0", " "))


def test_the_list_costs_as_many_queries_for_one_as_for_three(cast: Cast, owner_client: Client) -> None:
    owner_client.get(address(cast, "manage-workers"))
    counts = []
    for query in ("?name=w1", ""):
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(address(cast, "manage-workers") + query)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_one_worker_with_decisions_flags_and_skill_by_label(cast: Cast, owner_client: Client) -> None:
    change = suspend(cast, cast.worker)
    flag(cast)
    measure(cast)
    text = read(owner_client, address(cast, "manage-worker", cast.worker.uid))
    assert change.reason in text
    assert f"{change.rule}, version {change.rule_version}" in text
    assert "gold wrong 3" in text
    assert "fast 9" in text
    assert "negative 0 % (0–" in text.replace("\xa0", " ") or "n = 3" in text
    assert "May claim no" in text
    assert "Unblock" in text


def test_one_worker_before_any_evidence_cannot_say(cast: Cast, owner_client: Client) -> None:
    text = read(owner_client, address(cast, "manage-worker", cast.worker.uid))
    assert "Cannot say yet" in text
    assert "Nothing has been decided about this worker." in text


def test_a_suspension_is_previewed_then_done_with_a_reason(cast: Cast, owner_client: Client) -> None:
    cast.answer(cast.worker)
    where = address(cast, "manage-worker-action", cast.worker.uid, "suspend")
    text = read(owner_client, where)
    assert "New → Suspended" in text
    assert "1 answer is unreliable" in text
    assert "1 answer with 0.02" in text
    assert cast.enrolment().trust_level == TrustLevel.NEW
    do = address(cast, "manage-worker-do", cast.worker.uid, "suspend")
    assert owner_client.post(do, {"reason": "", "days": "3"})["Location"] == where
    assert owner_client.post(do, {"reason": "spam"})["Location"] == where
    assert cast.enrolment().trust_level == TrustLevel.NEW
    done = owner_client.post(do, {"reason": "spam", "days": "3"})
    assert done["Location"] == address(cast, "manage-worker", cast.worker.uid)
    change = TrustChange.objects.get()
    assert (change.to_level, change.reason, change.actor) == ("suspended", "spam", cast.owner)
    assert change.expires_at is not None
    assert (change.expires_at - change.created_at).days == 3


@pytest.mark.parametrize(
    ("name", "level", "is_warned"),
    [("warn", "new", True), ("restrict", "restricted", False), ("trust", "trusted", False)],
)
def test_what_each_action_sets(cast: Cast, owner_client: Client, name: str, level: str, is_warned: bool) -> None:
    owner_client.post(address(cast, "manage-worker-do", cast.worker.uid, name), {"reason": "seen"})
    assert cast.enrolment().trust_level == level
    assert WorkTerms.objects.get(enrolment=cast.enrolment()).is_warned == is_warned


def test_block_then_unblock(cast: Cast, owner_client: Client) -> None:
    for name, level in (("block", "suspended"), ("unblock", "new")):
        owner_client.post(address(cast, "manage-worker-do", cast.worker.uid, name), {"reason": "seen"})
        assert cast.enrolment().trust_level == level


def test_what_would_change_nothing_offers_no_form(cast: Cast, owner_client: Client) -> None:
    text = read(owner_client, address(cast, "manage-worker-action", cast.worker.uid, "reinstate"))
    assert "this would change nothing" in text
    assert owner_client.get(address(cast, "manage-worker-action", cast.worker.uid, "praise")).status_code == 404


def test_a_warning_that_is_repeated_is_refused(cast: Cast, owner_client: Client) -> None:
    do = address(cast, "manage-worker-do", cast.worker.uid, "warn")
    for _ in range(2):
        page = owner_client.post(do, {"reason": "seen"}, follow=True).content.decode()
    assert "warned or suspended already" in page
    assert TrustChange.objects.count() == 1


def test_a_decision_is_overturned_and_what_follows_shown(cast: Cast, owner_client: Client) -> None:
    change = suspend(cast, cast.worker)
    where = address(cast, "manage-worker-overturn", cast.worker.uid, change.uid)
    assert "The worker is New again" in read(owner_client, where)
    do = address(cast, "manage-worker-overturn-do", cast.worker.uid, change.uid)
    assert owner_client.post(do, {"reason": " "})["Location"] == where
    done = owner_client.post(do, {"reason": "a mistake"})
    row = Restitution.objects.get()
    assert done["Location"] == address(cast, "manage-restitution", row.uid)
    assert "a mistake" in read(owner_client, done["Location"])
    other = address(cast, "manage-worker-overturn-do", cast.workers[1].uid, change.uid)
    assert owner_client.post(other, {"reason": "x"}).status_code == 404


def test_a_flag_is_settled_with_a_note(cast: Cast, owner_client: Client) -> None:
    row = flag(cast)
    do = address(cast, "manage-worker-flag", cast.worker.uid, row.uid)
    owner_client.post(do, {"state": "confirmed", "note": ""})
    row.refresh_from_db()
    assert row.state == "open"
    owner_client.post(do, {"state": "confirmed", "note": "talked to"})
    row.refresh_from_db()
    assert (row.state, row.note, row.decided_by) == ("confirmed", "talked to", cast.owner)


def test_a_qualification_is_granted_then_revoked(cast: Cast, owner_client: Client) -> None:
    course = Course.objects.create(project=cast.project, name="Basics", created_at=timezone.now())
    form = {"course": str(course.uid), "reason": "knows it"}
    owner_client.post(address(cast, "manage-worker-grant", cast.worker.uid), form)
    held = Qualification.objects.get()
    assert (held.worker, held.granted_by, held.revoked_at) == (cast.worker, cast.owner, None)
    assert "granted by hand" in read(owner_client, address(cast, "manage-worker", cast.worker.uid))
    owner_client.post(address(cast, "manage-worker-revoke", cast.worker.uid), form)
    held.refresh_from_db()
    assert held.revoked_at is not None


def test_an_appeal_is_judged_by_somebody_else(cast: Cast, log_in: Callable[..., Client]) -> None:
    manager, owner = log_in(cast.manager), log_in(cast.owner)
    manager.post(address(cast, "manage-worker-do", cast.worker.uid, "block"), {"reason": "seen"})
    change = TrustChange.objects.get()
    appeal = appeal_change(worker=cast.worker, change_uid=change.uid, reason="it was not me")
    assert "No appeal waits for you." in read(manager, address(cast, "manage-trust-appeals"))
    text = read(owner, address(cast, "manage-trust-appeals"))
    assert "it was not me" in text
    assert "w1" not in text
    do = address(cast, "manage-trust-appeal-decide", appeal.uid)
    manager.post(do, {"outcome": "granted", "reason": "fine"})
    owner.post(do, {"outcome": "granted", "reason": ""})
    assert TrustAppeal.objects.get().state == "open"
    owner.post(do, {"outcome": "denied", "reason": "it was"})
    row = TrustAppeal.objects.get()
    assert (row.state, row.decided_by, row.decision) == ("denied", cast.owner, "it was")


def test_a_rule_is_tried_before_it_is_kept(cast: Cast, owner_client: Client) -> None:
    cast.gold(3, label="negative")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "positive")
    asked = FIELDS | {"certainty-1": "0.5", "action": "warn", "past": "30"}
    response = owner_client.get(address(cast, "manage-rules"), asked)
    page = response.content.decode()
    assert "1 of 1 workers since" in page
    assert not Rule.objects.exists()
    body = re.search(r'name="body" value="([^"]+)"', page)
    assert body is not None
    sent = body[1].replace("&quot;", '"').replace("&lt;", "<")
    assert json.loads(sent) == BODY
    for version in (1, 2):
        owner_client.post(address(cast, "manage-rule-set"), {"name": "golds", "body": sent})
        assert Rule.objects.get(is_active=True).version == version
    assert "gold accuracy < 0.9 (last 10, certainty 0.5)" in read(owner_client, address(cast, "manage-rules")).replace(
        "&lt;", "<"
    )
    owner_client.post(address(cast, "manage-rule-retire"), {"name": "golds"})
    assert not Rule.objects.filter(is_active=True).exists()


def test_a_rule_without_sense_says_what_is_wrong(cast: Cast, owner_client: Client) -> None:
    page = owner_client.get(
        address(cast, "manage-rules"), FIELDS | {"value-1": "much", "action": "pause"}
    ).content.decode()
    assert "body when all 0 value: give a number from 0 to 1" in page
    assert "body then for_hours: a pause by a rule must end" in page
    assert "Whom it would have hit" not in page
    refused = owner_client.post(address(cast, "manage-rule-set"), {"name": "x", "body": "{"}, follow=True)
    assert "the rule cannot be read" in refused.content.decode()
