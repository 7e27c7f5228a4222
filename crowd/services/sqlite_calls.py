"""The hot path on SQLite: what the functions of migration 0005 do on PostgreSQL, as few statements as there.

Each function answers with a row of the same shape as its namesake there, by the same rules, line by line. SQLite has
no functions to put them in, and no round trips to spare: what is saved is the ORM.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from crowd.queries.tasks import Walk, pick_open_task

Row = tuple[Any, ...]

# As long as the longest transaction that may open a task unseen; `crowd.services.assignments` has the same.
OPENED_MARGIN = timedelta(seconds=5)
CLAIM_COLUMNS = 21
EMPTY: Row = (None,) * CLAIM_COLUMNS

_WHO = """
    SELECT n.id, n.trust_level, n.walk_priority, n.walk_rnd, n.idle_reply, n.idle_since, n.idle_until, p.state,
           p.price_micros, p.budget_micros, p.id, p.answer_type, p.labels, p.currency, p.lease_seconds, p.gold_rate,
           coalesce(s.gold_right, 0), coalesce(s.gold_wrong, 0), r.id, w.paused_until
    FROM crowd_project p
    JOIN crowd_enrolment n ON n.project_id = p.id AND n.worker_id = ?
    LEFT JOIN crowd_skill s ON s.project_id = p.id AND s.worker_id = n.worker_id
    LEFT JOIN crowd_workterms w ON w.enrolment_id = n.id
    LEFT JOIN crowd_requirements r ON r.project_id = p.id
    WHERE p.uid = ?
"""
_LIVE = """
    SELECT a.id, a.uid, a.task_id, a.is_gold, a.holds_place, a.reserved_micros, a.shard_id, a.claimed_at, a.deadline,
           t.uid, t.key, t.payload
    FROM crowd_assignment a JOIN crowd_task t ON t.id = a.task_id
    WHERE a.worker_id = ? AND a.project_id = ? AND a.state = 'active'
"""
_OPENED = "SELECT 1 FROM crowd_task WHERE project_id = ? AND is_open AND opened_at > ? ORDER BY opened_at DESC LIMIT 1"
_GOLD = """
    SELECT g.id, g.task_id FROM crowd_gold g
    WHERE g.project_id = ? AND g.is_active AND NOT EXISTS (
        SELECT 1 FROM crowd_assignment a WHERE a.task_id = g.task_id AND a.worker_id = ?
    )
    ORDER BY g.times_used, g.rnd LIMIT 1
"""
_SHARD = "SELECT id FROM crowd_budgetshard WHERE project_id = ? AND left_micros >= ? ORDER BY random() LIMIT 1"
_TAKE = """
    UPDATE crowd_task SET open_slots = open_slots - 1, is_open = open_slots > 1
    WHERE id = ? AND is_open RETURNING uid, key, payload
"""
_LEND = """
    INSERT INTO crowd_assignment (
        uid, project_id, task_id, worker_id, state, is_gold, holds_place, reserved_micros, shard_id, claimed_at,
        deadline
    ) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, ?) RETURNING id, uid
"""
_LEND_AGAIN = """
    UPDATE crowd_assignment SET state = 'active', ended_at = NULL, is_gold = ?, holds_place = ?, reserved_micros = ?,
        shard_id = ?, claimed_at = ?, deadline = ?
    WHERE id = ? AND state IN ('expired', 'released') RETURNING id, uid
"""
_ENROLMENT = """
    UPDATE crowd_enrolment SET claims = claims + 1, gold_claims = gold_claims + ?, walk_priority = ?, walk_rnd = ?,
        idle_until = NULL
    WHERE id = ?
"""
_SUBMITTED = """
    UPDATE crowd_assignment SET state = 'submitted', ended_at = ?
    WHERE uid = ? AND worker_id = ? AND state = 'active'
        AND EXISTS (SELECT 1 FROM crowd_project p WHERE p.id = project_id AND p.uid = ?)
    RETURNING id, task_id, project_id, is_gold, holds_place, claimed_at
