"""Models see payloads and nothing else; people see nothing of models before they have answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cast import Cast, make_cast
from django.test import Client
from django.urls import reverse
from fake_endpoint import FakeEndpoint, fake_endpoint, says, text
from raters_at_work import chat_rater, vote
from rest_framework.test import APIClient

from crowd.models import Assignment, Consensus, Gold, User, VoteDetail, Worker
from crowd.services.prompts import NewExample, PromptText, add_examples
from crowd.services.tasks import NewGold, NewTask, add_golds, add_tasks

pytestmark = pytest.mark.django_db

# Recognisable, and nowhere but where they belong.
SECRETS = ("ZZGOLDKEY", "ZZREASON", "ZZWORKER", "ZZTASKKEY", "ZZMANAGER", "ZZMODEL", "zzposterior", "gold")


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


def leaky() -> Cast:
    """A project whose every row could give something away."""
    cast = make_cast(tasks=1, price_micros=0)
    add_tasks(
        project=cast.project,
        tasks=[NewTask(key=f"ZZTASKKEY{i}", payload={"text": f"review {i}"}) for i in range(6)],
        actor=cast.owner,
    )
    golds = [
        NewGold(key=f"ZZGOLDKEY{i}", payload={"text": f"review {10 + i}"}, labels=("negative",), reason="ZZREASON")
        for i in range(3)
    ]
    add_golds(project=cast.project, golds=golds, actor=cast.owner)
    Worker.objects.update(name="ZZWORKER")
    User.objects.exclude(name="olga").update(name="ZZMANAGER")
    shots = [
        NewExample(payload={"text": "Lovely."}, label="positive"),
        NewExample(payload={"text": "Bah."}, label="negative"),
    ]
    add_examples(project=cast.project, pool="shots", examples=shots, actor=cast.owner)
    return cast


def asked(endpoint: FakeEndpoint) -> dict[str, str]:
    """All that was sent, by the text that it was about."""
    return {text(body): json.dumps(body, sort_keys=True) for body in endpoint.bodies}


def rater_of(cast: Cast, url: str) -> Any:
    # The greediest prompt that can be kept: all names that a template may use.
    prompt = PromptText(
        system="{{ instructions }} {{ options }}", user="<text>{{ payload }}</text> {{ payload.text }} {{ options }}"
    )
    return chat_rater(cast, url, prompt=prompt, name="ZZMODEL", spec={"pool": "shots", "shots": 2, "rotations": 2})


def test_what_a_model_is_asked_does_not_depend_on_golds_answers_or_consensus() -> None:
    sent = []
    for has_answers in (False, True):
        cast = leaky()
        # Three places a task: whatever golds a draw hands out, three workers find five tasks each.
        cast.configure(gold_rate=0.3, min_overlap=3, max_overlap=3)
        if has_answers:
            for worker in cast.workers[:3]:
                for _ in range(5):
                    cast.answer(worker, "negative")
            assert Consensus.objects.filter(project=cast.project).exists()
        with fake_endpoint(says("positive")) as endpoint:
            run = vote(cast, rater_of(cast, endpoint.url))
            assert run.votes >= 7
            sent.append((asked(endpoint), endpoint))
    (before, first), (after, second) = sent
    shared = before.keys() & after.keys()
    assert len(shared) >= 7
    assert {key: before[key] for key in shared} == {key: after[key] for key in shared}
    for endpoint in (first, second):
        everything = json.dumps(endpoint.bodies) + json.dumps(endpoint.headers)
        assert [secret for secret in SECRETS if secret in everything] == []


def test_a_gold_is_asked_about_like_any_other_task(endpoint: FakeEndpoint) -> None:
    cast = leaky()
    cast.configure(gold_rate=1.0)
    vote(cast, rater_of(cast, endpoint.url))
    assert VoteDetail.objects.filter(answer__is_gold=True).count() == 3
    found = {re.sub(r"review \d+", "review N", sent) for sent in asked(endpoint).values()}
    # One frame for each of the two orders of the options, whatever the task is.
    assert len({sent for sent in found if "review N" in sent}) == 2
    keys = [headers["Idempotency-Key"] for headers in endpoint.headers]
    assert len(set(keys)) == len(keys)


def test_an_example_is_never_a_task_to_vote_on(endpoint: FakeEndpoint) -> None:
    cast = leaky()
    add_tasks(project=cast.project, tasks=[NewTask(key="copy", payload={"text": "Lovely."})], actor=cast.owner)
    rater = rater_of(cast, endpoint.url)
    vote(cast, rater)
    assert [(failure.task.key, failure.reason) for failure in rater.failures.all()] == [("copy", "is_example")]


def test_no_worker_sees_a_models_vote_before_answering(endpoint: FakeEndpoint) -> None:
    seen = []
    for has_votes in (False, True):
        cast = make_cast(tasks=1)
        Worker.objects.filter(pk=cast.worker.pk).update(name="w")
        if has_votes:
            vote(cast, chat_rater(cast, endpoint.url, name="ZZMODEL"))
            assert VoteDetail.objects.filter(project=cast.project).exists()
        page, reply = Client(), APIClient()
        page.force_login(cast.worker.user)
        page.post(reverse("work-claim", args=[cast.project.uid]))
        pages = [
            page.get(address).content.decode() for address in (reverse("work", args=[cast.project.uid]), "/", "/me/")
        ]
        reply.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.keys[cast.workers[1].pk]}")
        claimed = reply.post(f"/api/v1/projects/{cast.project.uid}/claim", {}, format="json").json()
        seen.append((_plain(*pages), _plain(json.dumps(claimed))))
        assert "ZZMODEL" not in "".join(pages) + json.dumps(claimed)
        Assignment.objects.filter(project=cast.project, state="active").delete()
    assert seen[0] == seen[1]
    assert not Gold.objects.exists()


def _plain(*texts: str) -> list[str]:
    """Without ids, tokens, times and the domain of the cast."""
    found = []
    for shown in texts:
        plain = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID", shown)
        plain = re.sub(r'value="\w{40,}"|nonce="[^"]+"|csrf\w*" content="\w+"', "TOKEN", plain)
        plain = re.sub(r"example\d*\.org", "example.org", plain)
        plain = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+|\d+:\d\d\b|data-seconds-left=\"\d+\"", "TIME", plain)
        found.append(plain)
    return found
