"""Labelling functions: declared ones (keywords, patterns, a lexicon, a look-up) and allowed Python callables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import regex

from crowd.enums import FailureReason
from crowd.errors import FieldProblem
from crowd.raters.verdicts import RatingFailed, Verdict, field_of, text_of

TYPES = ("keyword", "regex", "lexicon", "lookup", "callable")
PATTERN_SECONDS = 0.1
MAX_PATTERN_LENGTH = 1_000
MAX_ENTRIES = 50_000
_WORD = regex.compile(r"\w+(?:['’]\w+)*")

Rule = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class LabellingFunction:
    """A rule with the label set that it chooses from."""

    rule: Rule
    labels: tuple[str, ...]

    def rate(self, payload: Mapping[str, Any]) -> Verdict:
        """The rule's label, or an abstention where it has none. Raises RatingFailed."""
        try:
            label = self.rule(payload)
        except TimeoutError as error:
            raise RatingFailed(
                FailureReason.TIMEOUT, f"a pattern took longer than {PATTERN_SECONDS:g} s on this text"
            ) from error
        except Exception as error:  # whatever a manager's function raises is its failure on this task
            raise RatingFailed(FailureReason.FUNCTION_ERROR, f"{type(error).__name__}: {error}"[:500]) from error
        if label is None:
            return Verdict(None, "no_rule_applies")
        if label not in self.labels:
            raise RatingFailed(FailureReason.OUTSIDE_SCHEMA, f"it said {str(label)[:80]!r}, which is no label")
        return Verdict(self.labels.index(label))


def check_function(spec: Mapping[str, Any], *, labels: Sequence[str], allowed: Sequence[str]) -> list[FieldProblem]:
    """What is wrong with a function's description; an empty list when nothing is."""
    kind = spec.get("type")
    if kind not in TYPES:
        return [FieldProblem("/spec/type", f"one of {', '.join(TYPES)}")]
    if "field" in spec and not isinstance(spec["field"], str):
        return [FieldProblem("/spec/field", "a name such as text or product.title")]
    if kind == "callable":
        path = spec.get("path")
        known = ", ".join(sorted(allowed)) or "none at present"
        return [] if path in allowed else [FieldProblem("/spec/path", f"not among this server's functions ({known})")]
    if kind == "lookup":
        table = spec.get("table")
        if not isinstance(table, dict) or not 0 < len(table) <= MAX_ENTRIES or "field" not in spec:
            return [FieldProblem("/spec/table", "give a field, and a table from its values to labels")]
        return [
            FieldProblem(f"/spec/table/{value}", f"{label!r} is no label")
            for value, label in table.items()
            if label not in labels
        ]
    rules = spec.get("labels")
    if not isinstance(rules, dict) or not rules:
        return [FieldProblem("/spec/labels", "give something for at least one label")]
    problems = [FieldProblem(f"/spec/labels/{label}", "is no label") for label in rules if label not in labels]
    for label, found in rules.items():
        problems += _check_rule(str(kind), found, f"/spec/labels/{label}")
    margin = spec.get("margin", 0)
    if isinstance(margin, bool) or not isinstance(margin, int | float) or margin < 0:
        problems.append(FieldProblem("/spec/margin", "a number from 0"))
    return problems


def build_function(spec: Mapping[str, Any], *, labels: Sequence[str], allowed: Sequence[str]) -> LabellingFunction:
    """The function of a description that `check_function` finds nothing wrong with. Raises RatingFailed."""
    if spec["type"] == "callable":
        rule = load_callable(spec["path"], allowed)
    else:
        makers: dict[str, Callable[[Mapping[str, Any]], Rule]] = {
            "keyword": _keywords,
            "regex": _patterns,
            "lexicon": _lexicon,
            "lookup": _lookup,
        }
        rule = makers[spec["type"]](spec)
    return LabellingFunction(rule, tuple(labels))


def load_callable(path: str, allowed: Sequence[str]) -> Rule:
    """The callable behind a dotted path of the allow-list. Raises RatingFailed."""
    if path not in allowed:
        raise RatingFailed(FailureReason.FUNCTION_ERROR, f"{path} is not among this server's functions any more")
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RatingFailed(FailureReason.FUNCTION_ERROR, f"{path} cannot be imported: {error}") from error
    rule: Rule = found
    return rule


def _check_rule(kind: str, found: Any, pointer: str) -> list[FieldProblem]:
    if kind == "lexicon":
        is_weighted = isinstance(found, dict) and all(
            isinstance(weight, int | float) and not isinstance(weight, bool) for weight in found.values()
        )
        if not is_weighted or not 0 < len(found) <= MAX_ENTRIES:
            return [FieldProblem(pointer, "give words with their weights")]
        return []
    is_list = isinstance(found, list) and 0 < len(found) <= MAX_ENTRIES
    if not is_list or not all(isinstance(entry, str) and entry.strip() for entry in found):
        return [FieldProblem(pointer, "give a list of texts")]
    problems = []
    for i, entry in enumerate(found if kind == "regex" else []):
        if len(entry) > MAX_PATTERN_LENGTH:
            problems.append(FieldProblem(f"{pointer}/{i}", f"at most {MAX_PATTERN_LENGTH} characters"))
            continue
        try:
            regex.compile(entry)
        except regex.error as error:
            problems.append(FieldProblem(f"{pointer}/{i}", f"not a pattern: {error}"))
    return problems


def _text(spec: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    return text_of(field_of(payload, spec["field"]) if "field" in spec else payload)


def _winner(scores: Mapping[str, float], margin: float) -> str | None:
    """The label ahead of all others by more than the margin; None where nothing speaks, or two speak alike."""
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] <= 0:
        return None
    runner_up = max(0.0, ranked[1][1]) if len(ranked) > 1 else 0.0
    return ranked[0][0] if ranked[0][1] - runner_up > margin else None


def _keywords(spec: Mapping[str, Any]) -> Rule:
    patterns = {
        label: regex.compile(r"(?<!\w)(?:" + "|".join(regex.escape(word) for word in words) + r")(?!\w)", regex.I)
        for label, words in spec["labels"].items()
    }
    return lambda payload: _winner(
        {label: len(pattern.findall(_text(spec, payload))) for label, pattern in patterns.items()},
        spec.get("margin", 0),
    )


def _patterns(spec: Mapping[str, Any]) -> Rule:
    patterns = {label: [regex.compile(entry) for entry in found] for label, found in spec["labels"].items()}

    def rule(payload: Mapping[str, Any]) -> str | None:
        text = _text(spec, payload)
        # Time-bounded: a pattern that backtracks without end must not hold up everybody's votes.
        scores = {
            label: float(sum(pattern.search(text, timeout=PATTERN_SECONDS) is not None for pattern in found))
            for label, found in patterns.items()
        }
        return _winner(scores, spec.get("margin", 0))

    return rule


def _lexicon(spec: Mapping[str, Any]) -> Rule:
    weights = {
        label: {word.lower(): float(weight) for word, weight in words.items()}
        for label, words in spec["labels"].items()
    }

    def rule(payload: Mapping[str, Any]) -> str | None:
        words = [word.lower() for word in _WORD.findall(_text(spec, payload))]
        scores = {label: sum(known.get(word, 0.0) for word in words) for label, known in weights.items()}
        return _winner(scores, spec.get("margin", 0))

    return rule


def _lookup(spec: Mapping[str, Any]) -> Rule:
    def rule(payload: Mapping[str, Any]) -> str | None:
        value = field_of(payload, spec["field"])
        key = value if isinstance(value, str) else str(value)
        label: str | None = spec["table"].get(key)
        return label

    return rule
