"""Appeals against restrictions and suspensions: the worker's, and their judgement."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.pay import AppealDecisionInput, GroundsInput
from api.serializers.pay_bodies import AppealOutput, appeal_body
from api.views.base import AssayView, PostView
from crowd.enums import TrustLevel
from crowd.models import TrustAppeal
from crowd.queries.trust_appeals import open_trust_appeals
from crowd.services.idempotency import Outcome
from crowd.services.trust_appeals import appeal_change, decide_trust_appeal

APPEALS = 100


class TrustCaseOutput(AppealOutput):
    """An appeal for its judge: the decision, its grounds and the worker's words, without any name."""

    change = serializers.UUIDField()
    from_level = serializers.ChoiceField(TrustLevel.choices)
    to_level = serializers.ChoiceField(TrustLevel.choices)
    rule = serializers.CharField()
    change_reason = serializers.CharField()
    evidence = serializers.DictField()


def trust_case_body(row: TrustAppeal) -> dict[str, Any]:
    """An appeal, for its judge."""
    change = row.change
    return appeal_body(row) | {
        "change": str(change.uid),
        "from_level": change.from_level,
        "to_level": change.to_level,
        "rule": change.rule,
        "change_reason": change.reason,
        "evidence": change.evidence,
    }


class OwnTrustAppealView(PostView):
    """An appeal against a restriction or a suspension."""

    input_serializer = GroundsInput
    replies = {"POST": {201: AppealOutput}}

    def act(self, request: Request, *, decision: uuid.UUID, **kwargs: Any) -> Outcome:
        """Contest a decision about oneself; a second person decides, or silence does."""
        reason = self.parsed(request)["reason"]
        row = appeal_change(worker=self.worker(request), change_uid=decision, reason=reason)
        return Outcome(201, appeal_body(row))


class TrustAppealsView(AssayView):
    """The appeals against restrictions and suspensions that wait."""

    replies = {"GET": {200: list_of(TrustCaseOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The first hundred that the caller may judge, due first, without names."""
        row = self.project(request, project)
        return Response(
            {"results": [trust_case_body(one) for one in open_trust_appeals(row, self.user(request))[:APPEALS]]}
        )


class DecideTrustAppealView(PostView):
    """A judgement of an appeal against a restriction or a suspension."""

    input_serializer = AppealDecisionInput
    replies = {"POST": {200: AppealOutput}}

    def act(self, request: Request, *, project: uuid.UUID, appeal: uuid.UUID, **kwargs: Any) -> Outcome:
        """Grant it, which overturns the decision and puts right what followed, or deny it."""
        row, body = self.project(request, project), self.parsed(request)
        decided = decide_trust_appeal(project=row, appeal_uid=appeal, judge=self.user(request), **body)
        return Outcome(200, appeal_body(decided))
