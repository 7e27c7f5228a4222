"""API keys: their owner lists, makes, rotates and revokes them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.control import KeyInput, RotateKeyInput
from api.serializers.control_bodies import key_body
from api.serializers.control_outputs import KeyOutput, NewKeyOutput
from api.serializers.lists import page_of
from api.views.base import PostView
from crowd.enums import KeyScope
from crowd.models import ApiKey
from crowd.queries.listings import keys_of
from crowd.services.api_keys import NewKey, create_key, revoke_key, rotate_key
from crowd.services.idempotency import Outcome


class KeyDoor(PostView):
    """What knows how far the caller reaches."""

    def reach(self, request: Request) -> list[KeyScope]:
        """The scopes of the key that is called with; a session has them all."""
        if not isinstance(request.auth, ApiKey):
            return list(KeyScope)
        return [KeyScope(scope) for scope in request.auth.scopes]


class KeysView(KeyDoor):
    """The caller's keys."""

    input_serializer = KeyInput
    query_serializer = PageInput
    replies = {"GET": {200: page_of(KeyOutput)}, "POST": {201: NewKeyOutput}}

    def get(self, request: Request) -> Response:
        """A page of keys, ended ones too, the newest first; their text is never shown again."""
        rows = keys_of(self.user(request))
        return Response(page_body(rows, request, self.asked(request), key_body, order="-id"))

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Make a key that reaches no further than what makes it; its text is in this reply and in no other."""
        body = self.parsed(request)
        scopes = [KeyScope(scope) for scope in body["scopes"]]
        return _shown_once(
            create_key(
                user=self.user(request),
                name=body["name"],
                scopes=scopes,
                reach=self.reach(request),
                expires_at=body["expires_at"],
            )
        )


class RotateKeyView(KeyDoor):
    """A new key for an old one."""

    input_serializer = RotateKeyInput
    replies = {"POST": {201: NewKeyOutput}}

    def act(self, request: Request, *, key: uuid.UUID, **kwargs: Any) -> Outcome:
        """Make a key with the same name, scopes and expiry; the old one works for ``overlap_hours`` more."""
        hours = self.parsed(request)["overlap_hours"]
        new = rotate_key(user=self.user(request), key_uid=key, reach=self.reach(request), overlap_hours=hours)
        return _shown_once(new)


class RevokeKeyView(KeyDoor):
    """The end of a key."""

    replies = {"POST": {200: KeyOutput}}

    def act(self, request: Request, *, key: uuid.UUID, **kwargs: Any) -> Outcome:
        """End it now; claim and submit may still take it for seconds."""
        return Outcome(200, key_body(revoke_key(user=self.user(request), key_uid=key, reach=self.reach(request))))


def _shown_once(new: NewKey) -> Outcome:
    body = key_body(new.row)
    # A repeated call gets it without the text: outcomes are kept, keys must not be.
    return Outcome(201, body | {"key": new.text}, stored=body | {"key": None})