"""
_ANSWER = """
    INSERT INTO crowd_answer (
        uid, project_id, task_id, worker_id, assignment_id, value, label_index, is_gold, is_model, holds_place,
        is_surplus, elapsed_seconds, created_at, process_attempts
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0) RETURNING id
"""


def claim(
    project: uuid.UUID, worker: int, _lock: int, start: float, rate: float, right: int, wrong: int, wants_gold: bool
) -> Row:
    """``assay_claim``: status, assignment and task, or what is unusual and left to the caller, nothing changed."""
    with transaction.atomic():
        return _claimed(project, worker, start, (rate, right, wrong), wants_gold)


def submit(
    assignment: uuid.UUID, worker: int, project: uuid.UUID, value: str, label_index: int | None, is_model: bool
) -> Row | None:
    """``assay_submit``: the answer that was stored, or None."""
    with transaction.atomic():
        return _submitted(assignment, worker, project, value, label_index, is_model)


def submit_claim(
    assignment: uuid.UUID,
    worker: int,
    project: uuid.UUID,
    value: str,
    label_index: int | None,
    is_model: bool,
    _lock: int,
    start: float,
    rate: float,
    right: int,
    wrong: int,
    wants_gold: bool,
) -> Row | None:
    """``assay_submit_claim``: both in one transaction, or None."""
    with transaction.atomic():
        stored = _submitted(assignment, worker, project, value, label_index, is_model)
        if stored is None:
            return None
        return stored + _claimed(project, worker, start, (rate, right, wrong), wants_gold)


def _claimed(project: uuid.UUID, worker: int, start: float, basis: Row, wants_gold: bool) -> Row:
    moment = datetime.now(UTC)
    who = _one(_WHO, worker, project.hex)
    if who is None:
        return _with("careful")
    (enrolment, level, walk_priority, walk_rnd, idle_reply, idle_since, idle_until, state) = who[:8]
    (price, budget, project_id, answer_type, labels, currency, lease_seconds) = who[8:15]
    newest, requirements, paused_until = who[15:18], who[18], _aware(who[19])
    is_paused = paused_until is not None and paused_until > moment
    if level not in ("new", "trusted") or state != "live" or requirements is not None or is_paused:
        return _with("careful")
    of_project = (project_id, answer_type, labels, currency, lease_seconds)

    live = _one(_LIVE, worker, project_id)
    if live is not None:
        deadline = _aware(live[8])
        if deadline is None or deadline <= moment:
            return _with("careful")
        held = (live[0], uuid.UUID(live[1]), live[2], bool(live[3]), bool(live[4]), live[5], live[6], _aware(live[7]))
        return ("assigned", *held, deadline, uuid.UUID(live[9]), *live[10:12], *of_project, None, None, None)

    idle_until = _aware(idle_until)
    if idle_until is not None and idle_until > moment:
        since = _aware(idle_since)
        if since is not None and _one(_OPENED, project_id, _text(since - OPENED_MARGIN)) is None:
            return _with(idle_reply)
    if basis != newest:
        return ("basis", *EMPTY[1:18], *newest)

    pick = pick_open_task(project_id=project_id, worker_id=worker, walk=Walk(walk_priority, walk_rnd), start=start)
    if pick.task_id is None:
        walked = "UPDATE crowd_enrolment SET walk_priority = ?, walk_rnd = ? WHERE id = ?"
        _run(walked, pick.walk.priority, pick.walk.rnd, enrolment)
        row = list(_with("nothing" if pick.is_exhausted else "wait"))
        row[8] = moment
        return tuple(row)
    task_id, prior = pick.task_id, pick.prior_id
    gold = _one(_GOLD, project_id, worker) if wants_gold else None
    is_gold = gold is not None
    if gold is not None:
        task_id, prior = gold[1], None

    shard = None
    if price > 0 and budget is not None:
        found = _one(_SHARD, project_id, price)
        if found is None:
            return _with("careful")
        shard = found[0]
        _run("UPDATE crowd_budgetshard SET left_micros = left_micros - ? WHERE id = ?", price, shard)
    if gold is not None:
        _run("UPDATE crowd_gold SET times_used = times_used + 1 WHERE id = ?", gold[0])
        task = _one("SELECT uid, key, payload FROM crowd_task WHERE id = ?", task_id)
    else:
        task = _one(_TAKE, task_id)
    if task is None:
        raise AssertionError(f"task {task_id} was picked, but has no open place")
    deadline = moment + timedelta(seconds=lease_seconds)
    terms = (is_gold, not is_gold, price, shard, _text(moment), _text(deadline))
    if prior is None:
        lent = _one(_LEND, uuid.uuid4().hex, project_id, task_id, worker, *terms)
    else:
        lent = _one(_LEND_AGAIN, *terms, prior)
    if lent is None:
        raise AssertionError(f"assignment {prior} changed hands inside a transaction that excludes all others")
    _run(_ENROLMENT, int(is_gold), pick.walk.priority, pick.walk.rnd, enrolment)
    assignment = (lent[0], uuid.UUID(lent[1]), task_id, is_gold, not is_gold, price, shard, moment, deadline)
    return ("assigned", *assignment, uuid.UUID(task[0]), *task[1:3], *of_project, None, None, None)


def _submitted(
    assignment: uuid.UUID, worker: int, project: uuid.UUID, value: str, label_index: int | None, is_model: bool
) -> Row | None:
    moment = datetime.now(UTC)
    found = _one(_SUBMITTED, _text(moment), assignment.hex, worker, project.hex)
    if found is None:
        return None
    assignment_id, task_id, project_id, is_gold, holds_place = (*found[:3], bool(found[3]), bool(found[4]))
    claimed_at = _aware(found[5])
    elapsed = 0.0 if claimed_at is None else max(0.0, (moment - claimed_at).total_seconds())
    uid = uuid.uuid4()
    stored = _one(
        _ANSWER,
        *(uid.hex, project_id, task_id, worker, assignment_id, value, label_index, is_gold, is_model, holds_place),
        *(elapsed, _text(moment)),
    )
    assert stored is not None
    return (stored[0], uid, moment, elapsed, assignment_id, task_id, project_id, is_gold, holds_place)


def _with(status: str) -> Row:
    return (status, *EMPTY[1:])


def _one(statement: str, *parameters: Any) -> Row | None:
    """The first row of a statement, past Django's cursor, whose work on parameters costs as much as the statement."""
    with connection.wrap_database_errors:
        rows: list[Row] = connection.connection.execute(statement, parameters).fetchall()
    return rows[0] if rows else None


def _run(statement: str, *parameters: Any) -> None:
    with connection.wrap_database_errors:
        connection.connection.execute(statement, parameters)


def _text(moment: datetime) -> str:
    """As Django stores a time."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def _aware(stored: Any) -> datetime | None:
    """A stored time; a column read through an expression comes as text."""
    if stored is None:
        return None
    moment = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return moment.replace(tzinfo=UTC)
