"""Projects, tasks, golds and workers: what comes in and what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, MoneySerializer, money, money_or_none
from crowd.enums import AnswerType, ProjectState, Scale, VoteState, WorkerKind
from crowd.models import Project
from crowd.queries.status import ProjectStatus
from crowd.services.project_settings import Change
from crowd.services.projects import ProjectPlan
from crowd.services.tasks import NewGold, NewTask
from crowd.services.workers import NewWorker
from crowd.times import zulu

MAX_ROWS = 5000


class LabelSerializer(serializers.Serializer[Any]):
    """A label of the label set; without a title its value is shown."""

    value = serializers.CharField(max_length=200)
    title = serializers.CharField(max_length=200, required=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Fill in the title."""
        return {"value": attrs["value"], "title": attrs.get("title") or attrs["value"]}


class ProjectInput(serializers.Serializer[Any]):
    """A project to create."""

    name = serializers.CharField(max_length=200)
    instructions = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    answer_type = serializers.ChoiceField(AnswerType.choices, required=False)
    # Left out where the answer type brings its own, or has none.
    labels = LabelSerializer(many=True, required=False)
    # What the answer type asks for besides: docs/methods/answer_types.md has the options of each.
    answer_options = serializers.DictField(required=False)
    scale = serializers.ChoiceField(Scale.choices, required=False)
    aggregation_model = serializers.CharField(max_length=40, required=False)
    min_overlap = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    max_overlap = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    target_confidence = serializers.FloatField(min_value=0, max_value=1, required=False)
    audit_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    gold_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    lease_seconds = serializers.IntegerField(min_value=1, max_value=7 * 24 * 3600, required=False)
    price = MoneySerializer(required=False)
    label_worth = MoneySerializer(required=False, allow_null=True)
    budget = MoneySerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One currency per project."""
        price, budget, worth = attrs.get("price"), attrs.get("budget"), attrs.get("label_worth")
        if price and budget and price["currency"] != budget["currency"]:
            raise serializers.ValidationError({"budget": {"currency": ["price and budget must share a currency"]}})
        if worth and not price:
            raise serializers.ValidationError({"label_worth": ["only weighed against a price; set one"]})
        if worth and worth["currency"] != price["currency"]:
            raise serializers.ValidationError({"label_worth": {"currency": ["price and worth must share a currency"]}})
        if worth and worth["amount"] <= 0:
            raise serializers.ValidationError({"label_worth": {"amount": ["must be above 0"]}})
        return attrs

    def plan(self) -> ProjectPlan:
        """The validated body as the service takes it."""
        fields: dict[str, Any] = dict(self.validated_data)
        price, budget = fields.pop("price", None), fields.pop("budget", None)
        worth = fields.pop("label_worth", None)
        if worth:
            fields |= {"label_worth_micros": worth["amount"]}
        if price:
            fields |= {"price_micros": price["amount"], "currency": price["currency"]}
        if budget:
            fields |= {"budget_micros": budget["amount"], "currency": budget["currency"]}
        fields["labels"] = tuple(dict(label) for label in fields.get("labels", ()))
        return ProjectPlan(**fields)


class ProjectPatch(serializers.Serializer[Any]):
    """What to change; what is left out stays. ``lease_seconds`` null: as work times ask."""

    name = serializers.CharField(max_length=200, required=False)
    instructions = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    labels = LabelSerializer(many=True, required=False, help_text="The same values in their order; titles may change.")
    scale = serializers.ChoiceField(Scale.choices, required=False)
    aggregation_model = serializers.CharField(max_length=40, required=False)
    min_overlap = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    max_overlap = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    target_confidence = serializers.FloatField(min_value=0, max_value=1, required=False)
    audit_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    gold_rate = serializers.FloatField(min_value=0, max_value=1, required=False)
    lease_seconds = serializers.IntegerField(min_value=1, max_value=7 * 24 * 3600, required=False, allow_null=True)
    price = MoneySerializer(required=False)
    label_worth = MoneySerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Amounts are in the project's currency, which stays."""
        for name in ("price", "label_worth"):
            if attrs.get(name) and attrs[name]["currency"] != self.context["currency"]:
                raise serializers.ValidationError({name: {"currency": [f"give {self.context['currency']}"]}})
        if attrs.get("label_worth") and attrs["label_worth"]["amount"] <= 0:
            raise serializers.ValidationError({"label_worth": {"amount": ["must be above 0"]}})
        return attrs

    def change(self) -> Change:
        """The validated body as the service takes it."""
        fields: dict[str, Any] = dict(self.validated_data)
        for name in ("price", "label_worth"):
            if name in fields:
                amount = fields.pop(name)
                fields[f"{name}_micros"] = None if amount is None else amount["amount"]
        if "labels" in fields:
            fields["labels"] = [dict(label) for label in fields["labels"]]
        return Change(fields)


class CloneInput(serializers.Serializer[Any]):
    """What the clone is called; without a name, the same."""

    name = serializers.CharField(max_length=200, required=False)


class TaskInput(serializers.Serializer[Any]):
    """A task to add."""

    key = serializers.CharField(max_length=200)
    payload = serializers.DictField()
    priority = serializers.IntegerField(min_value=-1000, max_value=1000, required=False)


