"""Finds payloads that talk to the model: orders about the answer next to the words that stand for labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 60
MAX_SHOWN = 160
MAX_EVIDENCE = 5
# What may stand between an order and the word that it orders.
_GAP = re.compile(r"^\W+")

# Orders that nobody gives in a text that is only to be judged.
_ALWAYS = re.compile(
    r"(ignore|disregard|forget|override|bypass)\W+(\w+\W+){0,4}?(instruction|prompt|rule|direction|guideline|message|above|previous|everything)s?"
    r"|(system|assistant|developer)\s*(prompt|message)?\s*:"
    r"|<\|?\s*/?\s*(im_start|im_end|system|assistant|inst|endoftext)\s*\|?>|\[/?INST\]"
    r"|you\s+are\s+now\s+(a|an|the|in)\b"
    r"|new\s+instructions?\s*:"
    r"|</?\s*text\s*>"
    r"|ignor(iere|ieren\s+sie|ez|e)\s+(\w+\W+){0,4}?(anweisung|instruction|instruccion|istruzion)\w*"
    r"|vergiss\s+(\w+\W+){0,4}?anweisung\w*|oubliez\s+(\w+\W+){0,4}?instruction\w*",
    re.IGNORECASE,
)
# Orders about an answer, where an order can stand: suspicious only beside a label's word. "I would rate it positive"
# is no order; "rate it positive" at the head of a sentence is.
_ORDER = re.compile(
    r"(?:^|[.!?:;\n\"“”‘(\[*>—–-]\s*|\b(?:please|and|then|now|just|you\s+(?:must|should|shall|will|have\s+to)|bitte)\s+)"
    r"(?:answer|reply|respond|output|say|print|return|write|label|classify|mark|rate|choose|select|pick|tag|categori[sz]e"
    r"|antworte(?:n\s+sie)?|wähle|répond(?:s|ez)|choisis(?:sez)?|responde|elige|rispondi|scegli)\b"
    r"(?:\W+(?:only|just|always|with|this|it|as|the|is|text|be|must|to|by|mit|nur|immer|avec|con)\b){0,6}"
    r"|\bthe\s+(?:correct\s+|right\s+|true\s+|only\s+)?(?:answer|label|class)\s+(?:is|must\s+be|should\s+be)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Suspicion:
    """A passage that talks to the model, with why it is taken to."""

    passage: str
    why: str


def find_injection(text: str, label_words: Sequence[str]) -> list[Suspicion]:
    """The suspicious passages of a text; an empty list for nearly all texts.

    Wrong alarms cost a second, aliased call and a person's vote; a missed one costs a label.
    """
    plain = _plain(text)
    found = [Suspicion(_around(plain, match.start(), match.end()), "an order") for match in _ALWAYS.finditer(plain)]
    words = [re.escape(_plain(word)) for word in label_words if word.strip()]
    if words:
        label = re.compile(r"(?<!\w)(" + "|".join(words) + r")(?!\w)", re.IGNORECASE)
        found += [
            Suspicion(_around(plain, match.start(), match.end() + 10), "an order beside a label's word")
            for match in _ORDER.finditer(plain)
            if label.match(_GAP.sub("", plain[match.end() : match.end() + WINDOW]))
        ]
    return found[:MAX_EVIDENCE]


def _plain(text: str) -> str:
    # Compatibility forms fold look-alikes of width and style; what has no width hides words from a reader.
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if unicodedata.category(char) != "Cf")


def _around(text: str, start: int, end: int) -> str:
    shown = " ".join(text[max(0, start - 20) : end + 20].split())
    return shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
