"""Delivery over real HTTP: failures, silence and kills delay a message, and never lose it or change its id."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as IndependentCheck
from standardwebhooks.webhooks import WebhookVerificationError
from webhook_receiver import Received, Receiver, receiving

from crowd.enums import DeliveryState, EventKind, WebhookKind
from crowd.models import Event, Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage
from crowd.policies.webhooks import DISABLED_AFTER, KEPT, RETRY_SECONDS
from crowd.services import outbound
from crowd.services.courier import _claim, deliver_due, prune_log
from crowd.services.webhook_settings import (
    WebhookPlan,
    add_webhook,
    ping_webhook,
    redeliver,
    redeliver_since,
    rotate_secret,
)
from crowd.services.webhooks import announce

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(cast: Cast, settings: Any) -> Any:
    """Makes the cast's project a webhook at a receiver, which may be reached although it is on this machine."""

    def make(receiver: Receiver) -> Webhook:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        return add_webhook(project=cast.project, plan=WebhookPlan(url=receiver.url), actor=cast.owner)

    return make


def tell(cast: Cast, n: int = 1) -> None:
    for i in range(n):
        announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": f"é{i}"})


def pass_time() -> None:
    """As if the pause before the next try, the rest of the address, any lease had passed."""
    long_ago = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=long_ago)
    WebhookDelivery.objects.filter(leased_until__isnull=False).update(leased_until=long_ago)
    Webhook.objects.update(paused_until=None)


def check(received: Received, secret: str) -> None:
    """The signature, by an implementation that is not ours."""
    IndependentCheck(secret).verify(received.body, received.headers)


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def test_a_receiver_that_fails_then_hangs_then_accepts_gets_each_message_under_its_id(
    cast: Cast, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.5)
    release = threading.Event()

    def reply(n: int) -> Any:
        if n < 3:
            return (500, b"broken", {})
        if n < 6:
            release.wait(30)
        return 204

    with receiving(reply) as receiver:
        webhook = hook(receiver)
        tell(cast, 3)
        assert deliver_due() == 3
        assert deliver_due() == 0
        for _ in range(6):
            pass_time()
            deliver_due()
        release.set()
        assert states() == ["delivered"] * 3
        ids = {message.webhook_id for message in WebhookMessage.objects.all()}
        by_id: dict[str, list[Received]] = {}
        for received in receiver.received:
            check(received, webhook.secret)
            by_id.setdefault(received.webhook_id, []).append(received)
        assert set(by_id) == ids
        # The same bytes at every try, the text as it was announced.
        assert [len({received.body for received in tries}) for tries in by_id.values()] == [1, 1, 1]
        assert {tries[0].message["data"]["export"] for tries in by_id.values()} == {"é0", "é1", "é2"}
    came = [(one.status, one.reply, one.error) for one in WebhookAttempt.objects.order_by("id")]
    hung = (None, "", "no complete reply within 0.5 seconds")
    assert came == [(500, "broken", "")] * 3 + [hung] * 3 + [(204, "", "")] * 3
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.paused_until) == (0, None, None)


def test_a_failed_message_waits_as_the_schedule_says_then_is_dead(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 503) as receiver:
        hook(receiver)
        tell(cast)
        for seconds in RETRY_SECONDS:
            before = timezone.now()
            assert deliver_due() == 1
            delivery = WebhookDelivery.objects.get()
            waits = (delivery.next_attempt_at - before).total_seconds()
            assert seconds <= waits <= seconds * 1.2 + 30
            assert delivery.state == "pending"
            pass_time()
        deliver_due()
        assert states() == ["dead"]
        pass_time()
        assert deliver_due() == 0
        assert len(receiver.received) == len(RETRY_SECONDS) + 1
    assert sum(RETRY_SECONDS) > 24 * 3600


def test_retry_after_is_waited_for(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: (429, b"", {"Retry-After": "900"})) as receiver:
        hook(receiver)
        tell(cast)
        deliver_due()
    assert WebhookDelivery.objects.get().next_attempt_at > timezone.now() + timedelta(seconds=890)


def test_a_redirect_is_a_failure_and_is_not_followed(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 204) as other, receiving(lambda n: (302, b"", {"Location": other.url})) as receiver:
        hook(receiver)
        tell(cast)
        deliver_due()
        assert other.received == []
    assert (states(), WebhookAttempt.objects.get().status) == (["pending"], 302)


def test_a_message_whose_process_died_goes_out_again_when_the_lease_ends(cast: Cast, hook: Any) -> None:
    with receiving() as receiver:
        webhook = hook(receiver)
        tell(cast)
        [claimed] = _claim(webhook, 5)
        assert deliver_due() == 0  # it belongs to the process that has died by now
        pass_time()
        assert deliver_due() == 1
        [received] = receiver.received
    assert received.webhook_id == claimed.delivery.message.webhook_id
    assert states() == ["delivered"]
    cut_off, done = WebhookAttempt.objects.order_by("number")
    assert (cut_off.ended_at, cut_off.status, done.status) == (None, None, 204)


