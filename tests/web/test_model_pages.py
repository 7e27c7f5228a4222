"""The pages of models: raters set up, shown with their forecast, moved; proposals confirmed, votes taken down."""

from __future__ import annotations

import re

from cast import Cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from raters_at_work import chat_rater

from crowd.enums import FailureReason, VoteState
from crowd.models import Enrolment, ModelStanding, PromptVersion, Rater, RaterRun, VoteChange, VoteFailure

URL = "https://models.example.org/v1"


def address(cast: Cast, name: str, *arguments: object) -> str:
    return reverse(name, args=[cast.project.uid, *arguments])


def read(client: Client, where: str) -> str:
    response = client.get(where)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_prompt_then_a_chat_model_is_set_up(cast: Cast, owner_client: Client) -> None:
    form = {"prompt_name": "plain", "system": "Judge.", "user": "{{ payload.text }} {{ replies }}"}
    owner_client.post(address(cast, "manage-prompt-add"), form)
    version = PromptVersion.objects.get()
    assert (version.template.name, version.version) == ("plain", 1)
    form = {
        "name": "m",
        "kind": "llm",
        "base_url": URL,
        "model": "m-1",
        "prompt": str(version.uid),
        "spec": '{"samples": 2, "temperature": 0.5}',
    }
    form |= {"input_price_micros": "0", "output_price_micros": "0"}
    done = owner_client.post(address(cast, "manage-rater-add"), form)
    rater = Rater.objects.get()
    assert done["Location"] == address(cast, "manage-rater", rater.uid)
    assert (rater.spec["base_url"], rater.spec["model"], rater.spec["samples"]) == (URL, "m-1", 2)
    text = read(owner_client, done["Location"])
    assert "not_launched" in text
    assert "guessed from the length of the prompts" in text
    assert "text 1" in text


def test_what_is_refused_says_why_and_is_filled_in_again(cast: Cast, owner_client: Client) -> None:
    form = {"name": "my model", "kind": "llm", "base_url": "nowhere", "model": ""}
    page = owner_client.post(address(cast, "manage-rater-add"), form, follow=True).content.decode()
    assert 'class="message warning"' in page
    assert 'value="my model"' in page
    page = owner_client.post(address(cast, "manage-rater-add"), form | {"spec": "{"}, follow=True).content.decode()
    assert "spec:" in page
    assert not Rater.objects.exists()


def test_start_pause_resume(cast: Cast, owner_client: Client) -> None:
    rater = chat_rater(cast, URL)
    move = address(cast, "manage-rater-move", rater.uid)
    for step, state in (("launch", "running"), ("pause", "paused"), ("resume", "running")):
        owner_client.post(move, {"step": step})
        assert RaterRun.objects.get().state == state
    assert "Pause" in read(owner_client, address(cast, "manage-rater", rater.uid))


def test_a_pause_before_the_start_is_refused(cast: Cast, owner_client: Client) -> None:
    rater = chat_rater(cast, URL)
    done = owner_client.post(address(cast, "manage-rater-move", rater.uid), {"step": "pause"}, follow=True)
    assert "this rater was not launched" in done.content.decode()


def test_failures_are_listed_with_reasons_and_tried_again(cast: Cast, owner_client: Client) -> None:
    rater = chat_rater(cast, URL)
    move = address(cast, "manage-rater-move", rater.uid)
    owner_client.post(move, {"step": "launch"})
    reason = FailureReason.choices[0][0]
    VoteFailure.objects.create(
        rater=rater,
        run=RaterRun.objects.get(),
        task=cast.task(),
        reason=reason,
        detail="it broke off",
        created_at=timezone.now(),
    )
    assert "it broke off" in read(owner_client, address(cast, "manage-rater", rater.uid))
    owner_client.post(move, {"step": "retry"})
    assert VoteFailure.objects.get().retried_at is not None


def test_a_proposal_is_confirmed_with_a_reason_then_taken_down(cast: Cast, owner_client: Client) -> None:
    rater = chat_rater(cast, URL)
    worker = rater.worker
    confirm = address(cast, "manage-model-confirm", worker.uid)
    owner_client.post(confirm, {"reason": "I like it"})
    assert not VoteChange.objects.exists()  # nothing was proposed
    ModelStanding.objects.create(
        project=cast.project, worker=worker, group="g", proposed=VoteState.COUNTED, updated_at=timezone.now()
    )
    assert "Its newest review proposes: Counted" in read(owner_client, address(cast, "manage-models"))
    for reason, state in (("", "shadow"), ("passed", "counted")):
        owner_client.post(confirm, {"reason": reason})
        assert Enrolment.objects.get(worker=worker).vote_state == state
    owner_client.post(address(cast, "manage-model-down", worker.uid), {"state": "shadow", "reason": "drifts"})
    assert Enrolment.objects.get(worker=worker).vote_state == "shadow"
    assert VoteChange.objects.latest("id").reason == "drifts"


def test_the_list_costs_as_many_queries_for_one_as_for_three(cast: Cast, owner_client: Client) -> None:
    counts = []
    for n in (1, 3):
        while Rater.objects.count() < n:
            chat_rater(cast, URL, name=f"m{Rater.objects.count()}", spec={"model": f"m-{Rater.objects.count()}"})
        owner_client.get(address(cast, "manage-models"))
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(address(cast, "manage-models"))
        counts.append(len(captured))
    assert counts[0] == counts[1]
