"""Rows with their fields and constraints; no workflow."""

from crowd.models.access import ApiKey, IdempotencyRecord, RateWindow
from crowd.models.adjudication import Adjudication
from crowd.models.aggregation import AggregationRun, Consensus, ItemScore, Skill
from crowd.models.answer import Answer
from crowd.models.assignment import Assignment
from crowd.models.audit import Audit
from crowd.models.classifier import ClassifierSnapshot
from crowd.models.consent import Consent, ConsentText
from crowd.models.control import AskedMore
from crowd.models.costs import Bonus, ModelCost
from crowd.models.eligibility import Requirements, WorkTerms
from crowd.models.event import Event
from crowd.models.export import Export
from crowd.models.fairness import FairnessTerms
from crowd.models.flag import DeviceSighting, Flag
from crowd.models.gate import GateTerms, ModelStanding, ModelTest, VoteChange
from crowd.models.imports import Import, ImportedWorker, ImportProblem
from crowd.models.ledger import Account, BudgetShard, Entry, Transaction
from crowd.models.model_work import ModelDecision, PrevalenceDraw, Suggestion
from crowd.models.panel import Panel, PanelClock
from crowd.models.pay import Appeal, PayReview, PayTerms, PriceRule, QuotedPrice
from crowd.models.payout import Batch, BatchFile, BatchLine, PaidEntry, PayeeDetails
from crowd.models.project import Membership, Project
from crowd.models.prompt import Example, ExamplePool, PromptTemplate, PromptVersion
from crowd.models.qualification import Attempt, Course, CourseItem, Qualification, Step
from crowd.models.rater import Rater, RaterExample, RaterRun
from crowd.models.rater_batch import RaterBatch
from crowd.models.reading import Measurement, ProjectReading, WorkerReading
from crowd.models.restitution import Restitution, RestitutionLine
from crowd.models.rule import Rule, RuleFiring
from crowd.models.seal import EventSeal, SealClock
from crowd.models.served import ServedModel
from crowd.models.stored_file import FileChunk, StoredFile
from crowd.models.task import Gold, Task
from crowd.models.trust import ReopenedPlace, TrustChange
from crowd.models.trust_appeal import TrustAppeal
from crowd.models.user import User
from crowd.models.vote import CachedVote, CallBucket, InjectionFlag, RaterCall, VoteDetail, VoteFailure
from crowd.models.webhook import Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage
from crowd.models.worker import Enrolment, Worker

__all__ = [
    "Account",
    "Adjudication",
    "AggregationRun",
    "Answer",
    "ApiKey",
    "Appeal",
    "AskedMore",
    "Assignment",
    "Attempt",
    "Audit",
    "Batch",
    "BatchFile",
    "BatchLine",
    "Bonus",
    "BudgetShard",
    "CachedVote",
    "CallBucket",
    "ClassifierSnapshot",
    "Consensus",
    "Consent",
    "ConsentText",
    "Course",
    "CourseItem",
    "DeviceSighting",
    "Enrolment",
    "Entry",
    "Event",
    "EventSeal",
    "Example",
    "ExamplePool",
    "Export",
    "FairnessTerms",
    "FileChunk",
    "Flag",
    "GateTerms",
    "Gold",
    "IdempotencyRecord",
    "Import",
    "ImportProblem",
    "ImportedWorker",
    "InjectionFlag",
    "ItemScore",
    "Measurement",
    "Membership",
    "ModelCost",
    "ModelDecision",
    "ModelStanding",
    "ModelTest",
    "PaidEntry",
    "Panel",
    "PanelClock",
    "PayReview",
    "PayTerms",
    "PayeeDetails",
    "PrevalenceDraw",
    "PriceRule",
    "Project",
    "ProjectReading",
    "PromptTemplate",
    "PromptVersion",
    "Qualification",
    "QuotedPrice",
    "RateWindow",
    "Rater",
    "RaterBatch",
    "RaterCall",
    "RaterExample",
    "RaterRun",
    "ReopenedPlace",
    "Requirements",
    "Restitution",
    "RestitutionLine",
    "Rule",
    "RuleFiring",
    "SealClock",
    "ServedModel",
    "Skill",
    "Step",
    "StoredFile",
    "Suggestion",
    "Task",
    "Transaction",
    "TrustAppeal",
    "TrustChange",
    "User",
    "VoteChange",
    "VoteDetail",
    "VoteFailure",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookMessage",
    "WorkTerms",
    "Worker",
    "WorkerReading",
]
