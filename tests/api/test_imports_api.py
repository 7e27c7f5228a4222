"""Imports over HTTP: a file as the body or as a part, safe to repeat, polled, its errors downloaded."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from callers import as_user, problem, url
from cast import Cast
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from crowd.models import FileChunk, Import, StoredFile, Task
from crowd.services.file_jobs import work_off_files

pytestmark = pytest.mark.django_db

TABLE = b"key,text\na,x\nb,y\n"


def send(client: APIClient, cast: Cast, content: bytes, query: str = "", **headers: str) -> Any:
    return client.post(
        url(cast, f"imports{query}"), content, content_type="application/octet-stream", headers=headers or None
    )


def keys() -> list[str]:
    return list(Task.objects.order_by("id").values_list("key", flat=True))


def test_a_body_is_imported_while_its_sender_polls(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    response = send(client, cast, gzip.compress(TABLE), "?name=tasks.csv&map=text=payload.words&on_error=skip")
    assert response.status_code == 202
    body = response.json()
    assert (body["state"], body["name"], body["on_error"], body["errors"]) == ("queued", "tasks.csv", "skip", [])
    assert work_off_files()
    done = client.get(body["url"]).json()
    assert (done["state"], done["rows_total"], done["rows_done"], done["tasks"], done["problem"]) == (
        "finished",
        2,
        2,
        2,
        None,
    )
    assert keys() == ["t1", "t2", "a", "b"]
    assert Task.objects.get(key="a").payload == {"words": "x"}


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/x-ndjson", "text/plain"])
def test_whatever_the_body_calls_itself(cast: Cast, content_type: str) -> None:
    client = as_user(cast, cast.manager)
    assert client.post(url(cast, "imports"), TABLE, content_type=content_type).status_code == 202
    work_off_files()
    assert keys() == ["t1", "t2", "a", "b"]


def test_a_form_brings_the_file_as_a_part(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    file = SimpleUploadedFile("batch.csv", TABLE, content_type="text/csv")
    response = client.post(url(cast, "imports"), {"on_error": "skip", "file": file}, format="multipart")
    assert (response.status_code, response.json()["name"], response.json()["on_error"]) == (202, "batch.csv", "skip")
    work_off_files()
    assert keys() == ["t1", "t2", "a", "b"]
    assert problem(client.post(url(cast, "imports"), {"wrong": "x"}, format="multipart")) == (422, "invalid_input")


def test_a_form_of_a_logged_in_manager_needs_the_csrf_token(cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.manager)
    assert send(client, cast, TABLE).status_code == 403
    client = APIClient()
    client.force_login(cast.manager)
    file = SimpleUploadedFile("batch.csv", TABLE)
    assert client.post(url(cast, "imports"), {"file": file}, format="multipart").status_code == 202


def test_the_same_key_and_file_is_one_import(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    header = {"Idempotency-Key": "k"}
    first = send(client, cast, TABLE, **header)
    again = send(client, cast, TABLE, **header)
    assert (again.json()["id"], again["Idempotent-Replay"]) == (first.json()["id"], "true")
    assert problem(send(client, cast, TABLE + b"c,z\n", **header)) == (422, "idempotency_key_reused")
    assert problem(send(client, cast, TABLE, "?on_error=skip", **header)) == (422, "idempotency_key_reused")
    assert (Import.objects.count(), StoredFile.objects.count(), FileChunk.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "query",
    [
        "?format=xls",
        "?on_error=maybe",
        "?map=text",
        "?map=text=nothing",
        "?predictions=human",
        "?dry_run=2",
        "?pii=maybe",
    ],
)
def test_options_that_make_no_sense_store_nothing(cast: Cast, query: str) -> None:
    assert problem(send(as_user(cast, cast.manager), cast, TABLE, query)) == (422, "invalid_input")
    assert StoredFile.objects.count() == 0


def test_what_is_empty_or_too_large_is_refused_and_not_kept(cast: Cast, settings: Any) -> None:
    client = as_user(cast, cast.manager)
    assert problem(send(client, cast, b"")) == (422, "invalid_input")
    settings.IMPORT_MAX_BYTES = 10
    assert problem(send(client, cast, TABLE)) == (422, "invalid_input")
    assert problem(send(client, cast, b"x" * 100_000)) == (422, "invalid_input")
    assert (StoredFile.objects.count(), Import.objects.count()) == (0, 0)


def test_bad_rows_are_shown_and_downloaded(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    rows = b"task,worker,label\n" + b"".join(b"a%d,v,=bad\n" % i for i in range(25))
    body = send(client, cast, rows).json()
    work_off_files()
    found = client.get(body["url"]).json()
    assert (found["state"], found["rows_failed"], len(found["errors"])) == ("failed", 25, 20)
    assert found["errors"][0]["row"] == 2
    listed = client.get(found["errors_url"])
    assert listed["Content-Type"] == "text/csv; charset=utf-8"
    lines = b"".join(listed.streaming_content).decode().splitlines()
    assert (len(lines), lines[0], lines[1].split(",")[:2]) == (26, "row,column,detail,kind", ["2", "label"])


def test_a_waiting_import_is_cancelled_once(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    address = send(client, cast, TABLE).json()["url"]
    assert client.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert problem(client.post(f"{address}/cancel")) == (409, "conflict")
    assert (work_off_files(), keys()) == (False, ["t1", "t2"])


def test_another_projects_import_does_not_exist(cast: Cast) -> None:
    address = send(as_user(cast, cast.manager), cast, TABLE).json()["url"]
    for user in (cast.stranger, cast.worker.user, cast.finance):
        client = as_user(cast, user)
        found = [client.get(address), client.get(f"{address}/errors"), client.post(f"{address}/cancel")]
        assert [response.status_code for response in found] == [404] * 3


def test_the_list_is_newest_first_with_as_many_queries_for_three_as_for_one(cast: Cast) -> None:
    client = as_user(cast, cast.manager)
    counted = []
    for n in (1, 3):
        while Import.objects.count() < n:
            send(client, cast, TABLE)
        with CaptureQueriesContext(connection) as caught:
            found = client.get(url(cast, "imports")).json()
        counted.append(len(caught))
        ids = [str(uid) for uid in Import.objects.order_by("-id").values_list("uid", flat=True)]
        assert [row["id"] for row in found["results"]] == ids
    assert counted[0] == counted[1]


def test_label_studio_json_comes_as_it_is(cast: Cast) -> None:
    tasks = [{"id": 5, "data": {"text": "x"}}]
    client = as_user(cast, cast.manager)
    body = client.post(url(cast, "imports"), json.dumps(tasks), content_type="application/json").json()
    work_off_files()
    assert client.get(body["url"]).json()["format"] == "label_studio"
    assert keys() == ["t1", "t2", "5"]


FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="tasks.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n" + TABLE + b"\r\n--edge--\r\n"
)


@pytest.mark.parametrize(
    ("content", "content_type"), [(TABLE, "text/csv"), (FORM, "multipart/form-data; boundary=edge")]
)
def test_an_upload_that_broke_off_imports_nothing_and_leaves_its_key_for_the_whole_file(
    cast: Cast, content: bytes, content_type: str
) -> None:
    client = as_user(cast, cast.manager)

    def send_part(part: bytes) -> Any:
        declared: dict[str, Any] = {"wsgi.input": io.BytesIO(part), "CONTENT_LENGTH": str(len(content))}
        options: dict[str, Any] = {"content_type": content_type, "HTTP_IDEMPOTENCY_KEY": "k", **declared}
        return client.generic("POST", url(cast, "imports"), b"-", **options)

    # For the form: in the middle of the file's second row.
    end = content.index(b"b,y")
    status, code = problem(send_part(content[:end]))
    assert (status, code) == (400, "parse_error")
    assert (Import.objects.count(), StoredFile.objects.count()) == (0, 0)
    assert send_part(content).status_code == 202
    work_off_files()
    assert keys() == ["t1", "t2", "a", "b"]
