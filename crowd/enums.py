"""The closed lists of values that rows, policies and the API share."""

from enum import property as enum_property
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy


class TextChoices(models.TextChoices):
    """Django's, with names that pages show in the visitor's language."""

    @enum_property
    def label(self) -> Any:
        """The name of a value."""
        return gettext_lazy(str(self._label_))


class AnswerType(TextChoices):
    """What a worker is asked for; each type is described in `crowd.policies.answer_types`."""

    SINGLE_CHOICE = "single_choice"
    ORDINAL = "ordinal"
    MULTIPLE_CHOICE = "multiple_choice"
    NUMBER = "number"
    TEXT = "text"
    PAIRWISE = "pairwise"
    RANKING = "ranking"


class Scale(TextChoices):
    """The level of measurement of the label set, for agreement."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


class ProjectState(TextChoices):
    """Where a project stands; only a live one hands out tasks."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    ARCHIVED = "archived"


class TaskState(TextChoices):
    """Open until completion, dispute or cancellation; gold tasks keep their own state and are never completed."""

    OPEN = "open"
    COMPLETE = "complete"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"
    GOLD = "gold"


class AssignmentState(TextChoices):
    """Active while the lease runs; everything else is an end."""

    ACTIVE = "active"
    SUBMITTED = "submitted"
    EXPIRED = "expired"
    RELEASED = "released"
    SKIPPED = "skipped"


class WorkerKind(TextChoices):
    """Who answers."""

    HUMAN = "human"
    LLM = "llm"
    CLASSIFIER = "classifier"
    FUNCTION = "function"


class TrustLevel(TextChoices):
    """Our decision about a worker on a project."""

    NEW = "new"
    TRUSTED = "trusted"
    RESTRICTED = "restricted"
    SUSPENDED = "suspended"


class CoursePart(TextChoices):
    """Training tells at once what was right; an exam never does."""

    TRAINING = "training"
    EXAM = "exam"


class AttemptState(TextChoices):
    """How a go at a part of a course stands; a training that was gone through is passed."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    ABANDONED = "abandoned"


class CoursePay(TextChoices):
    """Which items of a course are paid."""

    EVERY_ITEM = "every_item"
    WHEN_PASSED = "when_passed"
    NOTHING = "nothing"


class VoteState(TextChoices):
    """Whether a worker's answers enter the consensus."""

    SHADOW = "shadow"
    COUNTED = "counted"
    # It counts, and decides alone where it is sure enough.
    DECIDES = "decides"


class PoolingRule(TextChoices):
    """How a group of related models counts."""

    POOL = "pool"
    DISCOUNT = "discount"


class ModelTestKind(TextChoices):
    """What a model is tested for."""

    STAND_IN = "stand_in"
    ROUTING = "routing"
    DRIFT = "drift"
    SNAPSHOT = "snapshot"


class SuggestionPolicy(TextChoices):
    """When people see what a model says of a task."""

    OFF = "off"
    AFTER = "after"
    BEFORE = "before"


class Role(TextChoices):
    """What a member may do on a project."""

    OWNER = "owner"
    MANAGER = "manager"
    ADJUDICATOR = "adjudicator"
    FINANCE = "finance"
    WORKER = "worker"


class KeyScope(TextChoices):
    """What an API key opens."""

    WORKER = "worker"
    PROJECT_READ = "project_read"
    PROJECT_WRITE = "project_write"
    FINANCE = "finance"


class RunState(TextChoices):
    """How an aggregation run ended, or that it has not."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RaterRunKind(TextChoices):
    """What a rater is at work for."""

    PREVIEW = "preview"
    VOTES = "votes"


class RaterRunState(TextChoices):
    """Whether a rater's run goes on."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class CallState(TextChoices):
    """Where a call of an endpoint stands: written down, answered, or given up."""

    INTENDED = "intended"
    REPLIED = "replied"
    FAILED = "failed"


class FailureReason(TextChoices):
    """Why a vote did not come about."""

    OUTSIDE_SCHEMA = "outside_schema"
    EMPTY = "empty"
    REFUSAL = "refusal"
    CUT_SHORT = "cut_short"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REJECTED = "rejected"
    OVER_BUDGET = "over_budget"
    NO_TEXT = "no_text"
    IS_EXAMPLE = "is_example"
    FUNCTION_ERROR = "function_error"
    # Of a call in a batch file: the host's time was over, a manager cancelled, the host says nothing about it.
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MISSING = "missing"


class CallBatchState(TextChoices):
    """Where a batch file of a model's calls stands, from the row to the end of what it costs."""

    PREPARED = "prepared"
    UPLOADED = "uploaded"
    SUBMITTED = "submitted"
    ENDED = "ended"
    # The host took none of it, or was never asked: its calls go into the next one.
    REFUSED = "refused"


class AccountKind(TextChoices):
    """The accounts of the ledger: a project's cost, then what a worker or a provider is owed, is being sent, got."""

    PROJECT_COST = "project_cost"
    WORKER_PAYABLE = "worker_payable"
    WORKER_TRANSIT = "worker_transit"
    WORKER_PAID = "worker_paid"
    PROVIDER_PAYABLE = "provider_payable"


