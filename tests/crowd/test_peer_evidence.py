"""Agreement with the others is kept apart from gold, and warns without restricting."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.models import Skill, TrustChange
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


def test_a_fit_warns_the_worker_who_disagrees_with_everybody() -> None:
    cast = make_cast(tasks=40, workers=4, min_overlap=4, max_overlap=4)
    for worker in cast.workers[:3]:
        for n in range(40):
            claim = cast.claim(worker)
            assert claim.assignment is not None
            label = ("negative", "positive")[int(claim.assignment.task.key[1:]) % 2]
            cast.answer(worker, label)
            assert n < 40
    for _ in range(40):
        cast.answer(cast.workers[3], "neutral")
    refit_project(project_id=cast.project.pk)
    # The first fit finds the tasks open; they are complete from then on.
    refit_project(project_id=cast.project.pk)
    found = {skill.worker: skill for skill in Skill.objects.all()}
    loner = found[cast.workers[3]]
    assert loner.peer_agreed is not None
    assert loner.peer_agreed < 2
    assert loner.gold_wrong == 0
    assert (found[cast.worker].peer_agreed or 0) > 36
    change = TrustChange.objects.get()
    assert (change.worker, change.from_level, change.to_level) == (cast.workers[3], "new", "new")
    assert (change.rule, change.rule_version) == ("peer-agreement", 1)
    refit_project(project_id=cast.project.pk)
    assert TrustChange.objects.count() == 1, "warned once"
