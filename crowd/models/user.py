"""User: an account that can log in, known by its e-mail address."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

# Accounts of models and of workers who come by key only: an address that can never receive mail (RFC 2606).
MACHINE_DOMAIN = "machine.invalid"


class UserManager(BaseUserManager["User"]):
    """Creates accounts; the address is stored in lower case, so that one person has one account."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password it cannot log in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account that may use the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of an address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account: a person, or a machine that comes by API key."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    # The mother tongue, or the language that somebody works in best; the others are ``languages``.
    language = models.CharField(max_length=12, default="en")
    languages = models.JSONField(default=list, blank=True)
    # Empty: as the browser asks.
    pages_language = models.CharField(max_length=12, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    has_single_keys = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Counted up when what the account may do changes: sessions from before end.
    session_epoch = models.PositiveIntegerField(default=0)
    # What identified the person is gone; what hung on the account stays, under a pseudonym.
    erased_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """What a session holds and is compared with: changes with the password, as Django's, and with the epoch."""
        return self._with_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under earlier secrets of the server."""
        for own in super().get_session_auth_fallback_hash():
            yield self._with_epoch(own)

    def _with_epoch(self, own: str) -> str:
        # The first epoch adds nothing: sessions from before it was counted go on.
        epoch = self.session_epoch
        return salted_hmac(own, str(epoch), algorithm="sha256").hexdigest() if epoch else own
