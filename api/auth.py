"""Recognises API keys: `Authorization: Bearer KEY` or `Authorization: Token KEY`."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from crowd.models import ApiKey, User
from crowd.queries.access import valid_key

SCHEMES = {b"bearer", b"token"}


class ApiKeyAuthentication(BaseAuthentication):
    """The user of a valid key; the key itself becomes ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """None without a key; AuthenticationFailed with one that is unknown, expired or revoked."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in SCHEMES:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("the Authorization header must be 'Bearer KEY'")
        try:
            key = valid_key(parts[1].decode("ascii"))
        except UnicodeDecodeError:
            key = None
        if key is None:
            raise AuthenticationFailed("the API key is unknown, expired or revoked")
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"
