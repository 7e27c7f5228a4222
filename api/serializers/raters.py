"""Raters, prompts and example pools: what comes in, and the shapes of what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import PageInput
from crowd.enums import CallBatchState, FailureReason, WorkerKind
from crowd.raters.templates import DEFAULT_SYSTEM, DEFAULT_USER
from crowd.services.prompts import NewExample, PromptText
from crowd.services.rater_runs import MAX_PREVIEW
from crowd.services.raters import NewRater

KINDS = [(kind.value, kind.label) for kind in WorkerKind if kind != WorkerKind.HUMAN]


class RaterInput(serializers.Serializer[Any]):
    """A rater to set up; what ``spec`` holds depends on the kind, see docs/raters.md."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(KINDS)
    spec = serializers.DictField()
    prompt = serializers.UUIDField(required=False, allow_null=True, default=None)
    group = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    input_price_micros = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Of a million tokens, in micro-units."
    )
    output_price_micros = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Of a million tokens, in micro-units."
    )
    requests_per_minute = serializers.IntegerField(required=False, allow_null=True, default=None)
    tokens_per_minute = serializers.IntegerField(required=False, allow_null=True, default=None)
    concurrency = serializers.IntegerField(required=False, default=4)
    timeout_seconds = serializers.FloatField(required=False, default=60.0)
    is_batched = serializers.BooleanField(
        required=False, default=False, help_text="Ask in the host's batch files: within a day, for less."
    )
    batch_discount_percent = serializers.IntegerField(
        required=False, default=50, help_text="How much less a call in a batch file costs."
    )

    def plan(self) -> NewRater:
        """The validated body as the service takes it."""
        body = dict(self.validated_data)
        return NewRater(**(body | {"kind": WorkerKind(body["kind"]), "spec": dict(body["spec"])}))


class PromptInput(serializers.Serializer[Any]):
    """The next version of the prompt of that name.

    Braces name ``instructions``, ``options``, ``replies`` (the JSON of every label), ``payload.field``.
    """

    name = serializers.CharField(max_length=120)
    system = serializers.CharField(required=False, allow_blank=True, default=DEFAULT_SYSTEM)
    user = serializers.CharField(required=False, default=DEFAULT_USER)
    words = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False, default=dict)

    def text(self) -> PromptText:
        """The validated body as the service takes it."""
        body = self.validated_data
        return PromptText(system=body["system"], user=body["user"], words=body["words"])


class ExampleInput(serializers.Serializer[Any]):
    """A payload with its label."""

    payload = serializers.DictField()
    label = serializers.CharField(max_length=200)


class ExamplesInput(serializers.Serializer[Any]):
    """Examples to add to the pool of that name."""

    name = serializers.CharField(max_length=120)
    examples = ExampleInput(many=True)

    def rows(self) -> list[NewExample]:
        """The validated examples as the service takes them."""
        return [NewExample(**row) for row in self.validated_data["examples"]]


class RaterPreviewInput(serializers.Serializer[Any]):
    """On how many tasks to try the rater."""

    tasks = serializers.IntegerField(min_value=1, max_value=MAX_PREVIEW, required=False, default=5)


class FailuresInput(PageInput):
    """Which failures to list."""

    reason = serializers.ChoiceField(FailureReason.choices, required=False)


class RaterOutput(serializers.Serializer[Any]):
    """A rater. Its key to an endpoint is never part of it, only the name under which the server holds it."""

    id = serializers.UUIDField()
    worker = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    group = serializers.CharField()
    key = serializers.CharField()
    spec = serializers.DictField()
    prompt = serializers.UUIDField(allow_null=True)
    replaces = serializers.UUIDField(allow_null=True)
    trained_on = serializers.IntegerField(allow_null=True)
    input_price_micros = serializers.IntegerField()
    output_price_micros = serializers.IntegerField()
    requests_per_minute = serializers.IntegerField(allow_null=True)
    tokens_per_minute = serializers.IntegerField(allow_null=True)
    concurrency = serializers.IntegerField()
    timeout_seconds = serializers.FloatField()
    is_batched = serializers.BooleanField()
    batch_discount_percent = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class PromptVersionOutput(serializers.Serializer[Any]):
    """A version of a prompt."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    system = serializers.CharField(allow_blank=True)
    user = serializers.CharField()
    words = serializers.DictField()
    created_at = serializers.DateTimeField()


class PromptOutput(serializers.Serializer[Any]):
    """A prompt with its versions, the newest first."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    versions = PromptVersionOutput(many=True)


