"""Screens the rows of an import for personal data: says where it is, masks it or refuses the row, as was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.crypto import salted_hmac

from crowd.enums import PersonalDataRule
from crowd.formats.rows import FoundRow, RowProblem
from crowd.models import Import
from crowd.policies.personal_data import find_personal_data, mask_personal_data, masked, personal_data_in

WORDS = {
    "email": "an e-mail address",
    "iban": "a bank account's number",
    "card": "a payment card's number",
    "us_ssn": "a US social security number",
    "de_tax_id": "a German tax number",
    "phone": "a phone number",
}
ENDINGS = {PersonalDataRule.WARN: "it is kept as it is", PersonalDataRule.MASK: "it is masked"}
PSEUDONYM_DIGITS = 12


@dataclass
class Screened:
    """A chunk as it may be judged; what was found, as rows to warn of; how many rows held something."""

    rows: list[FoundRow | RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)
    rows_found: int = 0


def screen_rows(*, job: Import, rows: Sequence[FoundRow | RowProblem]) -> Screened:
    """Search every text of the rows; what was found is named by kind and place, never quoted."""
    screened = Screened()
    rule = PersonalDataRule(job.pii)
    for row in rows:
        if rule == PersonalDataRule.OFF or isinstance(row, RowProblem) or row.is_passed_over:
            screened.rows.append(row)
            continue
        found = list(dict.fromkeys(_found(row)))
        screened.rows_found += bool(found)
        if found and rule == PersonalDataRule.REFUSE:
            where, kind = found[0]
            screened.rows.append(RowProblem(row.number, f"it looks like {WORDS[kind]}; take it out of the file", where))
            continue
        if found and rule == PersonalDataRule.MASK:
            _mask(job, row)
        screened.rows.append(row)
        screened.warnings += [
            RowProblem(row.number, f"it looks like {WORDS[kind]}; {ENDINGS[rule]}", where) for where, kind in found
        ]
    return screened


def reported(job: Import, text: str) -> str:
    """A sentence of the report: it may quote the file, so what it quotes is masked."""
    return text if job.pii == PersonalDataRule.OFF else mask_personal_data(text)


def _texts(row: FoundRow) -> list[tuple[str, Any]]:
    answers = [("label", answer.value) for answer in row.answers]
    models = [("worker", answer.model) for answer in row.answers]
    names = [("worker", answer.worker) for answer in row.answers] + [("worker", name) for name, _ in row.skips]
    fixed = [("payload", row.payload), ("key", row.key), ("gold", row.gold), ("reason", row.reason)]
    return [*fixed, *answers, *names, *models]


def _found(row: FoundRow) -> list[tuple[str, str]]:
    return [pair for where, value in _texts(row) for pair in personal_data_in(value, where)]


def _mask(job: Import, row: FoundRow) -> None:
    row.payload, row.gold, row.reason = masked(row.payload), masked(row.gold), masked(row.reason)
    row.key = _renamed(job, row.key, "task")
    for answer in row.answers:
        answer.value, answer.model = masked(answer.value), masked(answer.model)
        answer.worker = _renamed(job, answer.worker, "worker")
    row.skips = [(_renamed(job, name, "worker"), kind) for name, kind in row.skips]


def _renamed(job: Import, name: str, noun: str) -> str:
    """The same name in every file of the project gets the same pseudonym, so that answers still find their task."""
    if not find_personal_data(name):
        return name
    digest = salted_hmac(f"assay.import.{noun}.{job.project_id}", name, algorithm="sha256").hexdigest()
    return f"{noun}-{digest[:PSEUDONYM_DIGITS]}"
