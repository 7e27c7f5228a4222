"""Pages of lists, by a cursor on the order's own columns: nothing is counted, nothing is skipped over."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

PAGE_SIZE = 200
MAX_PAGE_SIZE = 2000
BY_ID = {"created": "id", "-created": "-id"}


class PageInput(serializers.Serializer[Any]):
    """Which page."""

    cursor = serializers.CharField(required=False, max_length=600, help_text="As `next` brings it.")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE)


def page_body(
    rows: QuerySet[Any],
    request: Request,
    asked: dict[str, Any],
    body: Callable[[Any], dict[str, Any]],
    *,
    order: str = "id",
) -> dict[str, Any]:
    """One page of the rows, ordered by a column that is never NULL and by their ids, with the address of the next.

    ``asked`` is a valid `PageInput`. Raises ValidationError for a cursor that is not of this list in this order.
    """
    page, following = _page(rows, asked, order)
    return {
        "next": None if following is None else _address(request, following),
        "results": [body(row) for row in page],
    }


def _page(rows: QuerySet[Any], asked: dict[str, Any], order: str) -> tuple[list[Any], str | None]:
    column, is_descending = order.lstrip("-"), order.startswith("-")
    if "cursor" in asked:
        rows = rows.filter(_after(rows.model, asked["cursor"], order))
    columns = ["id"] if column == "id" else [column, "id"]
    rows = rows.order_by(*(F(name).desc() if is_descending else F(name).asc() for name in columns))
    size = asked.get("page_size", PAGE_SIZE)
    found = list(rows[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], _cursor([order, _plain(last, column), last.pk])


def _after(model: type[Model], cursor: str, order: str) -> Q:
    column, side = order.lstrip("-"), "lt" if order.startswith("-") else "gt"
    try:
        made_for, value, pk = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
        if made_for != order or not isinstance(pk, int) or isinstance(pk, bool) or not 0 <= pk < 2**63:
            raise ValueError("another order")
        place = model._meta.get_field(column).to_python(value)
        if isinstance(place, str) and "\0" in place:
            raise ValueError("not storable")
    except Exception as error:
        raise serializers.ValidationError({"cursor": ["not a cursor of this list in this order"]}) from error
    if column == "id":
        return Q(**{f"id__{side}": pk})
    return Q(**{f"{column}__{side}": place}) | Q(**{column: place, f"id__{side}": pk})


def _plain(row: Any, column: str) -> Any:
    value = getattr(row, column)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cursor(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _address(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
