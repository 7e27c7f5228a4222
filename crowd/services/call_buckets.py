"""Keeps to an endpoint's limits of requests and tokens a minute, over all processes: the bucket is a row."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils import timezone

from crowd.models import CallBucket, Rater
from crowd.policies.call_pacing import refilled, wait_for

UNLIMITED = 1e12


def bucket_of(rater: Rater) -> str | None:
    """The key of the bucket that this rater takes from; None without limits. One model behind one key shares one."""
    if rater.requests_per_minute is None and rater.tokens_per_minute is None:
        return None
    shared = [rater.spec["base_url"], rater.spec["key_name"], rater.spec["model"], str(rater.project.uid)]
    return hashlib.sha256("\n".join(shared).encode()).hexdigest()


def take(*, rater: Rater, tokens: int) -> float:
    """Take one request with its tokens; 0.0 when they were there, else how many seconds to wait before asking again.

    Of processes that ask at once the row's lock lets one after the other see what is left.
    """
    key = bucket_of(rater)
    if key is None:
        return 0.0
    per_minute = (float(rater.requests_per_minute or UNLIMITED), float(rater.tokens_per_minute or UNLIMITED))
    with transaction.atomic():
        now = timezone.now()
        CallBucket.objects.get_or_create(
            key=key, defaults={"requests": per_minute[0], "tokens": per_minute[1], "filled_at": now}
        )
        bucket = CallBucket.objects.select_for_update(no_key=True).get(key=key)
        elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
        bucket.requests = refilled(left=bucket.requests, per_minute=per_minute[0], elapsed_seconds=elapsed)
        bucket.tokens = refilled(left=bucket.tokens, per_minute=per_minute[1], elapsed_seconds=elapsed)
        bucket.filled_at = max(now, bucket.filled_at)
        wait = max(
            wait_for(need=1, left=bucket.requests, per_minute=per_minute[0]),
            wait_for(need=tokens, left=bucket.tokens, per_minute=per_minute[1]),
        )
        if wait == 0:
            bucket.requests -= 1
            bucket.tokens -= tokens
        bucket.save(update_fields=["requests", "tokens", "filled_at"])
        return wait


def correct(*, rater: Rater, guessed: int, actual: int) -> None:
    """Put back, or take as well, what the guess of a call's tokens was off by."""
    key = bucket_of(rater)
    if key is None or guessed == actual:
        return
    with transaction.atomic():
        bucket = CallBucket.objects.select_for_update(no_key=True).filter(key=key).first()
        if bucket is not None:
            bucket.tokens += guessed - actual
            bucket.save(update_fields=["tokens"])
