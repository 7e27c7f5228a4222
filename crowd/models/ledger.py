"""The ledger: accounts, transactions whose entries sum to zero, and the budget from which claims reserve.

A transaction row is written after its entries: a trigger then refuses it unless they sum to zero per currency, and
refuses any further entry, on SQLite as on PostgreSQL. The deferred foreign key of the entries makes the row
obligatory.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import AccountKind, TransactionKind
from crowd.models.answer import Answer
from crowd.models.project import Project
from crowd.models.worker import Worker


class Account(models.Model):
    """Where money stands: what a project spent, what a worker or a provider is owed."""

    kind = models.CharField(max_length=20, choices=AccountKind)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="accounts")
    worker = models.ForeignKey(Worker, null=True, on_delete=models.PROTECT, related_name="accounts")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "worker", "currency"], name="account_of_worker_once"),
            # NULLs are distinct to the constraint above: accounts without a worker need their own.
            models.UniqueConstraint(
                fields=["project", "kind", "currency"], condition=Q(worker__isnull=True), name="account_of_project_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.PROJECT_COST, worker__isnull=True)
                | (~Q(kind=AccountKind.PROJECT_COST) & Q(worker__isnull=False)),
                name="account_payable_has_a_worker",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.currency}"


class Transaction(models.Model):
    """Why money moved; append-only, sealed as soon as it is written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="transactions")
    kind = models.CharField(max_length=20, choices=TransactionKind)
    answer = models.ForeignKey(Answer, null=True, on_delete=models.PROTECT, related_name="transactions")
    idempotency_key = models.CharField(max_length=100, unique=True)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "kind"],
                condition=~Q(kind=TransactionKind.REVERSAL),
                name="transaction_answer_kind_once",
            )
        ]
        indexes = [models.Index(fields=["project", "created_at"], name="transaction_of_project")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class Entry(models.Model):
    """One line of a transaction: ``amount_micros`` micro-units of the account's currency, never zero."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount_micros = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=~Q(amount_micros=0), name="entry_moves_something")]

    def __str__(self) -> str:
        return f"{self.amount_micros} on {self.account_id}"


class BudgetShard(models.Model):
    """A part of what is left of a project's budget: several rows, so that claims do not queue for one."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="budget_shards")
    left_micros = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(left_micros__gte=0), name="budget_never_overspent")]

    def __str__(self) -> str:
        return f"{self.left_micros} left of {self.project_id}"
