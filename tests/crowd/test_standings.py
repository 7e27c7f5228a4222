"""What a worker is shown of the own standing points at no single task."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.enums import TrustLevel
from crowd.models import Answer
from crowd.queries.standings import standings_of
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db


def test_a_warning_waits_for_the_next_round_number_of_answers() -> None:
    cast = make_cast(tasks=30)
    cast.gold(3, "positive")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "negative")
    assert cast.project.trust_changes.get().reason.startswith("warning: 3 of the last 3")
    assert standings_of(cast.worker)[0].changes == []
    cast.configure(gold_rate=0.0)
    while Answer.objects.filter(worker=cast.worker).count() < 19:
        cast.answer(cast.worker, "negative")
    assert standings_of(cast.worker)[0].changes == []
    cast.answer(cast.worker, "negative")
    assert [one.change for one in standings_of(cast.worker)[0].changes] == [cast.project.trust_changes.get()]


def test_what_a_manager_decides_shows_at_once() -> None:
    cast = make_cast()
    change = set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        actor=cast.owner,
        level=TrustLevel.RESTRICTED,
        reason="to look into",
    )
    assert [one.change for one in standings_of(cast.worker)[0].changes] == [change]
