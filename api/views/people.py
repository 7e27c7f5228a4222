"""Workers and members of a project: lists, blocks, qualifications, roles."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import BY_ID, PageInput, page_body
from api.serializers.control import (
    BlockInput,
    GrantInput,
    MemberInput,
    RoleInput,
    UnblockInput,
    WithdrawInput,
    WorkersQuery,
)
from api.serializers.control_bodies import enrolment_body, member_body, qualification_body
from api.serializers.control_outputs import EnrolmentOutput, MemberOutput, QualificationOutput
from api.serializers.lists import page_of
from api.serializers.project import NewWorkersOutput, WorkersInput
from api.serializers.reports import ChangeOutput, change_body
from api.views.base import AssayView, PostView, etag_of
from crowd.enums import Role, TrustLevel
from crowd.models import Membership, Project
from crowd.queries.listings import enrolments_in, member_of, members_of
from crowd.services.idempotency import Outcome
from crowd.services.members import change_member, remove_member, set_member
from crowd.services.qualifications import grant_qualification, revoke_qualification
from crowd.services.trust_terms import set_trust
from crowd.services.workers import add_workers


class WorkersView(PostView):
    """Workers of a project."""

    input_serializer = WorkersInput
    query_serializer = WorkersQuery
    replies = {"GET": {200: page_of(EnrolmentOutput)}, "POST": {201: NewWorkersOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of workers."""
        owner, asked = self.project(request, project), self.asked(request)
        rows = enrolments_in(owner, asked)
        return Response(page_body(rows, request, asked, enrolment_body, order=BY_ID[asked["ordering"]]))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add workers with an API key each; a repeated call gets them without the keys, which are not stored."""
        row = self.project(request, project)
        serializer = WorkersInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        added = add_workers(project=row, workers=serializer.rows(), actor=self.user(request))
        bodies = [
            {"id": str(new.worker.uid), "name": new.worker.name, "kind": new.worker.kind, "key": new.key}
            for new in added
        ]
        return Outcome(201, {"workers": bodies}, stored={"workers": [{**body, "key": None} for body in bodies]})


class BlockView(PostView):
    """Blocks a worker."""

    input_serializer = BlockInput
    replies = {"POST": {201: ChangeOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Suspend the worker on this project, with a reason that the worker is shown."""
        row, body = self.project(request, project), self.parsed(request)
        change = set_trust(project=row, worker_uid=worker, level=TrustLevel.SUSPENDED, actor=self.user(request), **body)
        return Outcome(201, change_body(change))


class UnblockView(PostView):
    """Unblocks a worker."""

    input_serializer = UnblockInput
    replies = {"POST": {201: ChangeOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let the worker begin anew."""
        row, body = self.project(request, project), self.parsed(request)
        change = set_trust(project=row, worker_uid=worker, level=TrustLevel.NEW, actor=self.user(request), **body)
        return Outcome(201, change_body(change))


class GrantView(PostView):
    """Grants a qualification."""

    input_serializer = GrantInput
    replies = {"POST": {201: QualificationOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let the worker pass for one who has passed the course."""
        row, body = self.project(request, project), self.parsed(request)
        held = grant_qualification(
            project=row, worker_uid=worker, course_uid=body.pop("course"), actor=self.user(request), **body
        )
        return Outcome(201, qualification_body(held))


class RevokeView(PostView):
    """Revokes a qualification."""

    input_serializer = WithdrawInput
    replies = {"POST": {200: QualificationOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """End it now."""
        row, body = self.project(request, project), self.parsed(request)
        held = revoke_qualification(
            project=row, worker_uid=worker, course_uid=body.pop("course"), actor=self.user(request), **body
        )
        return Outcome(200, qualification_body(held))


class MembersView(PostView):
    """Who runs a project."""

    input_serializer = MemberInput
    query_serializer = PageInput
    replies = {"GET": {200: page_of(MemberOutput)}, "POST": {201: MemberOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of members; workers are listed as workers."""
        rows = members_of(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), member_body))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Give the account of an address a role, in place of those that it has here."""
        row, body = self.project(request, project), self.parsed(request)
        member = set_member(project=row, email=body["email"], role=Role(body["role"]), actor=self.user(request))
        return Outcome(201, member_body(member))


class MemberView(AssayView):
    """One member."""

    patch_serializer = RoleInput
    versioned_methods = ("PATCH", "DELETE")
    replies = {"GET": {200: MemberOutput}, "PATCH": {200: MemberOutput}, "DELETE": {204: None}}

    def get(self, request: Request, project: uuid.UUID, member: uuid.UUID) -> Response:
        """The member with the role."""
        row = member_of(self.project(request, project), member)
        return Response(member_body(row), headers=_role(row))

    def patch(self, request: Request, project: uuid.UUID, member: uuid.UUID) -> Response:
        """Give another role in place of those held."""
        row = self.project(request, project)
        serializer = RoleInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        role = Role(serializer.validated_data["role"])
        rows = Project.objects.filter(pk=row.pk)
        with self.unchanged(request, rows, lambda: member_of(row, member).role):
            changed = change_member(project=row, user_uid=member, role=role, actor=self.user(request))
        return Response(member_body(changed), headers=_role(changed))

    def delete(self, request: Request, project: uuid.UUID, member: uuid.UUID) -> Response:
        """Take the roles away; the last owner stays."""
        row = self.project(request, project)
        rows = Project.objects.filter(pk=row.pk)
        with self.unchanged(request, rows, lambda: member_of(row, member).role):
            remove_member(project=row, user_uid=member, actor=self.user(request))
        return Response(status=204)


def _role(member: Membership) -> dict[str, str]:
    return etag_of(member.role)
