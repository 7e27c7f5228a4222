"""What a caller must hold: a scope of the key, and to work at all an account of a worker."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crowd.enums import KeyScope
from crowd.models import ApiKey


class HasScope(BasePermission):
    """A key must carry the view's ``scope``, ``read_scope`` for GET; a session reaches as far as its user's roles."""

    message = "this API key does not have the scope for that"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller is known and the key reaches this far."""
        if not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiKey):
            return True
        needed = view.read_scope if request.method in ("GET", "HEAD", "OPTIONS") else view.scope
        granted = set(request.auth.scopes)
        return needed in granted or (needed == KeyScope.PROJECT_READ and KeyScope.PROJECT_WRITE in granted)
