"""Fixtures of the page tests: browsers that are logged in as somebody of the cast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cast import Cast
from django.test import Client

from crowd.models import User

LogIn = Callable[[User], Client]


@pytest.fixture
def log_in() -> LogIn:
    """A client that is logged in as the given user, with CSRF checks off as Django's client has them."""

    def as_user(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return as_user


@pytest.fixture
def worker_client(cast: Cast, log_in: LogIn) -> Client:
    """Logged in as the first worker."""
    return log_in(cast.worker.user)


@pytest.fixture
def owner_client(cast: Cast, log_in: LogIn) -> Client:
    """Logged in as the owner."""
    return log_in(cast.owner)
