"""What cannot be made good is refused, in a sentence, with nothing changed."""

from __future__ import annotations

from typing import Any

import pytest
from past_answers import BAD, few_golds

from crowd.enums import TrustLevel
from crowd.errors import Conflict, InvalidInput, NotFound
from crowd.models import Gold
from crowd.services.restitution import correct_gold, overturn_change
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db


def test_what_cannot_be_corrected_is_refused_in_a_sentence() -> None:
    cast = few_golds("rrrrr")
    gold = Gold.objects.order_by("id")[BAD]
    ask: dict[str, Any] = {"project": cast.project, "actor": cast.owner, "reason": "mislabelled"}
    with pytest.raises(InvalidInput) as refused:
        correct_gold(**ask | {"task_uid": gold.task.uid, "labels": ["purple"], "reason": " "})
    assert [problem.pointer for problem in refused.value.problems] == ["/reason", "/labels/0"]
    with pytest.raises(Conflict, match="already"):
        correct_gold(**ask, task_uid=gold.task.uid, labels=["negative"])
    with pytest.raises(NotFound):
        correct_gold(**ask, task_uid=cast.task().uid, labels=["positive"])
    correct_gold(**ask, task_uid=gold.task.uid, labels=["positive"])
    with pytest.raises(Conflict, match="still being worked off"):
        correct_gold(**ask, task_uid=gold.task.uid, labels=["neutral"])
    trusted = set_trust(
        project=cast.project, worker_uid=cast.worker.uid, level=TrustLevel.TRUSTED, reason="good", actor=cast.owner
    )
    with pytest.raises(Conflict, match="only a warning"):
        overturn_change(project=cast.project, change_uid=trusted.uid, reason="no", actor=cast.owner)
