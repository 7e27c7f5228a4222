"""No secret that is planted in a log line gets out, and lines carry the ids of request and job."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.test import Client, RequestFactory

from config.job_ids import forget_ids, note_ids, send_request_id
from config.log_lines import JOB_ID, REQUEST_ID, JsonLines, SecretsHidden
from config.request_ids import RequestIds


@pytest.fixture(autouse=True)
def _ids_of_nobody() -> Iterator[None]:
    kept = REQUEST_ID.set(""), JOB_ID.set("")
    yield
    with contextlib.suppress(ValueError):  # set in another context
        REQUEST_ID.reset(kept[0])
        JOB_ID.reset(kept[1])


KEY = "assay_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"
PLANTED = {
    "an API key": (f"the key {KEY} was used", KEY),
    "an Authorization header": ("{'Authorization': 'Bearer abc.def.ghi-jkl'}", "abc.def.ghi-jkl"),
    "a header as text": ("Authorization: Token 0123456789abcdef", "0123456789abcdef"),
    "a basic log-in": ("sent Basic b2xnYTpjb3JyZWN0IGhvcnNl on", "b2xnYTpjb3JyZWN0IGhvcnNl"),
    "a password field": ("password=correct-horse&next=/", "correct-horse"),
    "a password in JSON": ('{"password": "correct-horse"}', "correct-horse"),
    "a model's key": ("asked with sk-proj-AbCdEfGh1234567890", "sk-proj-AbCdEfGh1234567890"),
    "a webhook's secret": (
        "signed with whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    ),
    "a database's address": ("postgres://assay:hunter22@db:5432/assay", "hunter22"),
    "a session": ("Cookie: sessionid=abcdefghij0123456789; csrftoken=zyx987", "abcdefghij0123456789"),
    "the browser's mark": ("assay_browser=AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA"),
}


def written(formatter: logging.Formatter, message: str, *args: object, error: bool = False) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("planted")
    logger.addHandler(handler)
    if error:
        try:
            raise RuntimeError(message)
        except RuntimeError:
            logger.exception("it broke")
    else:
        logger.warning(message, *args)
    return stream.getvalue()


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("formatter", [SecretsHidden("%(message)s"), JsonLines()])
def test_a_planted_secret_is_hidden(what: str, formatter: logging.Formatter) -> None:
    text, secret = PLANTED[what]
    for line in (
        written(formatter, text),
        written(formatter, "%s", text),
        written(formatter, "%r", {"body": text}),
        written(formatter, text, error=True),
    ):
        assert secret not in line
        assert "[hidden]" in line


def test_the_servers_own_secrets_are_hidden_wherever_they_turn_up(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = "plainwordtoken"
    settings.MODEL_KEYS = {"TINY_MODEL_KEY": "api.example.org"}
    monkeypatch.setenv("TINY_MODEL_KEY", "no pattern knows this one")
    line = written(JsonLines(), f"{settings.SECRET_KEY} plainwordtoken and no pattern knows this one")
    assert json.loads(line)["message"] == "[hidden] [hidden] and [hidden]"


def test_ordinary_lines_stay_as_they_are() -> None:
    for text in (
        "could not enqueue process_answer(17); the sweep will",
        "GET /api/v1/projects 200 12 ms",
        "tokens: 12 of 40",
    ):
        assert json.loads(written(JsonLines(), text))["message"] == text
    assert (
        written(SecretsHidden("%(message)s"), "answer 7 could not be processed") == "answer 7 could not be processed\n"
    )


def test_a_line_has_the_ids_of_request_and_job() -> None:
    kept = REQUEST_ID.set("r-1"), JOB_ID.set("j-2")
    try:
        entry = json.loads(written(JsonLines(), "hello"))
        assert (entry["request_id"], entry["job_id"], entry["level"], entry["logger"]) == (
            "r-1",
            "j-2",
            "WARNING",
            "planted",
        )
        assert written(SecretsHidden("%(message)s"), "hello") == "hello request_id=r-1 job_id=j-2\n"
    finally:
        REQUEST_ID.reset(kept[0])
        JOB_ID.reset(kept[1])
    assert "request_id" not in json.loads(written(JsonLines(), "hello"))


def test_a_job_knows_the_request_that_caused_it() -> None:
    class Task:
        request = type("Request", (), {"request_id": "r-9"})()

    headers: dict[str, str] = {}
    kept = REQUEST_ID.set("r-9")
    send_request_id(headers=headers)
    REQUEST_ID.reset(kept)
    assert headers == {"request_id": "r-9"}
    note_ids(task_id="job-1", task=Task())
    assert (REQUEST_ID.get(), JOB_ID.get()) == ("r-9", "job-1")
    forget_ids()
    assert (REQUEST_ID.get(), JOB_ID.get()) == ("", "")


@pytest.mark.parametrize(("sent", "is_kept"), [("abc-123", True), ("a" * 65, False), ("x\ny", False), ("", False)])
def test_a_reply_has_the_id_that_came_or_a_new_one(sent: str, is_kept: bool) -> None:
    seen: list[str] = []

    def view(request):
        from django.http import HttpResponse

        seen.append(REQUEST_ID.get())
        return HttpResponse("x")

    request = RequestFactory().get("/", headers={"X-Request-ID": sent} if sent else {})
    response = RequestIds(view)(request)
    assert response["X-Request-ID"] == seen[0]
    assert (seen[0] == sent) == is_kept


def test_a_request_is_logged_without_its_query(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="assay.requests"):
        Client().get("/healthz?email=olga@example.org")
    [line] = [record.getMessage() for record in caplog.records if record.name == "assay.requests"]
    assert line.startswith("GET /healthz 200 ")
