"""Reads everything that is kept about one person, for that person: section by section, row by row, to be streamed.

Nothing here tells gold from real tasks: the standing is the one that the person's own page shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import F

from crowd.models import (
    ApiKey,
    Appeal,
    Assignment,
    Attempt,
    DeviceSighting,
    Enrolment,
    Event,
    Membership,
    PayReview,
    Qualification,
    Step,
    TrustAppeal,
    User,
    Worker,
)
from crowd.queries.consents import consents_of
from crowd.queries.payees import payee_of
from crowd.queries.standings import Standing, standings_of
from crowd.queries.statements import statement_of
from crowd.times import zulu, zulu_or_none

CHUNK = 2_000
Row = dict[str, Any]


def personal_record(user: User, worker: Worker, *, made_at: Any) -> Iterator[tuple[str, Iterator[Row]]]:
    """Each section's name with its rows; ``made_at`` is the time up to which money is reported."""
    yield "account", iter([_account(user, worker)])
    yield "consents", ({"version": one.text.version, "given_at": zulu(one.given_at)} for one in consents_of(user))
    yield "payee", iter(_payee(worker))
    yield "browsers", _rows(DeviceSighting.objects.filter(worker=worker), "first_seen_at", "last_seen_at")
    keys = ApiKey.objects.filter(user=user)
    yield "api_keys", _rows(keys, "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    yield "roles", _rows(Membership.objects.filter(user=user), "role", project=F("project__name"))
    enrolments = Enrolment.objects.filter(worker=worker)
    yield "enrolments", _rows(enrolments, "trust_level", "created_at", project=F("project__name"))
    yield (
        "assignments",
        _rows(
            Assignment.objects.filter(worker=worker),
            *("state", "claimed_at", "ended_at"),
            project=F("project__name"),
            task=F("task__key"),
            answer=F("answer__value"),
            answered_at=F("answer__created_at"),
        ),
    )
    yield "standings", (_standing(one) for one in standings_of(worker))
    yield (
        "trust_appeals",
        _rows(
            TrustAppeal.objects.filter(change__worker=worker),
            *("state", "reason", "opened_at", "answer_by", "decided_at", "decision"),
        ),
    )
    yield (
        "pay_reviews",
        _rows(PayReview.objects.filter(worker=worker), "state", "amount_micros", "reason", "evidence", "decided_at"),
    )
    yield (
        "pay_appeals",
        _rows(Appeal.objects.filter(review__worker=worker), "state", "reason", "opened_at", "decided_at", "decision"),
    )
    yield (
        "attempts",
        _rows(
            Attempt.objects.filter(worker=worker), "part", "state", "started_at", "ended_at", course=F("course__name")
        ),
    )
    yield "course_answers", _rows(Step.objects.filter(attempt__worker=worker), "shown_at", "answered_at", "value")
    yield (
        "qualifications",
        _rows(
            Qualification.objects.filter(worker=worker),
            "granted_at",
            "expires_at",
            "revoked_at",
            course=F("course__name"),
        ),
    )
    yield "events", _rows(Event.objects.filter(actor=user), "kind", "created_at", "detail")
    statement = statement_of(worker, start=worker.created_at, end=made_at, made_at=made_at)
    yield "statement", (dict(record) for record in statement)


def _account(user: User, worker: Worker) -> Row:
    return {
        "id": str(user.uid),
        "worker": str(worker.uid),
        "email": user.email,
        "name": user.name,
        "languages": [user.language, *user.languages],
        "pages_language": user.pages_language,
        "time_zone": user.time_zone,
        "has_single_keys": user.has_single_keys,
        "created_at": zulu(user.created_at),
        "last_login": zulu_or_none(user.last_login),
    }


def _payee(worker: Worker) -> list[Row]:
    payee = payee_of(worker)
    if payee is None:
        return []
    return [{"method": payee.method, "recipient": payee.recipient, "name": payee.name, "bic": payee.bic}]


def _standing(one: Standing) -> Row:
    skill = one.skill
    return {
        "project": one.project.name,
        "trust_level": one.enrolment.trust_level,
        "answered": one.answered,
        "counted": one.counted,
        "skill": None if skill is None else {"mean": skill.mean, "low": skill.low, "high": skill.high},
        "changes": [
            {
                "from": change.from_level,
                "to": change.to_level,
                "rule": change.rule,
                "reason": change.reason,
                "at": zulu(change.created_at),
            }
            for change in (decision.change for decision in one.changes)
        ],
    }


def _rows(rows: Any, *fields: str, **named: F) -> Iterator[Row]:
    # An expression may not be called as a column is: it gets its name here.
    found = rows.order_by("id").values(*fields, **{f"as_{name}": column for name, column in named.items()})
    for row in found.iterator(CHUNK):
        yield {
            name.removeprefix("as_"): zulu(value) if hasattr(value, "astimezone") else value
            for name, value in row.items()
        }
