"""Lists as they go out: a page with the address of the next, or all there is."""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework import serializers


@cache
def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of rows."""
    fields = {
        "next": serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last."),
        "results": row(many=True),
        "__doc__": "A page.",
    }
    return type(row.__name__.removesuffix("Output") + "PageOutput", (serializers.Serializer,), fields)


@cache
def list_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a list that comes whole."""
    fields = {"results": row(many=True), "__doc__": "All there is."}
    return type(row.__name__.removesuffix("Output") + "ListOutput", (serializers.Serializer,), fields)


class CreatedOutput(serializers.Serializer[Any]):
    """How many rows were added."""

    created = serializers.IntegerField(min_value=0)


class StateOutput(serializers.Serializer[Any]):
    """What it has become."""

    id = serializers.UUIDField()
    state = serializers.CharField()
