"""Finds what looks like personal data in texts: addresses, numbers of phones, cards, accounts and persons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from schwifty import IBAN

MASK = "[{}]"
# What is searched of one text: nobody's e-mail stands behind a hundred thousand characters only.
MAX_CHARACTERS = 100_000


@dataclass(frozen=True)
class Finding:
    """A stretch of a text and what it looks like."""

    kind: str
    start: int
    end: int


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(text: str) -> bool:
    """A number of 13 to 19 digits that begins as payment cards do and has its check digit."""
    digits = _digits(text)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and is_luhn(digits)


def is_iban(text: str) -> bool:
    """An account number with the country's length and its two check digits (ISO 13616)."""
    return IBAN(text.replace(" ", ""), allow_invalid=True).is_valid


def is_social_security(text: str) -> bool:
    """A US number that can have been given: never area 000, 666 or 900 and above, group 00, serial 0000."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_tax_id(text: str) -> bool:
    """A German one: eleven digits, ISO 7064 mod 11,10; of the first ten exactly one occurs two or three times."""
    digits = _digits(text)
    if len(digits) != 11 or digits[0] == "0":
        return False
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if counts[-1] not in (2, 3) or (len(counts) > 1 and counts[-2] > 1):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_phone(text: str) -> bool:
    """A number of 8 to 15 digits, the most that there are (E.164), written as phone numbers are."""
    return 8 <= len(_digits(text)) <= 15 and len(set(_digits(text))) > 2


def _always(text: str) -> bool:  # noqa: ARG001
    return True


# Any number that counts here has seven digits with little between them: most texts need no further look.
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")

# In the order of what is surer; a stretch is taken once.
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "email",
        re.compile(
            r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])"
        ),
        _always,
    ),
    (
        "iban",
        re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"),
        is_iban,
    ),
    ("card", re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-]|[.,]\d)"), is_card),
    ("us_ssn", re.compile(r"(?<![\d-])\d{3}([- ])\d{2}\1\d{4}(?![\d-])"), is_social_security),
    ("de_tax_id", re.compile(r"(?<![\d.,-])[1-9]\d(?: ?\d{3}){3}(?![\d-]|[.,]\d)"), is_tax_id),
    # With a plus and a country, in brackets, or with a leading zero and a break: a bare number is rather a quantity.
    (
        "phone",
        re.compile(
            r"(?<![\w.+/-])(?<!\d[ (])(?:\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,5}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}"
            r"|\(\d{2,5}\)[ ./-]?\d(?:[ ./-]?\d){4,9}"
            r"|0[1-9]\d{0,3}[ /-]\d(?:[ -]?\d){4,9}"
            r"|[2-9]\d{2}-\d{3}-\d{4})(?![\w-]|[.,]\d)"
        ),
        is_phone,
    ),
)


def find_personal_data(text: str) -> list[Finding]:
    """What is found in one text, in its order; stretches do not overlap."""
    found: list[Finding] = []
    searched = text[:MAX_CHARACTERS]
    has_digits = _MANY_DIGITS.search(searched) is not None
    for kind, pattern, is_right in _KINDS:
        if not ("@" in searched if kind == "email" else has_digits):
            continue
        for match in pattern.finditer(searched):
            start, end = match.span()
            is_taken = any(start < other.end and other.start < end for other in found)
            if not is_taken and is_right(match[0]):
                found.append(Finding(kind, start, end))
    return sorted(found, key=lambda one: one.start)


def mask_personal_data(text: str) -> str:
    """The text with a word such as [email] in place of each finding."""
    for one in reversed(find_personal_data(text)):
        text = text[: one.start] + MASK.format(one.kind) + text[one.end :]
    return text


def personal_data_in(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every finding within a JSON value, as (where, kind); ``where`` names the entries that lead to it."""
    if isinstance(value, str):
        for one in find_personal_data(value):
            yield where, one.kind
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from personal_data_in(inner, f"{where}.{name}" if where else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from personal_data_in(inner, f"{where}[{place}]")


def masked(value: Any) -> Any:
    """A JSON value with all of its texts masked; the names of entries stay."""
    if isinstance(value, str):
        return mask_personal_data(value)
    if isinstance(value, dict):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value
