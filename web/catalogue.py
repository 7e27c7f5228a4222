"""Keeps the catalogues of translations in locale/: `python -m web.catalogue update | compile`.

Needs no gettext binaries: Django turns templates into calls, Babel reads calls and writes catalogues.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# What these refuse, workers read: the words of their refusals are texts of the pages.
REFUSING = (
    *("answers", "appeals", "assignments", "payees", "tasks", "training", "trust_appeals", "consents", "joining"),
    *("erasure", "sign_up", "profiles"),
)
REFUSALS = (
    "AlreadySubmitted",
    "AppealExists",
    "Conflict",
    "FieldProblem",
    "InvalidInput",
    "NotEligible",
    "StaleLease",
    "WorkerSuspended",
)
# A date that never moves: a catalogue differs only where its texts do.
DATE = datetime(2026, 1, 1, tzinfo=UTC)
Message = tuple[str | tuple[str, ...], str | None]


def collect() -> Catalog:
    """Every text that pages may show, with the files that hold it."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted([*(ROOT / "web/templates").rglob("*.html"), *(ROOT / "web/templates").rglob("*.txt")]):
        _add(catalog, path, _of_template(path))
    for folder in ("web", "crowd"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                _add(catalog, path, _calls(path.read_text(), KEYWORDS))
    for path in sorted((ROOT / "crowd/services").glob("*.py")):
        if path.stem in REFUSING:
            _add(catalog, path, _calls(path.read_text(), dict.fromkeys(REFUSALS, None) | {"FieldProblem": (2,)}))
    for text in _enum_names():
        catalog.add(text, locations=[("crowd/enums.py", 0)])
    return catalog


def update(language: str) -> Catalog:
    """The catalogue of a language with today's texts: new ones are empty, old ones are gone; nothing is guessed."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    catalog.update(collect(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = "# The texts of Assay's pages. `python -m web.catalogue update` collects them."
    catalog.project, catalog.version, catalog.fuzzy = "Assay", "1", False
    catalog.creation_date = catalog.revision_date = DATE
    catalog.msgid_bugs_address, catalog.last_translator, catalog.language_team = "", "", language
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, omit_header=False, sort_output=True, include_lineno=False)
    return catalog


def compile_all() -> None:
    """The .mo beside each .po, where it is missing or older."""
    for po in LOCALE.glob("*/LC_MESSAGES/django.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        catalog = read_po(io.BytesIO(po.read_bytes()), locale=po.parent.parent.name)
        # Written aside and moved: processes that start at the same time read a whole file.
        aside = mo.with_suffix(f".{os.getpid()}")
        with aside.open("wb") as file:
            write_mo(file, catalog)
        aside.replace(mo)


def _of_template(path: Path) -> Iterator[Message]:
    # What is no text becomes a run of X; leading blanks would be indentation to the reader of Python.
    calls = "\n".join(line.lstrip() for line in templatize(path.read_text(), str(path)).splitlines())
    return _calls(calls, KEYWORDS)


def _calls(source: str, keywords: Mapping[str, Any]) -> Iterator[Message]:
    # Babel complains of words with figures in them, which `web.refusals` shows as they are.
    with contextlib.redirect_stderr(io.StringIO()):
        found = list(extract("python", io.BytesIO(source.encode()), keywords=keywords))
    for _, message, _, context in found:
        yield tuple(part for part in message if part) if isinstance(message, tuple) else message, context


def _enum_names() -> list[str]:
    """The names that Django makes of a closed list's values: pages show them through gettext as well."""
    tree = ast.parse((ROOT / "crowd/enums.py").read_text())
    names = set()
    for node in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        for line in node.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                names.add(line.targets[0].id.replace("_", " ").title())
    return sorted(names)


def _add(catalog: Catalog, path: Path, messages: Iterator[Message]) -> None:
    for text, context in messages:
        if text:
            catalog.add(text, locations=[(str(path.relative_to(ROOT)), 0)], context=context)


if __name__ == "__main__":
    if not settings.configured:
        settings.configure(USE_I18N=True)
    match sys.argv[1:]:
        case ["compile"]:
            compile_all()
        case ["update", *languages]:
            for language in languages or ["de"]:
                catalog = update(language)
                missing = sum(1 for message in catalog if message.id and not message.string)
                sys.stdout.write(f"{language}: {len(catalog)} texts, {missing} without a translation\n")
            compile_all()
        case _:
            sys.exit("say update or compile")
