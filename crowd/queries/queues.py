"""Asks the broker how many messages wait."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings

SECONDS = 2.0


@cache
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


def broker_problem() -> str | None:
    """Why the broker cannot be used; None when it answers or none is configured."""
    if not settings.REDIS_URL:
        return None
    try:
        _broker(settings.REDIS_URL).ping()
    except redis.RedisError as error:
        # The class only: the message may hold the address with its password.
        return f"the broker does not answer ({type(error).__name__})"
    return None


def queue_lengths() -> dict[str, int] | None:
    """Messages by queue, with those given to a worker and not done yet; None without a broker or an answer."""
    if not settings.REDIS_URL:
        return None
    # Made by `config.queues`, which the types cannot see.
    names = [queue.name for queue in getattr(settings, "CELERY_TASK_QUEUES", ())]
    try:
        with _broker(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            for name in names:
                pipe.llen(name)
            pipe.hlen("unacked")
            counts = pipe.execute()
    except redis.RedisError:
        return None
    return dict(zip([*names, "unacknowledged"], map(int, counts), strict=True))
