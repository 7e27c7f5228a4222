"""What payloads bring along is shown without being able to act: cleaned markup, media from named sources only."""

from __future__ import annotations

import pytest
from cast import Cast
from django.test import Client
from django.urls import reverse

from crowd.models import Task
from web.worker.markup import clean_html
from web.worker.payload import Part, shown


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p>Fur <b>and</b> fins</p>", "<p>Fur <b>and</b> fins</p>"),
        ("<script>alert(1)</script>ok", "ok"),
        ("<style>p{display:none}</style>ok", "ok"),
        ('<p style="position:fixed" class="top" id="main" onclick="x()">a</p>', "<p>a</p>"),
        ('<form action="/log-out/"><input name="a"><button>b</button></form>', "b"),
        ('<iframe src="https://evil.example"></iframe><object></object>', ""),
        ('<svg><script>alert(1)</script><a href="x">t</a></svg>', ""),
        ('<img src="javascript:alert(1)" onerror="x()" alt="a">', '<img alt="a">'),
        (
            '<a href="https://example.org/" target="_top" rel="opener">a</a>',
            '<a href="https://example.org/" target="_blank" rel="noopener noreferrer nofollow">a</a>',
        ),
        ('<a href="data:text/html,x">a</a>', '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'),
    ],
)
def test_markup_loses_what_could_act(markup: str, left: str) -> None:
    assert clean_html(markup).replace('"noopener noreferrer nofollow" target="_blank"', "") == left


def show(cast: Cast, client: Client, payload: dict[str, object]):
    Task.objects.all().update(payload=payload)
    client.post(reverse("work-claim", args=[cast.project.uid]))
    return client.get(reverse("work", args=[cast.project.uid]))


def directives(policy: str) -> dict[str, set[str]]:
    return {name: set(sources) for name, *sources in (part.split() for part in policy.split(";"))}


def test_pages_that_show_tasks_let_media_in_and_nothing_more(cast: Cast, worker_client: Client) -> None:
    task = directives(show(cast, worker_client, {"image": "https://example.org/a.png"})["Content-Security-Policy"])
    home = directives(worker_client.get(reverse("home"))["Content-Security-Policy"])
    assert task["img-src"] - home["img-src"] == {"https:"}
    assert task["media-src"] == {"'self'", "data:", "https:"}
    assert {name: sources for name, sources in task.items() if name not in ("img-src", "media-src")} == {
        name: sources for name, sources in home.items() if name != "img-src"
    }


def test_an_operator_names_the_hosts_of_media(cast: Cast, worker_client: Client, settings) -> None:
    settings.MEDIA_SOURCES = ["https://media.example.org"]
    policy = directives(show(cast, worker_client, {"video": "/a.mp4"})["Content-Security-Policy"])
    assert policy["img-src"] == {"'self'", "data:", "https://media.example.org"}
    assert policy["media-src"] == {"'self'", "data:", "https://media.example.org"}


@pytest.mark.parametrize(
    ("address", "is_drawn"),
    [
        ("/media/a.ogg", True),
        ("media/a.ogg", True),
        ("https://example.org/a.ogg", False),
        ("//example.org/a.ogg", False),
        ("/\\example.org/a.ogg", False),
        ("data:audio/wav;base64,AAAA", False),
    ],
)
def test_the_wave_is_drawn_for_sounds_of_this_site_only(address: str, is_drawn: bool) -> None:
    assert shown({"audio": address}).has_wave is is_drawn


def test_the_script_for_sounds_is_loaded_only_where_there_is_one(cast: Cast, worker_client: Client) -> None:
    without = show(cast, worker_client, {"text": "words"})
    sounding = show(cast, worker_client, {"audio": "/media/a.ogg"})
    assert b"audio.js" not in without.content
    assert b'name="csp-nonce"' not in without.content
    assert b"'nonce-" not in without["Content-Security-Policy"].encode()
    assert b"audio.js" in sounding.content
    assert "'nonce-" in sounding["Content-Security-Policy"]


def test_parts_stand_in_the_order_of_reading_with_their_language() -> None:
    view = shown({"video": "/v.mp4", "image": " /i.png ", "alt": "A cat", "prompt": "What?", "text": "t", "lang": "de"})
    assert view.parts == [
        Part("prompt", "What?", "de"),
        Part("text", "t", "de"),
        Part("image", "/i.png", "de", "A cat"),
        Part("video", "/v.mp4", "de", "A cat"),
    ]
    assert view.others == []
