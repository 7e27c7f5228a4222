"""Log-ins are throttled, sessions end when rights change, production's replies are locked down."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cast import Cast
from django.test import Client, RequestFactory
from django.urls import reverse

from crowd.enums import Role
from crowd.services.members import change_member, remove_member, set_member
from web.account.throttling import account_of, address_of


def try_log_in(password: str, *, name: str = "olga@example.org", address: str = "203.0.113.7") -> int:
    response = Client(REMOTE_ADDR=address).post(reverse("log-in"), {"username": name, "password": password})
    return response.status_code


def test_after_too_many_tries_even_the_right_password_waits(cast: Cast, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert [try_log_in("wrong") for _ in range(3)] == [200, 200, 429]
    assert try_log_in("correct horse") == 429
    # Another case is the same account; another account and another address are not concerned.
    assert try_log_in("correct horse", name="OLGA@example.org ") == 429
    assert try_log_in("correct horse", name="mara@example.org") == 302
    assert try_log_in("correct horse", address="203.0.113.8") == 302


def test_the_page_says_how_long(cast: Cast, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 1
    response = Client().post(reverse("log-in"), {"username": "olga@example.org", "password": "wrong"})
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in response.content.decode()


def test_a_success_forgets_the_tries(cast: Cast, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert [try_log_in(password) for password in ("wrong", "wrong", "correct horse", "wrong", "wrong")] == [
        200,
        200,
        302,
        200,
        200,
    ]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "forged, 198.51.100.1", "198.51.100.1"),
        (2, "forged, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "198.51.100.1", "127.0.0.1"),
    ],
)
def test_the_visitor_cannot_forge_the_address(settings, proxies: int, forwarded: str, found: str) -> None:
    settings.PROXIES = proxies
    assert address_of(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == found


def test_an_account_is_named_without_what_breaks_a_column() -> None:
    assert account_of(None, {"username": " OLGA\0@example.org "}) == "olga@example.org"
    assert len(account_of(None, {"username": "x" * 9999})) == 254


def is_logged_in(client: Client) -> bool:
    return client.get(reverse("home")).status_code == 200


def test_sessions_end_with_a_change_of_role_and_only_then(cast: Cast, log_in) -> None:
    mara, finn = log_in(cast.manager), log_in(cast.finance)
    set_member(project=cast.project, email=cast.manager.email, role=Role.MANAGER, actor=cast.owner)
    assert is_logged_in(mara)  # nothing changed
    change_member(project=cast.project, user_uid=cast.manager.uid, role=Role.ADJUDICATOR, actor=cast.owner)
    assert (is_logged_in(mara), is_logged_in(finn)) == (False, True)
    cast.manager.refresh_from_db()
    mara = log_in(cast.manager)
    assert is_logged_in(mara)
    remove_member(project=cast.project, user_uid=cast.manager.uid, actor=cast.owner)
    assert not is_logged_in(mara)


def test_sessions_end_with_a_new_password(cast: Cast, log_in) -> None:
    client = log_in(cast.owner)
    cast.owner.set_password("another horse entirely")
    cast.owner.save()
    assert not is_logged_in(client)


PROBE = """
import django; django.setup()
from django.test import Client
client = Client(SERVER_NAME="assay.example")
plain = client.get("/log-in/")
safe = client.get("/log-in/", secure=True)
names = ("Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy",
    "Permissions-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy")
cookie = safe.cookies["csrftoken"]
print(plain.status_code, plain["Location"], cookie["secure"], cookie["samesite"], client.get("/readyz").status_code)
for name in names: print(name, safe[name], sep=": ")
from django.conf import settings
form = settings.LOGGING["handlers"]["stderr"]["formatter"]
print(settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, form)
"""


def test_productions_replies_are_locked_down(tmp_path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "k" * 25 + "0123456789" * 3,
        "ASSAY_HOSTS": "assay.example",
        "ASSAY_STATE_DIR": str(tmp_path),
        "ASSAY_EMBEDDED_WORKER": "1",
    }
    code = PROBE.replace(
        "import django; ",
        "import django; from django.conf import settings as s; "
        "s.STORAGES['staticfiles'] = {'BACKEND': 'django.contrib.staticfiles.storage.StaticFilesStorage'}; ",
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    # Probes come over the inner network: no redirect; there are no tables here.
    assert lines[0] == "301 https://assay.example/log-in/ True Lax 503"
    headers = dict(line.split(": ", 1) for line in lines[1:8])
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    policy = headers.pop("Content-Security-Policy").split("; ")
    for directive in ("default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert directive in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert lines[8] == "True True json"
