"""A worker contests a suspension; somebody else decides, or silence does, and the decision is overturned."""

from datetime import timedelta

import pytest
from cast import Cast
from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.errors import Conflict, InvalidInput, NotFound
from crowd.models import Restitution, TrustAppeal
from crowd.queries.trust_appeals import open_trust_appeals
from crowd.services.restitution import work_off_restitution
from crowd.services.trust_appeals import appeal_change, decide_trust_appeal, grant_unjudged
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db


@pytest.fixture
def appeal(cast: Cast) -> TrustAppeal:
    """The manager suspended the first worker, who contests it."""
    change = _suspend(cast)
    return appeal_change(worker=cast.worker, change_uid=change.uid, reason="I was ill, not careless")


def _suspend(cast: Cast, level: TrustLevel = TrustLevel.SUSPENDED):
    return set_trust(
        project=cast.project, worker_uid=cast.worker.uid, level=level, reason="careless", actor=cast.manager
    )


def _decide(cast: Cast, appeal: TrustAppeal, judge, *, is_granted: bool) -> TrustAppeal:
    return decide_trust_appeal(
        project=cast.project, appeal_uid=appeal.uid, judge=judge, is_granted=is_granted, reason="looked again"
    )


def test_a_granted_appeal_overturns_the_suspension_and_gives_the_level_back(cast: Cast, appeal: TrustAppeal) -> None:
    assert _decide(cast, appeal, cast.owner, is_granted=True).state == "granted"
    restitution = Restitution.objects.get(change=appeal.change)
    assert (restitution.actor, restitution.reason) == (cast.owner, "looked again")
    work_off_restitution(restitution_id=restitution.pk)
    assert cast.enrolment().trust_level == TrustLevel.NEW


def test_a_denied_appeal_leaves_the_decision_and_the_first_judgement_stands(cast: Cast, appeal: TrustAppeal) -> None:
    assert _decide(cast, appeal, cast.owner, is_granted=False).state == "denied"
    assert _decide(cast, appeal, cast.owner, is_granted=False).state == "denied"
    with pytest.raises(Conflict, match="denied already"):
        _decide(cast, appeal, cast.owner, is_granted=True)
    assert not Restitution.objects.exists()
    assert cast.enrolment().trust_level == TrustLevel.SUSPENDED


def test_whoever_decided_and_the_worker_may_not_judge(cast: Cast, appeal: TrustAppeal) -> None:
    for judge in (cast.manager, cast.worker.user):
        with pytest.raises(Conflict, match="somebody else must judge"):
            _decide(cast, appeal, judge, is_granted=True)
        assert list(open_trust_appeals(cast.project, judge)) == []
    assert list(open_trust_appeals(cast.project, cast.owner)) == [appeal]


def test_silence_past_the_deadline_decides_for_the_worker_once(cast: Cast, appeal: TrustAppeal) -> None:
    assert grant_unjudged(now=appeal.answer_by) == 0
    late = appeal.answer_by + timedelta(seconds=1)
    assert [grant_unjudged(now=late), grant_unjudged(now=late)] == [1, 0]
    appeal.refresh_from_db()
    assert (appeal.state, appeal.decided_by) == ("granted", None)
    assert Restitution.objects.get(change=appeal.change).actor is None


def test_an_appeal_is_made_once_in_time_about_a_burden_of_ones_own(
    cast: Cast, appeal: TrustAppeal, monkeypatch
) -> None:
    change = appeal.change
    assert appeal_change(worker=cast.worker, change_uid=change.uid, reason="again") == appeal
    with pytest.raises(NotFound):
        appeal_change(worker=cast.workers[1], change_uid=change.uid, reason="not mine")
    with pytest.raises(InvalidInput):
        appeal_change(worker=cast.worker, change_uid=change.uid, reason=" ")
    with pytest.raises(Conflict, match="only a restriction or a suspension"):
        appeal_change(worker=cast.worker, change_uid=_suspend(cast, TrustLevel.TRUSTED).uid, reason="too kind")
    later = _suspend(cast, TrustLevel.RESTRICTED)
    soon = timezone.now() + timedelta(days=14, seconds=5)
    monkeypatch.setattr("crowd.services.trust_appeals.timezone.now", lambda: soon)
    with pytest.raises(Conflict, match="time to appeal is over"):
        appeal_change(worker=cast.worker, change_uid=later.uid, reason="late")


def test_a_rules_decision_may_be_judged_by_any_manager(cast: Cast, appeal: TrustAppeal) -> None:
    TrustAppeal.objects.update(imposed_by=None)
    assert list(open_trust_appeals(cast.project, cast.manager)) == [appeal]