class TasksInput(serializers.Serializer[Any]):
    """Tasks to add, all or none."""

    tasks = TaskInput(many=True, max_length=MAX_ROWS)

    def rows(self) -> list[NewTask]:
        """The validated tasks as the service takes them."""
        return [NewTask(**task) for task in self.validated_data["tasks"]]


class GoldInput(serializers.Serializer[Any]):
    """A gold task to add; ``labels``: every answer that counts as right, each a value of the answer type."""

    key = serializers.CharField(max_length=200)
    payload = serializers.DictField()
    labels = serializers.ListField(child=serializers.JSONField())
    reason = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class GoldsInput(serializers.Serializer[Any]):
    """Golds to add, all or none."""

    golds = GoldInput(many=True, max_length=MAX_ROWS)

    def rows(self) -> list[NewGold]:
        """The validated golds as the service takes them."""
        return [NewGold(**{**gold, "labels": tuple(gold["labels"])}) for gold in self.validated_data["golds"]]


class WorkerInput(serializers.Serializer[Any]):
    """A worker to add: new by ``name``, existing by ``id``; ``vote``: whether answers count, never those of a model."""

    id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.ChoiceField(WorkerKind.choices, required=False)
    model = serializers.DictField(required=False)
    vote = serializers.ChoiceField([VoteState.SHADOW, VoteState.COUNTED], required=False)


class WorkersInput(serializers.Serializer[Any]):
    """Workers to add, all or none."""

    workers = WorkerInput(many=True, max_length=500)

    def rows(self) -> list[NewWorker]:
        """The validated workers as the service takes them."""
        return [
            NewWorker(
                name=row.get("name", ""),
                uid=row.get("id"),
                kind=WorkerKind(row.get("kind", WorkerKind.HUMAN)),
                model=row.get("model", {}),
                vote_state=VoteState(row["vote"]) if "vote" in row else None,
            )
            for row in self.validated_data["workers"]
        ]


def project_body(project: Project, status: ProjectStatus | None = None) -> dict[str, Any]:
    """A project for its managers."""
    body: dict[str, Any] = {
        "id": str(project.uid),
        "name": project.name,
        "state": project.state,
        "instructions": project.instructions,
        "answer_type": project.answer_type,
        "labels": project.labels,
        "answer_options": project.answer_options,
        "scale": project.scale,
        "aggregation_model": project.aggregation_model,
        "min_overlap": project.min_overlap,
        "max_overlap": project.max_overlap,
        "target_confidence": project.target_confidence,
        "label_worth": money_or_none(project.label_worth_micros, project.currency),
        "audit_share": project.audit_share,
        "gold_rate": project.gold_rate,
        "lease_seconds": project.lease_seconds,
        "price": money(project.price_micros, project.currency),
        "budget": money_or_none(project.budget_micros, project.currency),
        "created_at": zulu(project.created_at),
    }
    if status is not None:
        body["status"] = {
            "tasks": status.tasks,
            "tasks_open": status.tasks_open,
            "tasks_complete": status.tasks_complete,
            "tasks_disputed": status.tasks_disputed,
            "golds": status.golds,
            "answers": status.answers,
            "surplus_answers": status.surplus_answers,
            "gold_answers": status.gold_answers,
            "pending_answers": status.pending_answers,
            "is_refit_pending": status.is_refit_pending,
            "cost": money(status.cost_micros, project.currency),
        }
    return body


class LabelOutput(serializers.Serializer[Any]):
    """A label of the label set."""

    value = serializers.CharField()
    title = serializers.CharField()


class StatusOutput(serializers.Serializer[Any]):
    """How far a project is."""

    tasks = serializers.IntegerField()
    tasks_open = serializers.IntegerField()
    tasks_complete = serializers.IntegerField()
    tasks_disputed = serializers.IntegerField()
    golds = serializers.IntegerField()
    answers = serializers.IntegerField()
    surplus_answers = serializers.IntegerField()
    gold_answers = serializers.IntegerField()
    pending_answers = serializers.IntegerField()
    is_refit_pending = serializers.BooleanField()
    cost = MoneyOutput()


class ProjectOutput(serializers.Serializer[Any]):
    """A project; ``status`` comes with one project, not with lists."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(ProjectState.choices)
    instructions = serializers.CharField(allow_blank=True)
    answer_type = serializers.ChoiceField(AnswerType.choices)
    labels = LabelOutput(many=True)
    answer_options = serializers.DictField()
    scale = serializers.ChoiceField(Scale.choices)
    aggregation_model = serializers.CharField()
    min_overlap = serializers.IntegerField()
    max_overlap = serializers.IntegerField()
    target_confidence = serializers.FloatField()
    label_worth = MoneyOutput(allow_null=True)
    audit_share = serializers.FloatField()
    gold_rate = serializers.FloatField()
    lease_seconds = serializers.IntegerField()
    price = MoneyOutput()
    budget = MoneyOutput(allow_null=True)
    created_at = serializers.DateTimeField()
    status = StatusOutput(required=False)


class NewWorkerOutput(serializers.Serializer[Any]):
    """A worker that was added; ``key`` is shown once, and null for a worker who was there before."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(WorkerKind.choices)
    key = serializers.CharField(allow_null=True)


class NewWorkersOutput(serializers.Serializer[Any]):
    """The workers that were added, in the order of the call."""

    workers = NewWorkerOutput(many=True)


class PendingOutput(serializers.Serializer[Any]):
    """It will be done soon."""

    state = serializers.ChoiceField(["pending"])
