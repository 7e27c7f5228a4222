"""Items of comparisons: what goes out about where they stand."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crowd.queries.item_scores import Standing
from crowd.times import zulu


class ItemOutput(serializers.Serializer[Any]):
    """One item with its score."""

    item = serializers.CharField()
    place = serializers.IntegerField()
    score = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    part = serializers.IntegerField()
    tasks = serializers.IntegerField()
    answers = serializers.IntegerField()


class ItemsOutput(serializers.Serializer[Any]):
    """The items of a project; ``named``: how many items its answered tasks name, scored or not."""

    data_as_of = serializers.DateTimeField(allow_null=True)
    run = serializers.UUIDField(allow_null=True)
    named = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())
    results = ItemOutput(many=True)


def standing_body(standing: Standing) -> dict[str, Any]:
    """The items, the best first."""
    run = standing.run
    fields = ("item", "place", "score", "low", "high", "part", "tasks", "answers")
    return {
        "data_as_of": None if run is None or run.finished_at is None else zulu(run.finished_at),
        "run": None if run is None else str(run.uid),
        "named": standing.named,
        "notes": standing.notes,
        "results": [{name: getattr(row, name) for name in fields} for row in standing.items],
    }
