"""Settings from the environment that fail loudly: a bad value stops the start with a sentence, never falls back."""

from __future__ import annotations

import ipaddress
import os
import re
from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default a missing or empty one stops the start."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; set it in the environment (see docs/operations.md)")
    return default


def boolean(name: str, default: bool) -> bool:
    """A yes/no variable: 1, true, yes, on or 0, false, no, off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false; write 1 or 0")


def one_of(name: str, values: tuple[str, ...], default: str) -> str:
    """A variable that is one of a few words."""
    value = os.environ.get(name, "") or default
    if value not in values:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(values)}")
    return value


def integer(name: str, default: int, *, minimum: int) -> int:
    """A whole number of at least ``minimum``."""
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name}={number} is too small; it must be at least {minimum}")
    return number


def amounts_micros(name: str) -> dict[str, int]:
    """Amounts by currency, as ``USD=8,GBP=6.50``, in micro-units; empty when not set."""
    found = {}
    for part in names(name, []):
        currency, _, amount = part.partition("=")
        if not re.fullmatch(r"[A-Z]{3}", currency.strip()) or not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", amount.strip()):
            raise ImproperlyConfigured(f"{name}: {part!r} is not a currency with its amount; write USD=8,GBP=6.50")
        found[currency.strip()] = int(Decimal(amount.strip()) * 1_000_000)
    return found


def names(name: str, default: list[str] | None = None) -> list[str]:
    """A comma-separated list; without a default an empty one stops the start."""
    values = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    if values:
        return values
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; give a comma-separated list")
    return default


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    """One of a few words."""
    value = os.environ.get(name, "").strip() or default
    if value not in among:
        raise ImproperlyConfigured(f"{name}={value!r} is not known; choose one of {', '.join(among)}")
    return value


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks or single addresses, comma-separated, as ``10.0.0.0/8,::1``; empty when not set."""
    try:
        return [ipaddress.ip_network(part) for part in names(name, [])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}; write networks such as 10.0.0.0/8,::1") from None


def generated_secret(path: Path) -> str:
    """The secret in ``path``, made on first use: for a machine where nobody should have to edit anything."""
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL decides which of two first starts writes the secret; the other reads it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_text().strip()
        if len(secret) < 50:
            raise ImproperlyConfigured(f"{path} holds no usable secret; delete it and start again") from None
        return secret
    secret = secrets.token_urlsafe(64)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    return secret