class TransactionKind(TextChoices):
    """Why money moved."""

    ANSWER_PAY = "answer_pay"
    MODEL_COST = "model_cost"
    REVERSAL = "reversal"
    BONUS = "bonus"
    COURSE_PAY = "course_pay"
    PAYOUT = "payout"
    SETTLEMENT = "settlement"


class PayState(TextChoices):
    """How the pay of an answer stands; ``final``: rejected, with no appeal left."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPEALED = "appealed"
    FINAL = "final"


class AppealState(TextChoices):
    """Open until somebody else than the rejecter decides, or silence does."""

    OPEN = "open"
    GRANTED = "granted"
    DENIED = "denied"


class SurplusPay(TextChoices):
    """Whether an answer that came after its place had gone to another is paid."""

    NOTHING = "nothing"
    FULL = "full"


class CostState(TextChoices):
    """How the cost of a model's call stands."""

    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"


class PayeeMethod(TextChoices):
    """How a worker wants to be paid."""

    PAYPAL = "paypal"
    SEPA = "sepa"
    WISE = "wise"


class BatchFormat(TextChoices):
    """What a batch is exported as."""

    PAYPAL_CSV = "paypal_csv"
    PAYPAL_API = "paypal_api"
    WISE_CSV = "wise_csv"
    SEPA_XML = "sepa_xml"
    CSV = "csv"


class BatchState(TextChoices):
    """A batch on its way; ``done`` once every line has ended, ``cancelled`` before anything was exported."""

    DRAFT = "draft"
    APPROVED = "approved"
    EXPORTED = "exported"
    SENT = "sent"
    DONE = "done"
    CANCELLED = "cancelled"


class LineState(TextChoices):
    """How one payment ended; only a settled one can still be returned."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class OnError(TextChoices):
    """What a bad row does to an import: nothing is written, or all but it."""

    STOP = "stop"
    SKIP = "skip"


class PersonalDataRule(TextChoices):
    """What an import does where the file seems to hold personal data."""

    WARN = "warn"
    MASK = "mask"
    REFUSE = "refuse"
    OFF = "off"


class ImportState(TextChoices):
    """How far an import is; the last three are ends."""

    QUEUED = "queued"
    CHECKING = "checking"
    WRITING = "writing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExportState(TextChoices):
    """How far an export is; expired: its file has been thrown away."""

    QUEUED = "queued"
    WRITING = "writing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ExportKind(TextChoices):
    """What an export's rows are."""

    CONSENSUS = "consensus"
    ANSWERS = "answers"
    TASKS = "tasks"
    AGREEMENT = "agreement"
    TRUST = "trust"
    EVENTS = "events"
    PAYOUTS = "payouts"