def test_410_switches_the_address_off_and_says_so(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 410) as receiver:
        webhook = hook(receiver)
        tell(cast, 3)
        deliver_due()
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "the receiver answered 410 Gone")
    assert states() == ["dead"] * 3
    [event] = Event.objects.filter(kind=EventKind.WEBHOOK_DISABLED)
    assert event.subject == webhook.uid


def test_days_of_failure_switch_the_address_off(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 500) as receiver:
        webhook = hook(receiver)
        tell(cast)
        long_ago = timezone.now() - DISABLED_AFTER
        Webhook.objects.update(failures=1, failing_since=long_ago + timedelta(minutes=1))
        deliver_due()
        webhook.refresh_from_db()
        assert webhook.is_active
        Webhook.objects.update(failing_since=long_ago)
        pass_time()
        deliver_due()
    webhook.refresh_from_db()
    assert (webhook.is_active, states()) == (False, ["dead"])
    assert webhook.disabled_reason.startswith("nothing has arrived since ")


def test_a_dead_receiver_with_a_long_queue_is_asked_with_one_message_at_a_time(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 500) as receiver:
        webhook = hook(receiver)
        tell(cast, 100)
        deliver_due()
        assert len(receiver.received) == 32
        webhook.refresh_from_db()
        assert webhook.paused_until is not None
        Webhook.objects.update(paused_until=None)
        deliver_due()
        assert len(receiver.received) == 33


def test_both_secrets_sign_until_the_old_one_ends(cast: Cast, hook: Any) -> None:
    with receiving() as receiver:
        webhook = hook(receiver)
        old = webhook.secret
        new = rotate_secret(webhook=webhook, overlap_hours=24, actor=cast.owner).secret
        tell(cast)
        deliver_due()
        check(receiver.received[0], old)
        check(receiver.received[0], new)
        assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
        Webhook.objects.update(previous_secret_until=timezone.now())
        tell(cast)
        deliver_due()
        check(receiver.received[1], new)
        with pytest.raises(WebhookVerificationError):
            check(receiver.received[1], old)


def test_a_ping_reaches_a_webhook_that_wants_something_else(cast: Cast, settings: Any) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        plan = WebhookPlan(url=receiver.url, kinds=(WebhookKind.GOLD_FAILED,))
        webhook = add_webhook(project=cast.project, plan=plan, actor=cast.owner)
        ping_webhook(webhook=webhook)
        deliver_due()
        assert [received.message["type"] for received in receiver.received] == ["ping"]


def test_redelivery_keeps_the_id_and_takes_one_or_all_since_a_time(cast: Cast, hook: Any) -> None:
    with receiving(lambda n: 204) as receiver:
        webhook = hook(receiver)
        tell(cast, 3)
        deliver_due()
        first = WebhookDelivery.objects.order_by("id")[0]
        redeliver(delivery=first)
        deliver_due()
        assert receiver.received[3].webhook_id == first.message.webhook_id
        WebhookDelivery.objects.filter(pk=first.pk).update(
            state=DeliveryState.DEAD, created_at=timezone.now() - timedelta(hours=2)
        )
        hour_ago = timezone.now() - timedelta(hours=1)
        assert redeliver_since(webhook=webhook, since=hour_ago, is_everything=False) == 0
        assert redeliver_since(webhook=webhook, since=hour_ago, is_everything=True) == 2
        assert redeliver_since(webhook=webhook, since=hour_ago - timedelta(hours=2), is_everything=False) == 1
        deliver_due()
        assert len(receiver.received) == 7
    assert states() == ["delivered"] * 3


def test_old_messages_leave_the_log(cast: Cast, hook: Any) -> None:
    with receiving() as receiver:
        hook(receiver)
        tell(cast, 2)
        deliver_due()
    WebhookMessage.objects.filter(pk=WebhookMessage.objects.earliest("id").pk).update(
        created_at=timezone.now() - KEPT - timedelta(hours=1)
    )
    assert prune_log() == 1
    assert (WebhookMessage.objects.count(), WebhookAttempt.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_several_couriers_at_once_send_each_message_once(settings: Any) -> None:
    from django.db import connection

    cast = make_cast()
    with receiving() as receiver:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        add_webhook(project=cast.project, plan=WebhookPlan(url=receiver.url), actor=cast.owner)
        tell(cast, 40)

        def deliver() -> None:
            try:
                deliver_due()
            finally:
                connection.close()

        couriers = [threading.Thread(target=deliver) for _ in range(4)]
        for courier in couriers:
            courier.start()
        for courier in couriers:
            courier.join()
        ids = [received.webhook_id for received in receiver.received]
    assert (len(ids), len(set(ids))) == (40, 40)
    assert states() == ["delivered"] * 40
