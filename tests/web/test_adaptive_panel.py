"""The panel on adaptive overlap: figures with intervals, or why there are none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from cast import Cast, make_cast
from django.test import Client
from django.urls import reverse

from crowd.models import User

pytestmark = pytest.mark.django_db


def panel(cast: Cast, log_in: Callable[[User], Client]) -> str:
    page = log_in(cast.owner).get(reverse("manage", args=[cast.project.uid])).content.decode()
    section = page[page.index('<h2 id="adaptive"') : page.index('<h2 id="payouts"')]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))


def test_without_audits_it_says_that_it_cannot_say(log_in: Callable[[User], Client]) -> None:
    assert "the project audits no tasks" in panel(make_cast(), log_in)


def test_too_few_audited_tasks_say_how_many_are_needed(log_in: Callable[[User], Client]) -> None:
    assert "0 of 2 audited tasks are finished, 30 are needed" in panel(make_cast(audit_share=1.0), log_in)


def test_enough_audited_tasks_show_saving_and_accuracy(log_in: Callable[[User], Client]) -> None:
    cast = make_cast(tasks=30, workers=4, max_overlap=4, audit_share=1.0)
    for worker in cast.workers:
        while cast.claim(worker).assignment is not None:
            cast.answer(worker)
    text = panel(cast, log_in)
    assert re.search(r"Answers saved \d+\D%", text)
    assert "n = 30 audited tasks" in text
    assert re.search(r"full overlap 100\.0\s% 92–100\s%", text)
