"""Pages speak the language that the visitor chose, else what the browser asks for; the API speaks English."""

from __future__ import annotations

from cast import Cast
from django.test import Client
from django.urls import reverse


def heading(client: Client, **headers: str) -> str:
    page = client.get(reverse("log-in"), headers=headers).content.decode()
    assert f'<html lang="{"de" if "Anmelden</h1>" in page else "en"}"' in page
    return page.split("<h1>")[1].split("</h1>")[0]


def test_the_browser_says_which(db: None) -> None:
    assert heading(Client(), accept_language="de-AT,de;q=0.9,en;q=0.5") == "Anmelden"
    assert heading(Client(), accept_language="fr") == "Log in"


def test_a_choice_is_kept_and_leads_back(db: None) -> None:
    client = Client()
    reply = client.post(reverse("language"), {"language": "de", "next": "/log-in/?next=/me/"})
    assert (reply.status_code, reply["Location"]) == (302, "/log-in/?next=/me/")
    assert heading(client, accept_language="en") == "Anmelden"


def test_a_choice_leads_nowhere_else(db: None) -> None:
    assert Client().post(reverse("language"), {"language": "de", "next": "https://evil.example/"})["Location"] == "/"


def test_an_unknown_language_is_not_kept(db: None) -> None:
    assert "django_language" not in Client().post(reverse("language"), {"language": "tlh"}).cookies


def test_the_api_speaks_english_to_everybody(cast: Cast) -> None:
    reply = Client().get(reverse("api-projects"), headers={"accept-language": "de"})
    assert reply.json()["detail"] == "Authentication credentials were not provided."
