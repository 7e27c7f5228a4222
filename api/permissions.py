"""Asks `permission_table` what a caller must hold; the role is asked for where the project is read."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.permission_table import access_for, reaches
from crowd.models import ApiKey


class HasScope(BasePermission):
    """A key must carry the scope that the table names; a session reaches as far as its user's roles."""

    message = "this API key does not have the scope for that"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller is known and the key reaches this far."""
        if not request.user.is_authenticated:
            return False
        method = str(request.method)
        name = request.resolver_match.url_name if request.resolver_match else None
        access = access_for(name, method)
        if access is None:
            # A method that the view does not have is answered by 405, whoever asks.
            if method in view.allowed_methods:
                raise AssertionError(f"{method} of {name} has no row in api/permission_table.py; add one")
            return True
        return not isinstance(request.auth, ApiKey) or reaches(set(request.auth.scopes), access.scope)
