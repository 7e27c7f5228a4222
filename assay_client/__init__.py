"""A typed client of the Assay HTTP API, for programs that wait and for asyncio, with a command line."""

from assay_client.async_client import AsyncAssayClient
from assay_client.call import Call
from assay_client.client import AssayClient
from assay_client.errors import (
    AssayError,
    Changed,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ServerFailed,
    Throttled,
    Unreachable,
)
from assay_client.retry import RetryPolicy
from assay_client.verification import WebhookRefused, verify_webhook

__all__ = [
    "AssayClient",
    "AssayError",
    "AsyncAssayClient",
    "Call",
    "Changed",
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "NotAuthenticated",
    "NotFound",
    "RetryPolicy",
    "ServerFailed",
    "Throttled",
    "Unreachable",
    "WebhookRefused",
    "verify_webhook",
]
