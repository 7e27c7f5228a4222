"""Keeps prompts, their versions and the pools of examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Example, ExamplePool, Gold, Project, PromptTemplate, PromptVersion, User
from crowd.raters.templates import check_template, shows_payload
from crowd.raters.verdicts import hash_payload

MAX_EXAMPLES = 1_000
MAX_WORD_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class PromptText:
    """What a version of a prompt says; ``words``: the word that stands for a label, by its value."""

    user: str
    system: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NewExample:
    """A payload with the label that belongs beside it."""

    payload: dict[str, Any]
    label: str


def add_prompt_version(*, project: Project, name: str, text: PromptText, actor: User) -> PromptVersion:
    """Keep the next version of the prompt of that name, the first one where there is none. Raises InvalidInput."""
    problems = check_template(text.system, "/system") + check_template(text.user, "/user")
    if not shows_payload(text.user):
        problems.append(FieldProblem("/user", "must show the payload: write {{ payload.text }} or another field"))
    if shows_payload(text.system):
        problems.append(FieldProblem("/system", "the payload is data: it belongs into the user's part"))
    values = project.label_values
    problems += [FieldProblem(f"/words/{value}", "is no label") for value in text.words if value not in values]
    words = [text.words.get(value, value) for value in values]
    problems += [
        FieldProblem(f"/words/{value}", f"1 to {MAX_WORD_LENGTH} characters, without quotes or line breaks")
        for value, word in zip(values, words, strict=True)
        if not word.strip() or word != word.strip() or len(word) > MAX_WORD_LENGTH or set(word) & set('"\\\r\n')
    ]
    if len({word.lower() for word in words}) < len(words):
        problems.append(FieldProblem("/words", "two labels have the same word"))
    if not name.strip():
        problems.append(FieldProblem("/name", "is missing"))
    if problems:
        raise InvalidInput("the prompt cannot be kept; nothing was changed", problems=tuple(problems))
    try:
        with transaction.atomic():
            template, _ = PromptTemplate.objects.select_for_update().get_or_create(project=project, name=name.strip())
            newest = template.versions.order_by("-version").first()
            return PromptVersion.objects.create(
                template=template,
                version=1 if newest is None else newest.version + 1,
                system=text.system,
                user=text.user,
                words=dict(text.words),
                created_by=actor,
                created_at=timezone.now(),
            )
    except IntegrityError as error:
        raise Conflict("somebody else kept a version at the same moment; look at it and try again") from error


def add_examples(*, project: Project, pool: str, examples: Sequence[NewExample], actor: User) -> ExamplePool:
    """Add examples to the pool of that name, all or none; the pool is made where there is none.

    Raises InvalidInput, also where a payload is a gold's: the database would refuse it all the same.
    """
    values = project.label_values
    problems = [
        FieldProblem(f"/examples/{i}/label", f"{example.label!r} is no label")
        for i, example in enumerate(examples)
        if example.label not in values
    ]
    if not pool.strip():
        problems.append(FieldProblem("/pool", "is missing"))
    if not 0 < len(examples) <= MAX_EXAMPLES:
        problems.append(FieldProblem("/examples", f"1 to {MAX_EXAMPLES}"))
    golds = {hash_payload(gold.task.payload) for gold in Gold.objects.filter(project=project).select_related("task")}
    hashes = [hash_payload(example.payload) for example in examples]
    problems += [
        FieldProblem(f"/examples/{i}/payload", "is a gold's: what a model is shown cannot test it")
        for i, found in enumerate(hashes)
        if found in golds
    ]
    problems += [
        FieldProblem(f"/examples/{i}/payload", "stands twice in the list")
        for i, found in enumerate(hashes)
        if found in hashes[:i]
    ]
    if problems:
        raise InvalidInput("the examples cannot be added; nothing was changed", problems=tuple(problems))
    now = timezone.now()
    try:
        with transaction.atomic():
            row, _ = ExamplePool.objects.get_or_create(project=project, name=pool.strip())
            for example, found in zip(examples, hashes, strict=True):
                Example.objects.create(
                    pool=row,
                    project=project,
                    payload=example.payload,
                    payload_hash=found,
                    label_index=values.index(example.label),
                    created_by=actor,
                    created_at=now,
                )
            return row
    except IntegrityError as error:
        raise Conflict("an example is in the pool already, or is a gold's; nothing was added") from error


def delete_example(*, project: Project, example_uid: Any) -> None:
    """Take an example out of its pool. Raises NotFound, Conflict when a rater shows it."""
    row = Example.objects.filter(project=project, uid=example_uid).first()
    if row is None:
        raise NotFound("there is no such example in this project")
    try:
        row.delete()
    except ProtectedError as error:
        raise Conflict("a rater shows this example; its votes would no longer say what it was asked") from error
