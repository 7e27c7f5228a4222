"""A small typed client of the Assay HTTP API."""

from assay_client.client import AssayClient
from assay_client.errors import AssayError
from assay_client.transport import RetryPolicy

__all__ = ["AssayClient", "AssayError", "RetryPolicy"]