class ExportFormat(TextChoices):
    """How an export is written; `crowd.policies.exports` says which kind has which."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"
    LABEL_STUDIO = "label_studio"
    FINETUNE = "finetune"


class EventKind(TextChoices):
    """What happened, for the audit trail."""

    PROJECT_CREATED = "project_created"
    PROJECT_LAUNCHED = "project_launched"
    PROJECT_PAUSED = "project_paused"
    PROJECT_ARCHIVED = "project_archived"
    PROJECT_CONFIGURED = "project_configured"
    PROJECT_CLONED = "project_cloned"
    TASKS_ADDED = "tasks_added"
    TASK_PRIORITY_SET = "task_priority_set"
    TASK_CANCELLED = "task_cancelled"
    TASK_OVERRIDDEN = "task_overridden"
    GOLD_RETIRED = "gold_retired"
    MEMBER_SET = "member_set"
    MEMBER_REMOVED = "member_removed"
    KEY_CREATED = "key_created"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    GOLDS_ADDED = "golds_added"
    WORKERS_ADDED = "workers_added"
    WEBHOOK_SET = "webhook_set"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_DISABLED = "webhook_disabled"
    TASK_COMPLETED = "task_completed"
    TASK_DISPUTED = "task_disputed"
    TASK_REOPENED = "task_reopened"
    OVERLAP_EXTENDED = "overlap_extended"
    GOLD_FAILED = "gold_failed"
    TRUST_CHANGED = "trust_changed"
    WORKER_WARNED = "worker_warned"
    WORKER_PAUSED = "worker_paused"
    RULE_SET = "rule_set"
    RULE_RETIRED = "rule_retired"
    RULE_FIRED = "rule_fired"
    TASK_ADJUDICATED = "task_adjudicated"
    PLACES_REOPENED = "places_reopened"
    COURSE_CREATED = "course_created"
    REQUIREMENTS_SET = "requirements_set"
    WORKER_JOINED = "worker_joined"
    WORKER_INVITED = "worker_invited"
    PERSON_ERASED = "person_erased"
    QUALIFICATION_GRANTED = "qualification_granted"
    QUALIFICATION_REVOKED = "qualification_revoked"
    LEASE_EXPIRED = "lease_expired"
    TASK_SKIPPED = "task_skipped"
    PAY_APPROVED = "pay_approved"
    PAY_REJECTED = "pay_rejected"
    PAY_REINSTATED = "pay_reinstated"
    APPEAL_OPENED = "appeal_opened"
    APPEAL_DECIDED = "appeal_decided"
    PAY_TERMS_SET = "pay_terms_set"
    PRICE_RULE_SET = "price_rule_set"
    BUDGET_ADDED = "budget_added"
    BONUS_PAID = "bonus_paid"
    MODEL_COST_OVERRUN = "model_cost_overrun"
    HOLD_RELEASED = "hold_released"
    BATCH_MADE = "batch_made"
    BATCH_APPROVED = "batch_approved"
    BATCH_EXPORTED = "batch_exported"
    BATCH_SENT = "batch_sent"
    BATCH_CANCELLED = "batch_cancelled"
    PAYMENT_ENDED = "payment_ended"
    REFIT_DONE = "refit_done"
    REFIT_FAILED = "refit_failed"
    PROCESSING_FAILED = "processing_failed"
    IMPORT_STARTED = "import_started"
    IMPORT_FINISHED = "import_finished"
    IMPORT_FAILED = "import_failed"
    IMPORT_CANCELLED = "import_cancelled"
    EXPORT_ORDERED = "export_ordered"
    EXPORT_READY = "export_ready"
    EXPORT_FAILED = "export_failed"
    FLAG_RAISED = "flag_raised"
    FLAG_DECIDED = "flag_decided"
    FAIRNESS_TERMS_SET = "fairness_terms_set"
    PAY_FLOOR_ACKNOWLEDGED = "pay_floor_acknowledged"
    PAY_UNDER_FLOOR = "pay_under_floor"
    PAY_ABOVE_FLOOR = "pay_above_floor"
    GOLD_CORRECTED = "gold_corrected"
    TRUST_OVERTURNED = "trust_overturned"
    RESTITUTION_DONE = "restitution_done"
    RATER_CREATED = "rater_created"
    RATER_LAUNCHED = "rater_launched"
    RATER_PAUSED = "rater_paused"
    RATER_FINISHED = "rater_finished"
    RATER_RENEWED = "rater_renewed"
    RATER_BATCH_CANCELLED = "rater_batch_cancelled"
    FAILURES_RETRIED = "failures_retried"
    TASK_FLAGGED = "task_flagged"
    MODEL_TESTED = "model_tested"
    VOTES_CHANGED = "votes_changed"
    GATE_TERMS_SET = "gate_terms_set"
    PREVALENCE_DRAWN = "prevalence_drawn"


class FlagKind(TextChoices):
    """Signs that call for a look; none of them is a verdict."""

    TOO_FAST = "too_fast"
    CLOCKWORK = "clockwork"
    STRAIGHT_LINING = "straight_lining"
    NO_INFORMATION = "no_information"
    REPEATED_TEXT = "repeated_text"
    SKIP_STREAK = "skip_streak"
    SHARED_ERRORS = "shared_errors"
    SHARED_DEVICE = "shared_device"


class FlagState(TextChoices):
    """What a manager made of a flag."""

    OPEN = "open"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"


class ReadingKind(TextChoices):
    """The reports about a project that a job keeps."""

    CONTRIBUTORS = "contributors"
    DRIFT = "drift"
    CALIBRATION = "calibration"
    FAIRNESS = "fairness"


class RestitutionKind(TextChoices):
    """Which error is made good."""

    GOLD = "gold"
    TRUST_CHANGE = "trust_change"


class RestitutionState(TextChoices):
    """Whether everything that follows has been worked off."""

    RUNNING = "running"
    DONE = "done"


class RestitutionLineKind(TextChoices):
    """What a restitution changed; the last four were found and are left as they are."""

    ANSWER_RESCORED = "answer_rescored"
    SKILL_RECOMPUTED = "skill_recomputed"
    WARNING_WITHDRAWN = "warning_withdrawn"
    LEVEL_RESTORED = "level_restored"
    REJECTION_REVERSED = "rejection_reversed"
    CHANGE_UNDONE = "change_undone"
    CHANGE_NOT_IMPOSED = "change_not_imposed"
    PLACES_KEPT = "places_kept"
    REJECTION_LEFT = "rejection_left"


class WebhookKind(TextChoices):
    """What a project's webhooks are told; the value is the message's ``type``."""

    PING = "ping"
    TASK_COMPLETED = "task.completed"
    TASK_REOPENED = "task.reopened"
    OVERLAP_EXTENDED = "overlap.extended"
    GOLD_FAILED = "gold.failed"
    WORKER_WARNED = "worker.warned"
    WORKER_RESTRICTED = "worker.restricted"
    WORKER_SUSPENDED = "worker.suspended"
    DISPUTE_OPENED = "dispute.opened"
    CONSENSUS_CHANGED = "consensus.changed"
    PAYOUT_APPROVED = "payout.approved"
    EXPORT_READY = "export.ready"


class DeliveryState(TextChoices):
    """A delivery is tried until it is delivered, or dead: kept in the log for a redelivery by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
