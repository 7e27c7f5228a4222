"""The page of a pay statement: the worker's own entries, ready to print, nothing inline."""

from __future__ import annotations

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.services.pay_review import reject_answer

pytestmark = pytest.mark.django_db


def page(cast: Cast, n: int = 0, query: str = "") -> tuple[int, str]:
    client = Client()
    client.force_login(cast.workers[n].user)
    response = client.get(reverse("own-statement") + query)
    return response.status_code, response.content.decode()


def test_a_worker_sees_each_entry_with_what_is_behind_it_and_nobody_elses(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="<b>random", evidence={"n": 41}
    )
    status, text = page(cast)
    assert status == 200
    assert text.count(str(answer.uid)) == 2
    assert "&lt;b&gt;random" in text
    assert "<b>random" not in text
    assert "style=" not in text
    assert str(answer.uid) not in page(cast, 1)[1]


def test_a_period_that_is_none_is_refused(cast: Cast) -> None:
    assert page(cast, query="?since=2026-01-01&until=never")[0] == 400
    status, text = page(cast, query="?since=2020-01-01&until=2020-02-01")
    assert (status, "Closing balance" in text) == (200, False)


def test_nobody_sees_it_without_logging_in(client: Client) -> None:
    assert client.get(reverse("own-statement")).status_code == 302
