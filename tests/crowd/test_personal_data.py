"""The screen finds personal data with valid check digits, and lets ordinary numbers be."""

from __future__ import annotations

import time

import pytest

from crowd.policies.personal_data import find_personal_data, masked, personal_data_in


def kinds(text: str) -> list[str]:
    return [one.kind for one in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("write to olga.b+x@mail.example.org.", "email", "olga.b+x@mail.example.org"),
        ("<Sam@Example.COM>", "email", "Sam@Example.COM"),
        ("card 4111 1111 1111 1111, thanks", "card", "4111 1111 1111 1111"),
        ("5500-0000-0000-0004", "card", "5500-0000-0000-0004"),
        ("378282246310005", "card", "378282246310005"),
        ("pay DE89 3704 0044 0532 0130 00 now", "iban", "DE89 3704 0044 0532 0130 00"),
        ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
        ("SSN 078-05-1120", "us_ssn", "078-05-1120"),
        ("IdNr 86095742719", "de_tax_id", "86095742719"),
        ("IdNr 86 095 742 719", "de_tax_id", "86 095 742 719"),
        ("call +49 30 1234567", "phone", "+49 30 1234567"),
        ("tel +1 (415) 555-2671", "phone", "+1 (415) 555-2671"),
        ("(030) 901820", "phone", "(030) 901820"),
        ("030/901 820 44", "phone", "030/901 820 44"),
        ("415-555-2671", "phone", "415-555-2671"),
    ],
)
def test_is_found(text: str, kind: str, found: str) -> None:
    [one] = find_personal_data(text)
    assert (one.kind, text[one.start : one.end]) == (kind, found)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # no check digit
        "1234567890123",
        "order 20240131123456789",
        "DE88 3704 0044 0532 0130 00",
        "666-12-3456",
        "000-12-3456",
        "123-00-4567",
        "86095742718",
        "12345678901",
        "2024-01-31 12:30:00",
        "31.01.2024",
        "3.14159265358979",
        "1,000,000.00",
        "1 000 000",
        "ISBN 978-3-16-148410-0",
        "127.0.0.1 and 192.168.100.200",
        "a@b and @handle and me@localhost",
        "550e8400-e29b-41d4-a716-446655440000",
        "0000000000000000",
        "https://example.org/2024/05/12345678",
        "the years 1999-2004",
    ],
)
def test_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_several_are_found_once_each_in_their_order() -> None:
    assert kinds("078-05-1120, a@b.org, +49 30 1234567 and 4111111111111111") == ["us_ssn", "email", "phone", "card"]


def test_values_are_searched_and_masked_to_their_depth() -> None:
    value = {"text": "mail a@b.org", "more": [{"n": 4111111111111111, "t": "078-05-1120!"}, None]}
    assert list(personal_data_in(value)) == [("text", "email"), ("more[0].t", "us_ssn")]
    assert masked(value) == {"text": "mail [email]", "more": [{"n": 4111111111111111, "t": "[us_ssn]!"}, None]}


@pytest.mark.parametrize("bait", ["1 " * 50_000, "a." * 50_000 + "@", "+1" * 50_000, "AA00" * 25_000, "0-" * 50_000])
def test_no_text_keeps_it_busy(bait: str) -> None:
    begun = time.process_time()
    find_personal_data(bait)
    assert time.process_time() - begun < 5  # a pattern that backtracks without end takes hours
