"""Every reply that a test of the API gets is held against the API's document."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_document import breaches
from rest_framework.test import APIClient

# A time of day with an offset, or with nothing, where a Z belongs.
OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[:.\d]*(?![:.\dZ])")


@pytest.fixture(autouse=True)
def _replies_keep_to_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a reply is not what docs/openapi.yaml says: serializers named ``…Output`` describe what goes out."""
    request = APIClient.request

    def checked(client: APIClient, **kwargs: Any) -> Any:
        response = request(client, **kwargs)
        media_type = response.headers.get("Content-Type", "").split(";")[0]
        if media_type.endswith("json") and not getattr(response, "streaming", False):
            wsgi = response.wsgi_request
            found = breaches(str(wsgi.method), wsgi.path, response.status_code, media_type, response.json())
            assert found == [], "\n".join(found)
            offset = OFFSET.search(response.content.decode())
            assert offset is None, f"{wsgi.method} {wsgi.path}: {offset and offset[0]} is not in UTC with a Z"
        return response

    monkeypatch.setattr(APIClient, "request", checked)
