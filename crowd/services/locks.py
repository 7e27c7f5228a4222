"""Serialises what one worker does at once in several tabs."""

from __future__ import annotations

from django.db import connection

# Keeps these keys apart from any other use of advisory locks in the same database.
NAMESPACE = 0x4153 << 40
BOOKS_NAMESPACE = 0x4154 << 40


def worker_key(worker_id: int) -> int:
    """The advisory lock's key of a worker."""
    return NAMESPACE + worker_id


def lock_worker(worker_id: int) -> None:
    """Hold the worker until the transaction ends; always the first lock taken.

    Two tabs of one worker would otherwise lock tasks in different orders. On SQLite the immediate transaction has
    already excluded everybody else.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [worker_key(worker_id)])


def lock_books(project_id: int) -> None:
    """Hold a project's payouts and bonuses until the transaction ends: batches and files of bonuses take turns.

    Claims and answers do not wait for it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BOOKS_NAMESPACE + project_id])
