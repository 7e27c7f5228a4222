"""Both clients against a real server that fails in every way they should survive."""

from __future__ import annotations

import asyncio

import pytest
from scripted_server import Reply, serve_script

from assay_client import (
    AssayClient,
    AssayError,
    AsyncAssayClient,
    Call,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RetryPolicy,
    ServerFailed,
    Throttled,
    Unreachable,
)
from assay_client.errors import FieldError

FAST = RetryPolicy(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02)


def _blocking(script, call):
    with AssayClient(script.url, "secret", retry=FAST) as client:
        return client.send(call)


def _awaited(script, call):
    async def run():
        async with AsyncAssayClient(script.url, "secret", retry=FAST) as client:
            return await client.send_async(call)

    return asyncio.run(run())


@pytest.fixture(params=[_blocking, _awaited])
def send(request):
    """Sends one request to a script, by either client; gives the decoded reply."""

    def send(script, method="POST", path="/x", **rest):
        return request.param(script, Call(method, path, **rest))

    return send


def test_a_request_carries_the_key_with_its_json(send):
    with serve_script(Reply(201, {"id": "7"})) as script:
        assert send(script, body={"name": "cats"}) == {"id": "7"}
    [asked] = script.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/api/v1/x", {"name": "cats"})
    assert asked.headers["Authorization"] == "Bearer secret"


def test_a_reply_without_a_body_is_none(send):
    with serve_script(Reply(202, b"")) as script:
        assert send(script) is None


def test_a_refusal_keeps_its_code_status_detail_and_fields(send):
    problem = {
        "type": "about:blank",
        "title": "Bad request",
        "status": 422,
        "detail": "2 tasks are wrong.",
        "code": "invalid_input",
        "errors": [{"pointer": "/tasks/3/key", "detail": "is there already"}],
    }
    with serve_script(Reply(422, problem)) as script, pytest.raises(AssayError) as refusal:
        send(script)
    error = refusal.value
    assert (error.code, error.status, error.detail) == ("invalid_input", 422, "2 tasks are wrong.")
    assert error.errors == (FieldError("/tasks/3/key", "is there already"),)
    assert str(error) == "2 tasks are wrong. [invalid_input, 422] (/tasks/3/key: is there already)"


def test_an_error_page_that_is_not_json_is_quoted(send):
    with serve_script(Reply(501, b"<h1>Server\n Error</h1>")) as script, pytest.raises(AssayError) as refusal:
        send(script)
    assert (refusal.value.code, refusal.value.status) == ("not_problem_json", 501)
    assert "<h1>Server Error</h1>" in refusal.value.detail


@pytest.mark.parametrize(
    "first", [Reply(500, {}), Reply(503, {}), Reply(429, {}, {"Retry-After": "0"}), Reply(is_lost=True)]
)
def test_a_busy_server_or_a_lost_connection_is_asked_again_under_the_same_idempotency_key(send, first):
    with serve_script(first, Reply(200, {"ok": True})) as script:
        assert send(script) == {"ok": True}
    first_key, second_key = (asked.headers["Idempotency-Key"] for asked in script.asked)
    assert first_key == second_key


def test_a_first_attempt_that_is_still_under_way_is_waited_for(send):
    under_way = Reply(409, {"code": "in_progress"}, {"Retry-After": "0"})
    with serve_script(Reply(is_lost=True), under_way, Reply(201, {"id": "7"})) as script:
        assert send(script) == {"id": "7"}
    assert len({asked.headers["Idempotency-Key"] for asked in script.asked}) == 1


def test_two_calls_have_different_idempotency_keys(send):
    with serve_script(Reply(), Reply()) as script:
        send(script)
        send(script)
    first_key, second_key = (asked.headers["Idempotency-Key"] for asked in script.asked)
    assert first_key != second_key


def test_a_read_carries_no_idempotency_key(send):
    with serve_script(Reply()) as script:
        send(script, method="GET")
    assert "Idempotency-Key" not in script.asked[0].headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, InvalidInput),
        (501, ServerFailed),
    ],
)
def test_other_refusals_have_their_class_and_are_not_asked_again(send, status, kind):
    with serve_script(Reply(status, {"code": "no"})) as script, pytest.raises(AssayError) as refusal:
        send(script)
    assert type(refusal.value) is kind
    assert len(script.asked) == 1


def test_a_key_that_the_caller_keeps_is_sent(send):
    with serve_script(Reply(is_lost=True), Reply(200, {})) as script:
        send(script, idempotency_key="mine")
    assert [asked.headers["Idempotency-Key"] for asked in script.asked] == ["mine", "mine"]


def test_a_server_that_stays_too_busy_is_a_throttled_call(send):
    busy = [Reply(429, {"code": "throttled"}, {"Retry-After": "0"})] * 3
    with serve_script(*busy) as script, pytest.raises(Throttled):
        send(script)
    assert len(script.asked) == 3


def test_a_server_that_stays_busy_is_an_error_after_the_last_attempt(send):
    with serve_script(*[Reply(503, {"code": "busy"})] * 3) as script, pytest.raises(AssayError) as refusal:
        send(script)
    assert (refusal.value.code, len(script.asked)) == ("busy", 3)


def test_a_server_that_is_not_there_is_called_unreachable(send):
    with serve_script() as script:
        pass
    with pytest.raises(Unreachable) as refusal:
        send(script)
    assert (refusal.value.code, refusal.value.status) == ("unreachable", 0)
    assert "in 3 attempts" in refusal.value.detail


def test_a_reply_of_200_that_is_not_json_is_an_error(send):
    with serve_script(Reply(200, b"hello")) as script, pytest.raises(AssayError) as refusal:
        send(script)
    assert refusal.value.code == "not_problem_json"


def test_waits_double_up_to_the_longest():
    policy = RetryPolicy(first_wait_seconds=1.0, longest_wait_seconds=3.0)
    waits = [policy.wait_seconds(attempt, None) for attempt in (1, 2, 3, 4)]
    for wait, ceiling in zip(waits, (1.0, 2.0, 3.0, 3.0), strict=True):
        assert ceiling / 2 <= wait <= ceiling


def test_retry_after_replaces_the_wait_up_to_the_longest():
    policy = RetryPolicy(first_wait_seconds=1.0, longest_wait_seconds=3.0)
    assert policy.wait_seconds(1, "2") == 2.0
    assert policy.wait_seconds(1, "60") == 3.0
