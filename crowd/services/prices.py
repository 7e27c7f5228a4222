"""Sets a project's price rule, quotes a claim's price by it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Assignment, Enrolment, PriceRule, Project, QuotedPrice, Requirements, Task, User
from crowd.policies.prices import Quote, check_price, missing_fields, quote
from crowd.policies.votes import pay_micros
from crowd.queries.prices import golds_without_a_field, newest_rule
from crowd.services.events import record_event


def set_price_rule(*, project: Project, body: dict[str, Any], actor: User) -> PriceRule:
    """Keep a rule: the next version, which quotes from now on; prices that were quoted stay.

    The same body again returns the version that has it. Raises InvalidInput naming each problem: also where golds
    lack a field by which real tasks are priced, since their price would show what they are.
    """
    check_body(body)
    with transaction.atomic():
        now = timezone.now()
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        newest = newest_rule(project)
        if newest is not None and newest.body == body:
            return newest
        lacking = list(islice(golds_without_a_field(project, body), 5))
        if lacking:
            raise InvalidInput(
                "golds lack a field that the price goes by, so their price would show what they are; nothing was set",
                problems=tuple(FieldProblem("/factors", f"gold {key}") for key in lacking),
            )
        rule = PriceRule.objects.create(
            project=project,
            version=1 if newest is None else newest.version + 1,
            body=body,
            created_by=actor,
            created_at=now,
        )
        Project.objects.filter(pk=project.pk).update(price_micros=body["base_micros"])
        project.price_micros = body["base_micros"]
        # Sends claims the careful way: the function of the hot path knows one price a project (decision record).
        Requirements.objects.get_or_create(project=project, defaults={"updated_at": now})
        record_event(
            kind=EventKind.PRICE_RULE_SET,
            project=project,
            actor=actor,
            subject=project.uid,
            detail={"version": rule.version, "body": body},
            at=now,
        )
        return rule


def check_body(body: dict[str, Any]) -> None:
    """Raise InvalidInput naming each problem with the body of a price rule."""
    problems = check_price(body)
    if problems:
        raise InvalidInput("the price rule has problems; nothing was set", problems=tuple(problems))


def gold_price_problems(*, project: Project, payloads: list[dict[str, Any]]) -> list[FieldProblem]:
    """What keeps new golds from being priced like real tasks."""
    rule = newest_rule(project)
    if rule is None:
        return []
    return [
        FieldProblem(f"/golds/{i}/payload/{name}", "the price goes by this field; without it the price shows a gold")
        for i, payload in enumerate(payloads)
        for name in missing_fields(rule.body, payload)
    ]


def quote_claim(*, enrolment: Enrolment, task: Task, kind: str) -> tuple[Quote, PriceRule | None]:
    """What this claim is worth, and by which rule; no query for a project that never had one."""
    project = enrolment.project
    rule = newest_rule(project) if getattr(project, "requirements", None) is not None else None
    if rule is None:
        return Quote(pay_micros(kind, project.price_micros)), None
    quoted = quote(rule.body, trust_level=enrolment.trust_level, payload=task.payload)
    return Quote(pay_micros(kind, quoted.amount_micros), quoted.factors), rule


def note_quote(*, assignment: Assignment, quoted: Quote, rule: PriceRule | None) -> None:
    """Write down how a claim's price came about, in the claim's transaction."""
    if rule is not None:
        QuotedPrice.objects.update_or_create(
            assignment=assignment,
            defaults={"rule": rule, "amount_micros": quoted.amount_micros, "factors": list(quoted.factors)},
        )
