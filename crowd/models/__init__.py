"""Rows with their fields and constraints; no workflow."""

from crowd.models.access import ApiKey, IdempotencyRecord
from crowd.models.aggregation import AggregationRun, Consensus, Skill
from crowd.models.answer import Answer
from crowd.models.assignment import Assignment
from crowd.models.event import Event
from crowd.models.ledger import Account, BudgetShard, Entry, Transaction
from crowd.models.project import Membership, Project
from crowd.models.task import Gold, Task
from crowd.models.trust import TrustChange
from crowd.models.user import User
from crowd.models.worker import Enrolment, Worker

__all__ = [
    "Account",
    "AggregationRun",
    "Answer",
    "ApiKey",
    "Assignment",
    "BudgetShard",
    "Consensus",
    "Enrolment",
    "Entry",
    "Event",
    "Gold",
    "IdempotencyRecord",
    "Membership",
    "Project",
    "Skill",
    "Task",
    "Transaction",
    "TrustChange",
    "User",
    "Worker",
]
