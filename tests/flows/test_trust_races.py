"""Races for trust: a window fires a rule once, a place opens once, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from at_once import race
from cast import Cast, make_cast

from crowd.enums import TrustLevel
from crowd.models import ReopenedPlace, Rule, RuleFiring, Task
from crowd.services.reopening import reopen_places
from crowd.services.rules import apply_rules, retire_rule, set_rule
from crowd.services.trust_terms import set_trust

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def together(act: Callable[[], Any], n: int = 4) -> list[Any]:
    """Run one act in several threads at once; results or exceptions."""
    return race([act] * n)


def busy() -> Cast:
    """The first worker has answered five tasks."""
    cast = make_cast(tasks=5)
    for _ in range(5):
        cast.answer(cast.worker)
    return cast


def test_one_of_four_processes_fires_a_rule_for_a_window() -> None:
    cast = busy()
    body = {
        "when": {"all": [{"measure": "answers", "last": 9, "is": ">", "value": 3}]},
        "then": {"action": "pause", "for_hours": 1},
    }
    set_rule(project=cast.project, name="busy", body=body, actor=cast.owner)
    assert sorted(together(lambda: apply_rules(project=cast.project, worker=cast.worker))) == [0, 0, 0, 1]
    assert RuleFiring.objects.count() == 1
    assert cast.project.events.filter(kind="worker_paused").count() == 1
    retire_rule(project=cast.project, name="busy", actor=cast.owner)
    assert not Rule.objects.filter(is_active=True).exists()


def test_four_processes_open_each_place_once() -> None:
    cast = busy()
    set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        level=TrustLevel.SUSPENDED,
        reason="answers at random",
        actor=cast.owner,
    )
    enrolment_id = cast.enrolment().pk
    assert sum(together(lambda: reopen_places(enrolment_id=enrolment_id))) == 5
    assert ReopenedPlace.objects.count() == 5
    assert set(Task.objects.values_list("overlap", "open_slots")) == {(3, 2)}
    assert cast.project.events.filter(kind="places_reopened").count() == 1
