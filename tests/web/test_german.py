"""The German catalogue says everything that pages can say, with the same figures in it."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from web.catalogue import LOCALE, collect

PLACE = re.compile(r"%\(\w+\)[sd]|%%\w+%%|</?strong>")


@pytest.fixture(scope="module")
def german() -> Catalog:
    return read_po(io.BytesIO((LOCALE / "de/LC_MESSAGES/django.po").read_bytes()), locale="de")


def strings(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, tuple):
        return list(zip(message.id, message.string or ("", ""), strict=True))
    return [(message.id, message.string)]


def test_every_text_of_the_pages_is_in_the_catalogue(german: Catalog) -> None:
    assert [message.id for message in collect() if message.id and german.get(message.id, message.context) is None] == []


def test_every_text_is_translated(german: Catalog) -> None:
    missing = [m.id for m in german if m.id and not all(text for _, text in strings(m))]
    assert missing == []


def test_nothing_is_guessed(german: Catalog) -> None:
    assert [message.id for message in german if message.id and message.fuzzy] == []


def test_the_same_figures_stand_in_both(german: Catalog) -> None:
    wrong = [
        english
        for message in german
        if message.id
        for english, text in strings(message)
        if text and sorted(PLACE.findall(english)) != sorted(PLACE.findall(text))
    ]
    assert wrong == []
