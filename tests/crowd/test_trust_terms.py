"""Levels end when their time is up, and managers set them by hand, both with a trace."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.errors import Conflict, InvalidInput, NotFound
from crowd.models import Skill, TrustChange, WorkTerms
from crowd.services.sweep import work_off
from crowd.services.trust_terms import expire_levels, set_trust

pytestmark = pytest.mark.django_db


def restricted() -> Cast:
    cast = make_cast(tasks=12)
    cast.gold(12, "positive")
    cast.configure(gold_rate=1.0)
    while cast.enrolment().trust_level != TrustLevel.RESTRICTED:
        cast.answer(cast.worker, "negative")
    return cast


def test_a_restriction_ends_by_itself_and_the_test_begins_anew() -> None:
    cast = restricted()
    assert expire_levels() == 0
    week = timezone.now() + timedelta(days=7, seconds=1)
    assert expire_levels(now=week) == 1
    assert expire_levels(now=week) == 0
    assert cast.enrolment().trust_level == TrustLevel.NEW
    skill = Skill.objects.get()
    assert (skill.gold_wrong, skill.recent_wrong, skill.gold_llr) == (4, 0, 0.0)
    change = TrustChange.objects.latest("id")
    assert (change.rule, change.from_level, change.to_level) == ("expiry", "restricted", "new")
    terms = WorkTerms.objects.get()
    assert (terms.level_until, terms.is_warned) == (None, False)


def test_the_sweep_ends_levels() -> None:
    cast = restricted()
    WorkTerms.objects.update(level_until=timezone.now() - timedelta(seconds=1))
    work_off()
    assert cast.enrolment().trust_level == TrustLevel.NEW


def test_a_manager_sets_a_level_with_a_reason_and_takes_it_back(cast: Cast) -> None:
    ask = {"project": cast.project, "worker_uid": cast.worker.uid, "actor": cast.manager}
    first = set_trust(**ask, level=TrustLevel.SUSPENDED, reason=" shares an account ", days=3)
    assert (first.reason, first.actor, first.rule) == ("shares an account", cast.manager, "by-hand")
    assert (first.expires_at - first.created_at).days == 3
    assert cast.enrolment().trust_level == TrustLevel.SUSPENDED
    second = set_trust(**ask, level=TrustLevel.TRUSTED, reason="it was a sister")
    assert (second.from_level, second.to_level) == ("suspended", "trusted")
    assert WorkTerms.objects.get().level_until is None
    assert expire_levels(now=timezone.now() + timedelta(days=30)) == 0


def test_lifting_a_level_begins_the_test_anew() -> None:
    cast = restricted()
    set_trust(
        project=cast.project, worker_uid=cast.worker.uid, actor=cast.owner, level=TrustLevel.NEW, reason="bad gold"
    )
    assert (Skill.objects.get().gold_llr, WorkTerms.objects.get().is_warned) == (0.0, False)


def test_gold_does_not_lift_what_a_manager_restricted() -> None:
    cast = make_cast(tasks=20)
    cast.gold(20, "positive")
    cast.configure(gold_rate=1.0)
    set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        actor=cast.owner,
        level=TrustLevel.RESTRICTED,
        reason="to look into",
    )
    for _ in range(14):
        cast.answer(cast.worker, "positive")
    assert cast.enrolment().trust_level == TrustLevel.RESTRICTED


def test_what_cannot_be_set_is_refused(cast: Cast) -> None:
    ask = {"project": cast.project, "worker_uid": cast.worker.uid, "actor": cast.owner}
    with pytest.raises(InvalidInput) as refused:
        set_trust(**ask, level=TrustLevel.TRUSTED, reason=" ", days=3)
    assert [problem.pointer for problem in refused.value.problems] == ["/reason", "/days"]
    with pytest.raises(Conflict):
        set_trust(**ask, level=TrustLevel.NEW, reason="again")
    with pytest.raises(NotFound):
        set_trust(**ask | {"worker_uid": uuid.uuid4()}, level=TrustLevel.TRUSTED, reason="who")
    assert TrustChange.objects.count() == 0
