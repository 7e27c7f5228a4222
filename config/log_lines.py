"""Writes log lines, as text or JSON, with the ids of request and job, and with no secret in them."""

from __future__ import annotations

import json
import logging
import os
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import urlsplit

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
JOB_ID: ContextVar[str] = ContextVar("job_id", default="")
HIDDEN = "[hidden]"

_NAMES = (
    r"authorization|proxy-authorization|cookie|set-cookie|x-api-key|api[_-]?key|secret(?:_?key)?|password|passwd|pwd"
    r"|token|access_token|sessionid|csrftoken|csrfmiddlewaretoken|webhook-signature|assay_browser"
)
# What looks like a secret, whoever logs it.
_PATTERNS = (
    (
        re.compile(rf"(?i)\b({_NAMES})(['\"]?\s*[:=]\s*[bu]?['\"]?)(?:(?:bearer|token|basic)\s+)?[^\s'\",;&)\]}}]+"),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:assay|sk|pk|ghp|xoxb)[_-][A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), HIDDEN),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
)
# Shorter values would hide ordinary words.
_SHORTEST = 8


class SecretsHidden(logging.Formatter):
    """Formats a record, its exception included, then hides secrets: those that look so, and those of the settings."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        return hide_secrets(self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        """The line with its ids, before anything is hidden."""
        ids = "".join(f" {name}={value}" for name, value in _ids().items())
        return super().format(record) + ids


class JsonLines(SecretsHidden):
    """One JSON object a line."""

    def line(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, ids, exception."""
        entry: dict[str, str] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # Hidden here as well: within JSON quotes are escaped, and patterns look for quotes.
            "message": hide_secrets(record.getMessage()),
            **_ids(),
        }
        if record.exc_info:
            entry["exception"] = hide_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def hide_secrets(text: str) -> str:
    """The text without what looks like a secret and without the secrets that this process was given."""
    for value in _own_secrets():
        text = text.replace(value, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _own_secrets() -> list[str]:
    from django.conf import settings

    found = []
    if settings.configured:
        found = [settings.SECRET_KEY, getattr(settings, "METRICS_TOKEN", "")]
        found += [str(one.get("PASSWORD") or "") for one in settings.DATABASES.values()]
        found += [urlsplit(getattr(settings, "REDIS_URL", "") or "").password or ""]
        found += [os.environ.get(name, "") for name in getattr(settings, "MODEL_KEYS", {})]
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


def _ids() -> dict[str, str]:
    ids = {"request_id": REQUEST_ID.get(), "job_id": JOB_ID.get()}
    return {name: value for name, value in ids.items() if value}
