"""What the database itself refuses, whatever the code does."""

from __future__ import annotations

import uuid

import pytest
from cast import Cast, make_cast
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import AccountKind, AssignmentState, TransactionKind
from crowd.models import (
    Account,
    Answer,
    Assignment,
    BudgetShard,
    Entry,
    Event,
    IdempotencyRecord,
    Task,
    Transaction,
    TrustChange,
    User,
)

pytestmark = pytest.mark.django_db


def refuses(act: object, *words: str) -> None:
    """The database refuses the act and says these words."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        act()  # type: ignore[operator]
    for word in words:
        assert word in str(refusal.value)


def accounts(cast: Cast) -> tuple[Account, Account]:
    cost = Account.objects.create(project=cast.project, kind=AccountKind.PROJECT_COST, currency="USD")
    owed = Account.objects.create(
        project=cast.project, kind=AccountKind.WORKER_PAYABLE, worker=cast.worker, currency="USD"
    )
    return cost, owed


def post(cast: Cast, *lines: tuple[Account, int]) -> Transaction:
    key = uuid.uuid4()
    Entry.objects.bulk_create(Entry(transaction_id=key, account=account, amount_micros=n) for account, n in lines)
    return Transaction.objects.create(
        id=key,
        project=cast.project,
        kind=TransactionKind.BONUS,
        idempotency_key=str(key),
        reason="test",
        created_at=timezone.now(),
    )


def test_more_places_than_there_are_cannot_be_taken(cast: Cast) -> None:
    Task.objects.filter(key="t1").update(open_slots=0, is_open=False)
    refuses(lambda: Task.objects.filter(key="t1").update(open_slots=F("open_slots") - 1))


def test_more_places_cannot_be_open_than_the_overlap(cast: Cast) -> None:
    refuses(lambda: Task.objects.filter(key="t1").update(open_slots=3), "task_slots_within_overlap")


def test_a_task_is_not_claimable_without_a_place(cast: Cast) -> None:
    refuses(lambda: Task.objects.filter(key="t1").update(open_slots=0), "task_open_has_a_slot")


def test_a_task_has_one_assignment_per_worker(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    twin = Assignment.objects.get(pk=assignment.pk)
    twin.pk, twin.uid = None, uuid.uuid4()
    refuses(lambda: twin.save(force_insert=True))


def test_a_worker_answers_a_task_once_and_an_assignment_has_one_answer(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    twin = Answer.objects.get(pk=answer.pk)
    twin.pk, twin.uid = None, uuid.uuid4()
    refuses(lambda: twin.save(force_insert=True))


def test_an_assignment_that_is_over_has_an_end(cast: Cast) -> None:
    cast.claim()
    refuses(lambda: Assignment.objects.update(state=AssignmentState.EXPIRED), "assignment_ended_unless_active")


def test_an_answers_value_never_changes(cast: Cast) -> None:
    cast.answer(cast.worker)
    refuses(lambda: Answer.objects.update(value="negative"), "append-only")
    refuses(lambda: Answer.objects.all()._raw_delete("default"), "append-only")


def test_entries_that_do_not_sum_to_zero_are_refused(cast: Cast) -> None:
    cost, owed = accounts(cast)
    refuses(lambda: post(cast, (cost, 5), (owed, -4)), "sum to zero")


def test_each_currency_sums_to_zero_by_itself(cast: Cast) -> None:
    cost, _ = accounts(cast)
    euros = Account.objects.create(
        project=cast.project, kind=AccountKind.WORKER_PAYABLE, worker=cast.worker, currency="EUR"
    )
    refuses(lambda: post(cast, (cost, 5), (euros, -5)), "sum to zero")


def test_a_transaction_needs_entries(cast: Cast) -> None:
    refuses(lambda: post(cast), "needs entries")


def test_a_sealed_transaction_takes_no_further_entry(cast: Cast) -> None:
    cost, owed = accounts(cast)
    sealed = post(cast, (cost, 5), (owed, -5))
    refuses(lambda: Entry.objects.create(transaction=sealed, account=cost, amount_micros=1), "sealed")


def test_entries_without_a_transaction_do_not_survive_the_commit(cast: Cast) -> None:
    cost, _ = accounts(cast)
    Entry.objects.create(transaction_id=uuid.uuid4(), account=cost, amount_micros=1)
    with pytest.raises(IntegrityError):
        connection.check_constraints()
    transaction.set_rollback(True)


def test_money_that_was_written_down_stays(cast: Cast) -> None:
    cost, owed = accounts(cast)
    post(cast, (cost, 5), (owed, -5))
    refuses(lambda: Entry.objects.update(amount_micros=7), "append-only")
    refuses(lambda: Entry.objects.all()._raw_delete("default"), "append-only")
    refuses(lambda: Transaction.objects.update(reason="other"), "append-only")
    refuses(lambda: Transaction.objects.all()._raw_delete("default"), "append-only")


def test_history_is_append_only(cast: Cast) -> None:
    refuses(lambda: Event.objects.update(detail={}), "append-only")
    refuses(lambda: Event.objects.all()._raw_delete("default"), "append-only")
    TrustChange.objects.create(
        project=cast.project,
        worker=cast.worker,
        from_level="new",
        to_level="trusted",
        rule="test",
        rule_version=1,
        reason="test",
        evidence={},
        created_at=timezone.now(),
    )
    refuses(lambda: TrustChange.objects.update(reason="other"), "append-only")
    refuses(lambda: TrustChange.objects.all()._raw_delete("default"), "append-only")


def test_a_budget_cannot_be_overspent() -> None:
    cast = make_cast(budget_micros=80)
    assert cast.project.budget_micros == 80
    refuses(lambda: BudgetShard.objects.update(left_micros=-1), "budget_never_overspent")


def test_an_idempotency_key_has_one_outcome(cast: Cast) -> None:
    IdempotencyRecord.objects.create(user=cast.owner, key="k", request_digest="a")
    refuses(lambda: IdempotencyRecord.objects.create(user=cast.owner, key="k", request_digest="b"))


def test_one_address_is_one_account_whatever_its_case(cast: Cast) -> None:
    refuses(lambda: User(email="OLGA@example.org").save())