class ExampleOutput(serializers.Serializer[Any]):
    """An example."""

    id = serializers.UUIDField()
    payload = serializers.DictField()
    label = serializers.CharField()


class PoolOutput(serializers.Serializer[Any]):
    """A pool with its examples."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    examples = ExampleOutput(many=True)


class RangeOutput(serializers.Serializer[Any]):
    """A figure with its 90 % range."""

    expected = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class RaterForecastOutput(serializers.Serializer[Any]):
    """Cost in micro-units of the project's currency, time in seconds; measured, or guessed from the prompts' length."""

    tasks = serializers.IntegerField()
    tokens = RangeOutput()
    cost_micros = RangeOutput()
    seconds = RangeOutput()
    is_measured = serializers.BooleanField()
    sampled = serializers.IntegerField()


class ShownOutput(serializers.Serializer[Any]):
    """A task as the rater will be asked about it."""

    task = serializers.UUIDField()
    messages = serializers.ListField(child=serializers.DictField())
    calls = serializers.IntegerField()
    tokens = serializers.IntegerField()
    suspicions = serializers.ListField(child=serializers.DictField())


class TriedOutput(serializers.Serializer[Any]):
    """A task of the preview's run with what came of it."""

    task = serializers.UUIDField()
    label = serializers.CharField(allow_null=True)
    abstained_because = serializers.CharField(allow_blank=True)
    probabilities = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    label_mass = serializers.FloatField(allow_null=True)
    replies = serializers.ListField(child=serializers.CharField())
    errors = serializers.ListField(child=serializers.CharField())
    cost_micros = serializers.IntegerField()


class RaterPreviewOutput(serializers.Serializer[Any]):
    """What will be asked, and what came of the last preview's run, if there was one."""

    state = serializers.CharField()
    pause_reason = serializers.CharField(allow_blank=True)
    prompts = ShownOutput(many=True)
    tried = TriedOutput(many=True)


class CallBatchOutput(serializers.Serializer[Any]):
    """A rater's batch file: where it stands with us and with the host, and what is held for it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(CallBatchState.choices)
    host_id = serializers.CharField(allow_blank=True)
    host_status = serializers.CharField(allow_blank=True)
    calls_made = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    reserved_micros = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
    is_cancelled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class RunOutput(serializers.Serializer[Any]):
    """How a rater stands."""

    state = serializers.CharField()
    pause_code = serializers.CharField(allow_blank=True)
    pause_reason = serializers.CharField(allow_blank=True)
    votes = serializers.IntegerField()
    abstentions = serializers.IntegerField()
    failures = serializers.IntegerField()
    cached = serializers.IntegerField()
    cost_micros = serializers.IntegerField()
    tasks_left = serializers.IntegerField(allow_null=True)
    seconds_left = RangeOutput(allow_null=True)
    batch = CallBatchOutput(allow_null=True, help_text="The newest batch file of a rater that is asked in such files.")


class FailureOutput(serializers.Serializer[Any]):
    """A vote that did not come about."""

    id = serializers.UUIDField()
    task = serializers.CharField()
    reason = serializers.CharField()
    detail = serializers.CharField()
    created_at = serializers.DateTimeField()
    retried_at = serializers.DateTimeField(allow_null=True)


class VoteOutput(serializers.Serializer[Any]):
    """A vote or an abstention with what stands behind it; the fields are those of docs/raters.md."""

    task = serializers.CharField()
    is_gold = serializers.BooleanField()
    label = serializers.CharField(allow_null=True)
    abstained_because = serializers.CharField(allow_blank=True)
    probabilities = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    label_mass = serializers.FloatField(allow_null=True)
    cost_micros = serializers.IntegerField()
    latency_seconds = serializers.FloatField()
    is_cached = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class RetriedOutput(serializers.Serializer[Any]):
    """How many failures are tried again."""

    retried = serializers.IntegerField()
