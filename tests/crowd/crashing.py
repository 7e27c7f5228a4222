"""Kills an operation at any of its statements: the process that held the transaction is gone, the rows are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


class Crash(BaseException):
    """Not an Exception: nothing in the code may catch it, as nothing catches kill -9."""


@contextmanager
def crashing_at(statement: int) -> Iterator[None]:
    """Let the n-th statement of the block (from 0) never happen."""
    left = [statement]

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            if left[0] == 0:
                left[0] = -1
                raise Crash
            left[0] -= 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


def crash_then_again(act: Callable[[], Any], statement: int | None) -> Any:
    """Run the act; with a number, first kill it at that statement: what its services had committed by then stays."""
    if statement is not None:
        try:
            with crashing_at(statement):
                return act()
        except Crash:
            pass
    return act()
