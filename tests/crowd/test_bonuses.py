"""Bonuses: with a reason, each key once, a file whole or not at all."""

from __future__ import annotations

import pytest
from cast import Cast, make_cast
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crowd.enums import AccountKind, EventKind
from crowd.errors import BudgetExhausted, InvalidInput
from crowd.models import Bonus, BudgetShard, Entry, Event
from crowd.policies.bonus_rows import read_bonus_rows
from crowd.queries.exactness import broken_promises
from crowd.services.bonuses import pay_bonus, pay_bonuses_csv
from crowd.services.workers import enrol, worker_of_user

pytestmark = pytest.mark.django_db

HEADER = "key,worker,amount,reason\n"


@pytest.fixture
def cast() -> Cast:
    return make_cast(budget_micros=10_000_000)


def csv_of(cast: Cast, *rows: tuple[str, int, str, str]) -> str:
    lines = [f"{key},{cast.workers[n].uid},{amount},{reason}" for key, n, amount, reason in rows]
    return HEADER + "\n".join(lines) + "\n"


def pay(cast: Cast, text: str, *, is_dry_run: bool = False) -> tuple[int, int, int, bool]:
    paid = pay_bonuses_csv(project=cast.project, text=text, actor=cast.manager, is_dry_run=is_dry_run)
    return paid.paid, paid.paid_micros, paid.paid_before, paid.is_covered


def owed(cast: Cast, n: int) -> int:
    rows = Entry.objects.filter(account__worker=cast.workers[n], account__kind=AccountKind.WORKER_PAYABLE)
    return -sum(entry.amount_micros for entry in rows)


def problems(cast: Cast, text: str) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        pay(cast, text)
    assert Bonus.objects.count() == 0
    return [problem.pointer for problem in refusal.value.problems]


def test_one_bonus_is_paid_once_per_key(cast: Cast) -> None:
    for _ in range(2):
        bonus = pay_bonus(
            project=cast.project,
            key="b1",
            worker_uid=cast.worker.uid,
            amount_micros=1_500_000,
            reason="careful notes",
            actor=cast.manager,
        )
    assert (bonus.amount_micros, bonus.transaction.reason, owed(cast, 0)) == (1_500_000, "careful notes", 1_500_000)
    assert sum(shard.left_micros for shard in BudgetShard.objects.all()) == 8_500_000
    assert not any(broken_promises(cast.project).values())


def test_a_file_is_tried_then_paid_then_paid_no_more(cast: Cast) -> None:
    text = csv_of(cast, ("a", 0, "1.25", "fast"), ("b", 1, "0.000001", "=1+1"))
    assert pay(cast, text, is_dry_run=True) == (2, 1_250_001, 0, True)
    assert Bonus.objects.count() == 0
    assert pay(cast, text) == (2, 1_250_001, 0, True)
    assert pay(cast, text) == (0, 0, 2, True)
    assert pay(cast, csv_of(cast, ("a", 0, "1.25", "fast"), ("c", 0, "2", "more"))) == (1, 2_000_000, 1, True)
    assert (owed(cast, 0), owed(cast, 1)) == (3_250_000, 1)
    assert Event.objects.filter(kind=EventKind.BONUS_PAID).count() == 2
    assert not any(broken_promises(cast.project).values())


def test_every_bad_line_is_named_and_nothing_is_paid(cast: Cast) -> None:
    uid = cast.worker.uid
    text = (
        f"{HEADER}a,{uid},1,ok\na,{uid},1,twice\nb,nobody,1,x\nc,{uid},-1,x\nd,{uid},1.0000001,x\n"
        f"e,{uid},1,\nf,{uid},1\n,{uid},0,x\n"
    )
    assert problems(cast, text) == [
        *("/csv/3/key", "/csv/4/worker", "/csv/5/amount", "/csv/6/amount", "/csv/7/reason", "/csv/8"),
        *("/csv/9/key", "/csv/9/amount"),
    ]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [("", ["/csv/1"]), (HEADER, ["/csv"]), ("worker,amount\n", ["/csv/1"]), (HEADER + 'a,"b', ["/csv/2"])],
)
def test_what_is_no_file_of_bonuses_is_refused(cast: Cast, text: str, pointers: list[str]) -> None:
    assert problems(cast, text) == pointers
    with pytest.raises(InvalidInput, match=r"^1 problem in the file; nothing was paid"):
        pay(cast, text)


def test_a_file_is_read_with_mark_and_columns_in_any_order() -> None:
    uid = "6f1c0f0e-0000-4000-8000-000000000001"
    rows, found = read_bonus_rows(f'\ufeffreason,amount,worker,key\r\n"a, b",0.5,{uid},k\r\n\r\n')
    assert (found, [(row.line, row.key, row.amount_micros, row.reason) for row in rows]) == (
        [],
        [(2, "k", 500_000, "a, b")],
    )


def test_only_people_of_the_project_and_never_oneself(cast: Cast) -> None:
    stranger = make_cast().worker
    enrol(project=cast.project, worker=worker_of_user(cast.manager))
    own = worker_of_user(cast.manager).uid
    assert problems(cast, f"{HEADER}a,{stranger.uid},1,x\nb,{own},1,x\n") == ["/csv/2/worker", "/csv/3/worker"]


def test_a_key_that_paid_another_bonus_is_refused(cast: Cast) -> None:
    pay(cast, csv_of(cast, ("a", 0, "1", "x")))
    with pytest.raises(InvalidInput):
        pay(cast, csv_of(cast, ("a", 0, "2", "x"), ("b", 0, "1", "x")))
    assert Bonus.objects.count() == 1


def test_a_file_above_the_budget_pays_nothing(cast: Cast) -> None:
    text = csv_of(cast, ("a", 0, "9", "x"), ("b", 1, "1.000001", "x"))
    assert pay(cast, text, is_dry_run=True) == (2, 10_000_001, 0, False)
    with pytest.raises(BudgetExhausted):
        pay(cast, text)
    assert (Bonus.objects.count(), owed(cast, 0)) == (0, 0)


def test_three_rows_take_no_more_statements_than_one(cast: Cast) -> None:
    pay(cast, csv_of(cast, ("first", 0, "0.1", "opens the accounts")))
    counts = []
    for name, rows in (("a", 1), ("b", 3)):
        text = csv_of(cast, *((f"{name}{n}", n, "0.1", "x") for n in range(rows)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            pay(cast, text)
        counts.append(len(queries))
    assert counts[0] == counts[1]
