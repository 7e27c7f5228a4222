"""The pay statement as page, as PDF: the worker's own entries, ready to print, nothing inline."""

from __future__ import annotations

import io
import re
import sys

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.services.pay_review import reject_answer
from web.account import statement_pdf as written

pytestmark = pytest.mark.django_db


def page(cast: Cast, n: int = 0, query: str = "") -> tuple[int, str]:
    client = Client()
    client.force_login(cast.workers[n].user)
    response = client.get(reverse("own-statement") + query)
    return response.status_code, response.content.decode()


def test_a_worker_sees_each_entry_with_what_is_behind_it_and_nobody_elses(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="<b>random", evidence={"n": 41}
    )
    status, text = page(cast)
    assert status == 200
    assert text.count(str(answer.uid)) == 2
    assert "&lt;b&gt;random" in text
    assert "<b>random" not in text
    assert "style=" not in text
    assert str(answer.uid) not in page(cast, 1)[1]


def test_a_period_that_is_none_is_refused(cast: Cast) -> None:
    assert page(cast, query="?since=2026-01-01&until=never")[0] == 400
    status, text = page(cast, query="?since=2020-01-01&until=2020-02-01")
    assert (status, "Closing balance" in text) == (200, False)


def test_nobody_sees_it_without_logging_in(client: Client) -> None:
    assert client.get(reverse("own-statement")).status_code == 302


def pdf_of(cast: Cast) -> str:
    client = Client()
    client.force_login(cast.worker.user)
    response = client.get(reverse("own-statement-pdf") + "?since=2020-01-01&until=2100-01-01")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response.content.startswith(b"%PDF")
    pages = pytest.importorskip("pypdf").PdfReader(io.BytesIO(response.content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("has_font", [True, False])
def test_the_pdf_holds_each_entry_and_the_head_of_the_chain_and_says_what_it_cannot_show(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, has_font: bool
) -> None:
    pytest.importorskip("reportlab")
    if not has_font:
        monkeypatch.setattr(written, "FONTS", ())
    answer = cast.answer(cast.worker).answer
    assert "Lettersthat" not in pdf_of(cast)
    # Longer than a page, and in letters that no font here can set.
    reason = "<b>random " + "x" * 900 + " 漢字 שלום"
    evidence = {"text": "long " * 3000}
    reject_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason=reason, evidence=evidence)
    text = pdf_of(cast)
    assert text.count(str(answer.uid)) == 2
    assert str(cast.worker.uid) in text
    assert "<b>random" in text
    assert text.count("long") == 6000
    assert "Lettersthatthisfilecannotshow" in text
    assert len(re.findall("Lasthashofthechain:[0-9a-f]{64}", text)) == 1


def test_what_a_pdf_does_not_list_is_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("reportlab")
    monkeypatch.setattr(written, "MAX_ENTRIES", 1)
    answer = cast.answer(cast.worker).answer
    reject_answer(project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="no", evidence={"n": 41})
    text = pdf_of(cast)
    assert "Entriesnotlistedhere:1;" in text
    assert text.count(str(answer.uid)) == 1
    assert "Closingbalance" in text


def test_without_the_library_the_page_has_no_link_and_the_address_says_why(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "reportlab", None)
    client = Client()
    client.force_login(cast.worker.user)
    assert "statement.pdf" not in page(cast)[1]
    response = client.get(reverse("own-statement-pdf"))
    assert response.status_code == 404
    assert response.content.decode().startswith("This server cannot write PDF")


def test_a_pdf_of_no_period_is_refused_and_of_nobody_sent_to_log_in(cast: Cast, client: Client) -> None:
    pytest.importorskip("reportlab")
    assert client.get(reverse("own-statement-pdf")).status_code == 302
    client.force_login(cast.worker.user)
    assert client.get(reverse("own-statement-pdf") + "?since=never").status_code == 400
    assert "statement.pdf?since=" in page(cast)[1]
