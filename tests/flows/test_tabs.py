"""One worker in several tabs at once: no deadlock, no second task in hand, nothing answered twice."""

from __future__ import annotations

import threading

import pytest
from cast import make_cast
from django.db import connection

from crowd.errors import AlreadySubmitted
from crowd.models import Answer
from crowd.queries.exactness import broken_promises
from crowd.services.answers import submit_and_claim, submit_answer
from crowd.services.assignments import claim_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

TABS = 3


def test_tabs_neither_deadlock_nor_double() -> None:
    cast = make_cast(tasks=25, workers=3, min_overlap=2, max_overlap=3, budget_micros=10**9)
    failures: list[BaseException] = []

    def work(n: int, tab: int) -> None:
        worker = cast.workers[n]
        try:
            claim = claim_task(project_uid=cast.project.uid, worker=worker)
            while claim.assignment is not None:
                uid = claim.assignment.uid
                try:
                    if tab % 2:
                        both = submit_and_claim(assignment_uid=uid, worker=worker, value="neutral")
                        assert both.claim is not None
                        claim = both.claim
                        continue
                    submit_answer(assignment_uid=uid, worker=worker, value="positive")
                except AlreadySubmitted:
                    pass  # the other tab was faster
                claim = claim_task(project_uid=cast.project.uid, worker=worker)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n, tab)) for n in range(3) for tab in range(TABS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a tab hangs"
    assert failures == []
    assert Answer.objects.count() == 50
    assert not any(broken_promises(cast.project).values())
