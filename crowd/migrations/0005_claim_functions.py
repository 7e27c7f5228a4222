"""The hot path on PostgreSQL: claim, submit, both in one, as functions of one call and one plan each."""

from django.db import migrations

# The planner is held to the indexes: its estimates for a table that was analyzed while full, or while empty, lead it
# to scans that cost a hundred times as much (benchmarks/claims.py; docs/decisions/0006).
# The LATERAL with OFFSET 0 is a fence: without it the anti-join is planned over all answers of the worker.
PICK = """
CREATE FUNCTION assay_pick(
    p_project bigint, p_worker bigint, p_start float8, p_priority smallint, p_rnd float8,
    OUT task_id bigint, OUT prior_id bigint, OUT walk_priority smallint, OUT walk_rnd float8, OUT is_exhausted boolean
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off AS $$
DECLARE
    c_glance CONSTANT int := 64;
    level smallint;
    at float8;
    budget int := 5000;
    last float8;
    seen int;
    lap int;
BEGIN
    walk_priority := p_priority;
    walk_rnd := p_rnd;
    is_exhausted := false;
    FOR lap IN 1..2 LOOP
        level := NULL;
        LOOP
            SELECT t.priority INTO level FROM crowd_task t
            WHERE t.project_id = p_project AND t.is_open AND t.priority < coalesce(level, 32767::int + 1)
            ORDER BY t.priority DESC LIMIT 1;
            EXIT WHEN NOT FOUND;
            -- Two glances from a random place: all that a newcomer, and nearly always all that a veteran, needs.
            SELECT t.id, prior.id INTO task_id, prior_id
            FROM (
                SELECT i.id FROM crowd_task i
                WHERE i.project_id = p_project AND i.is_open AND i.priority = level AND i.rnd >= p_start
                ORDER BY i.rnd LIMIT c_glance
            ) c
            JOIN crowd_task t ON t.id = c.id AND t.is_open
            LEFT JOIN LATERAL (
                SELECT a.id, a.state FROM crowd_assignment a
                WHERE a.task_id = c.id AND a.worker_id = p_worker OFFSET 0
            ) prior ON true
            WHERE prior.id IS NULL OR prior.state IN ('expired', 'released')
            LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED;
            IF FOUND THEN RETURN; END IF;
            SELECT t.id, prior.id INTO task_id, prior_id
            FROM (
                SELECT i.id FROM crowd_task i
                WHERE i.project_id = p_project AND i.is_open AND i.priority = level AND i.rnd < p_start
                ORDER BY i.rnd LIMIT c_glance
            ) c
            JOIN crowd_task t ON t.id = c.id AND t.is_open
            LEFT JOIN LATERAL (
                SELECT a.id, a.state FROM crowd_assignment a
                WHERE a.task_id = c.id AND a.worker_id = p_worker OFFSET 0
            ) prior ON true
            WHERE prior.id IS NULL OR prior.state IN ('expired', 'released')
            LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED;
            IF FOUND THEN RETURN; END IF;
            -- A level above the walk was walked to its end in this lap: what opened there since is left to glances.
            CONTINUE WHEN walk_priority < level;
            at := CASE WHEN walk_priority = level THEN walk_rnd ELSE 0 END;
            SELECT t.id, prior.id, t.rnd INTO task_id, prior_id, last
            FROM (
                SELECT i.id FROM crowd_task i
                WHERE i.project_id = p_project AND i.is_open AND i.priority = level AND i.rnd >= at
                ORDER BY i.rnd LIMIT budget
            ) c
            JOIN crowd_task t ON t.id = c.id AND t.is_open
            LEFT JOIN LATERAL (
                SELECT a.id, a.state FROM crowd_assignment a
                WHERE a.task_id = c.id AND a.worker_id = p_worker OFFSET 0
            ) prior ON true
            WHERE prior.id IS NULL OR prior.state IN ('expired', 'released')
            LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED;
            IF FOUND THEN
                walk_priority := level;
                walk_rnd := last;
                RETURN;
            END IF;
            SELECT max(w.rnd), count(*) INTO last, seen
            FROM (
                SELECT i.rnd FROM crowd_task i
                WHERE i.project_id = p_project AND i.is_open AND i.priority = level AND i.rnd >= at
                ORDER BY i.rnd LIMIT budget
            ) w;
            walk_priority := level;
            IF seen >= budget THEN
                walk_rnd := last;
                RETURN;
            END IF;
            walk_rnd := 1;
            budget := budget - seen;
        END LOOP;
        walk_priority := NULL;
        walk_rnd := NULL;
        -- Only a lap that began at the beginning has seen everything.
        IF lap = 2 OR p_priority IS NULL THEN
            is_exhausted := true;
            RETURN;
        END IF;
    END LOOP;
END $$;
"""

# What is unusual in any way (not enrolled, suspended, paused, requirements, overdue, no budget) is left to the caller: status
# 'careful', with nothing changed. 'basis': the caller drew for gold from figures that are not the newest.
CLAIM = """
CREATE FUNCTION assay_claim(
    p_project uuid, p_worker bigint, p_lock bigint, p_start float8,
    p_rate float8, p_right int, p_wrong int, p_wants_gold boolean,
    OUT status text, OUT assignment_id bigint, OUT assignment_uid uuid, OUT task_id bigint, OUT is_gold boolean,
    OUT holds_place boolean, OUT reserved_micros bigint, OUT shard_id bigint, OUT claimed_at timestamptz,
    OUT deadline timestamptz, OUT task_uid uuid, OUT task_key text, OUT payload jsonb,
    OUT project_id bigint, OUT answer_type text, OUT labels jsonb, OUT currency text, OUT lease_seconds int,
    OUT rate float8, OUT gold_right int, OUT gold_wrong int
) LANGUAGE plpgsql AS $$
DECLARE
    e record;
    picked record;
    gold_id bigint;
    prior bigint;
    moment timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(p_lock);
    moment := clock_timestamp();
    SELECT n.id, n.trust_level, n.walk_priority, n.walk_rnd, n.idle_reply, n.idle_since, n.idle_until,
           p.state, p.price_micros, p.budget_micros,
           p.id AS project_id, p.answer_type, p.labels, p.currency, p.lease_seconds, p.gold_rate,
           coalesce(s.gold_right, 0) AS gold_right, coalesce(s.gold_wrong, 0) AS gold_wrong,
           r.id AS requirements_id, w.paused_until
    INTO e
    FROM crowd_project p
    JOIN crowd_enrolment n ON n.project_id = p.id AND n.worker_id = p_worker
    LEFT JOIN crowd_skill s ON s.project_id = p.id AND s.worker_id = p_worker
    LEFT JOIN crowd_workterms w ON w.enrolment_id = n.id
    LEFT JOIN crowd_requirements r ON r.project_id = p.id
    WHERE p.uid = p_project;
    status := 'careful';
    IF NOT FOUND OR e.trust_level NOT IN ('new', 'trusted') OR e.state <> 'live'
       OR e.requirements_id IS NOT NULL OR e.paused_until > moment THEN
        RETURN;
    END IF;
    project_id := e.project_id;
    answer_type := e.answer_type;
    labels := e.labels;
    currency := e.currency;
    lease_seconds := e.lease_seconds;

    SELECT a.id, a.uid, a.task_id, a.is_gold, a.holds_place, a.reserved_micros, a.shard_id, a.claimed_at, a.deadline,
           t.uid, t.key, t.payload
    INTO assignment_id, assignment_uid, task_id, is_gold, holds_place, reserved_micros, shard_id, claimed_at, deadline,
         task_uid, task_key, payload
    FROM crowd_assignment a JOIN crowd_task t ON t.id = a.task_id
    WHERE a.worker_id = p_worker AND a.project_id = e.project_id AND a.state = 'active';
    IF FOUND THEN
        IF deadline > moment THEN status := 'assigned'; END IF;
        RETURN;
    END IF;

    -- Two conditions and not one: with a NULL on the left, AND would have the right one looked up all the same.
    IF e.idle_until > moment THEN
        -- The seconds allow for transactions that opened a task before the reply was found, and committed after it.
        PERFORM 1 FROM crowd_task o WHERE o.project_id = e.project_id AND o.is_open
        AND o.opened_at > e.idle_since - interval '5 seconds' ORDER BY o.opened_at DESC LIMIT 1;
        IF NOT FOUND THEN
            status := e.idle_reply;
            RETURN;
        END IF;
    END IF;
    IF p_rate IS DISTINCT FROM e.gold_rate OR p_right IS DISTINCT FROM e.gold_right
       OR p_wrong IS DISTINCT FROM e.gold_wrong THEN
        status := 'basis';
        rate := e.gold_rate;
        gold_right := e.gold_right;
        gold_wrong := e.gold_wrong;
        RETURN;
    END IF;

    SELECT * INTO picked FROM assay_pick(e.project_id, p_worker, p_start, e.walk_priority, e.walk_rnd);
    IF picked.task_id IS NULL THEN
        status := CASE WHEN picked.is_exhausted THEN 'nothing' ELSE 'wait' END;
        claimed_at := moment;
        UPDATE crowd_enrolment SET walk_priority = picked.walk_priority, walk_rnd = picked.walk_rnd WHERE id = e.id;
        RETURN;
    END IF;
    task_id := picked.task_id;
    prior := picked.prior_id;
    is_gold := false;
    IF p_wants_gold THEN
        SELECT g.id, g.task_id INTO gold_id, task_id FROM crowd_gold g
        WHERE g.project_id = e.project_id AND g.is_active AND NOT EXISTS (
            SELECT 1 FROM crowd_assignment a WHERE a.task_id = g.task_id AND a.worker_id = p_worker OFFSET 0
        )
        ORDER BY g.times_used, g.rnd LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        is_gold := FOUND;
        IF is_gold THEN prior := NULL; ELSE task_id := picked.task_id; END IF;
    END IF;
    holds_place := NOT is_gold;

    reserved_micros := e.price_micros;
    IF e.price_micros > 0 AND e.budget_micros IS NOT NULL THEN
        SELECT b.id INTO shard_id FROM crowd_budgetshard b
        WHERE b.project_id = e.project_id AND b.left_micros >= e.price_micros
        ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            SELECT b.id INTO shard_id FROM crowd_budgetshard b
            WHERE b.project_id = e.project_id AND b.left_micros >= e.price_micros
            ORDER BY b.id LIMIT 1 FOR NO KEY UPDATE;
            -- The last remainders are gathered by the caller, who also knows the refusal.
            IF NOT FOUND THEN RETURN; END IF;
        END IF;
        UPDATE crowd_budgetshard SET left_micros = left_micros - e.price_micros WHERE id = shard_id;
    END IF;

    IF is_gold THEN
        UPDATE crowd_gold SET times_used = times_used + 1 WHERE id = gold_id;
        SELECT t.uid, t.key, t.payload INTO task_uid, task_key, payload FROM crowd_task t WHERE t.id = task_id;
    ELSE
        UPDATE crowd_task t SET open_slots = t.open_slots - 1, is_open = t.open_slots > 1
        WHERE t.id = task_id AND t.is_open RETURNING t.uid, t.key, t.payload INTO task_uid, task_key, payload;
        IF NOT FOUND THEN RAISE EXCEPTION 'task % was picked and locked, but has no open place', task_id; END IF;
    END IF;
    claimed_at := moment;
    deadline := moment + e.lease_seconds * interval '1 second';
    IF prior IS NULL THEN
        -- Never ON CONFLICT DO NOTHING: it would leave a place taken by nobody.
        INSERT INTO crowd_assignment AS n (
            uid, project_id, task_id, worker_id, state, is_gold, holds_place, reserved_micros, shard_id, claimed_at, deadline
        ) VALUES (
            gen_random_uuid(), e.project_id, task_id, p_worker, 'active', is_gold, holds_place, reserved_micros, shard_id,
            claimed_at, deadline
        ) RETURNING n.id, n.uid INTO assignment_id, assignment_uid;
    ELSE
        UPDATE crowd_assignment a SET
            state = 'active', ended_at = NULL, is_gold = assay_claim.is_gold, holds_place = assay_claim.holds_place,
            reserved_micros = assay_claim.reserved_micros, shard_id = assay_claim.shard_id,
            claimed_at = assay_claim.claimed_at, deadline = assay_claim.deadline
        WHERE a.id = prior AND a.state IN ('expired', 'released')
        RETURNING a.id, a.uid INTO assignment_id, assignment_uid;
        IF NOT FOUND THEN RAISE EXCEPTION 'assignment % changed hands while its worker was locked', prior; END IF;
    END IF;
    UPDATE crowd_enrolment SET
        claims = claims + 1, gold_claims = gold_claims + is_gold::int,
        walk_priority = picked.walk_priority, walk_rnd = picked.walk_rnd, idle_until = NULL
    WHERE id = e.id;
    status := 'assigned';
END $$;
"""

# NULL: not an assignment of this worker in this project that is under way; the caller finds out what it is.
SUBMIT = """
CREATE FUNCTION assay_submit(
    p_assignment uuid, p_worker bigint, p_project uuid, p_value jsonb, p_label_index smallint, p_is_model boolean,
    OUT answer_id bigint, OUT answer_uid uuid, OUT created_at timestamptz, OUT elapsed_seconds float8,
    OUT assignment_id bigint, OUT task_id bigint, OUT project_id bigint, OUT is_gold boolean, OUT holds_place boolean
) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    owner bigint;
    found_state text;
BEGIN
    -- By its uid alone: offered the state, the planner prefers a small index of live rows, which under load is a large
    -- one of dead rows.
    SELECT a.id, a.task_id, a.project_id, a.is_gold, a.holds_place,
           greatest(0, extract(epoch FROM moment - a.claimed_at)), a.worker_id, a.state
    INTO assignment_id, task_id, project_id, is_gold, holds_place, elapsed_seconds, owner, found_state
    FROM crowd_assignment a WHERE a.uid = p_assignment FOR NO KEY UPDATE;
    PERFORM 1 FROM crowd_project p WHERE p.id = assay_submit.project_id AND p.uid = p_project;
    IF NOT FOUND OR owner <> p_worker OR found_state <> 'active' THEN RETURN; END IF;
    UPDATE crowd_assignment a SET state = 'submitted', ended_at = moment WHERE a.id = assay_submit.assignment_id;
    created_at := moment;
    INSERT INTO crowd_answer AS n (
        uid, project_id, task_id, worker_id, assignment_id, value, label_index, is_gold, is_model, holds_place,
        is_surplus, elapsed_seconds, created_at, process_attempts
    ) VALUES (
        gen_random_uuid(), assay_submit.project_id, assay_submit.task_id, p_worker, assay_submit.assignment_id, p_value,
        p_label_index, assay_submit.is_gold, p_is_model, assay_submit.holds_place, false, assay_submit.elapsed_seconds,
        moment, 0
    ) RETURNING n.id, n.uid INTO answer_id, answer_uid;
END $$;
"""

# The worker is locked before the assignment: a claim in another tab takes its locks in the same order.
SUBMIT_CLAIM = """
CREATE FUNCTION assay_submit_claim(
    p_assignment uuid, p_worker bigint, p_project uuid, p_value jsonb, p_label_index smallint, p_is_model boolean,
    p_lock bigint, p_start float8, p_rate float8, p_right int, p_wrong int, p_wants_gold boolean,
    OUT answer_id bigint, OUT answer_uid uuid, OUT created_at timestamptz, OUT elapsed_seconds float8,
    OUT submitted_id bigint, OUT submitted_task_id bigint, OUT submitted_project_id bigint, OUT was_gold boolean,
    OUT held_place boolean,
    OUT status text, OUT assignment_id bigint, OUT assignment_uid uuid, OUT task_id bigint, OUT is_gold boolean,
    OUT holds_place boolean, OUT reserved_micros bigint, OUT shard_id bigint, OUT claimed_at timestamptz,
    OUT deadline timestamptz, OUT task_uid uuid, OUT task_key text, OUT payload jsonb,
    OUT project_id bigint, OUT answer_type text, OUT labels jsonb, OUT currency text, OUT lease_seconds int,
    OUT rate float8, OUT gold_right int, OUT gold_wrong int
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(p_lock);
    SELECT * INTO answer_id, answer_uid, created_at, elapsed_seconds, submitted_id, submitted_task_id,
                  submitted_project_id, was_gold, held_place
    FROM assay_submit(p_assignment, p_worker, p_project, p_value, p_label_index, p_is_model);
    IF answer_id IS NULL THEN RETURN; END IF;
    SELECT * INTO status, assignment_id, assignment_uid, task_id, is_gold, holds_place, reserved_micros, shard_id,
                  claimed_at, deadline, task_uid, task_key, payload, project_id, answer_type, labels, currency,
                  lease_seconds, rate, gold_right, gold_wrong
    FROM assay_claim(p_project, p_worker, p_lock, p_start, p_rate, p_right, p_wrong, p_wants_gold);
END $$;
"""

OPENED_POSTGRES = """
CREATE FUNCTION assay_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.opened_at := clock_timestamp(); RETURN NEW; END $$;
CREATE TRIGGER task_opened_at BEFORE UPDATE OF is_open ON crowd_task
    FOR EACH ROW WHEN (NEW.is_open AND NOT OLD.is_open) EXECUTE FUNCTION assay_opened();
"""
OPENED_SQLITE = """
CREATE TRIGGER task_opened_at AFTER UPDATE OF is_open ON crowd_task WHEN NEW.is_open AND NOT OLD.is_open
BEGIN UPDATE crowd_task SET opened_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE id = NEW.id; END
"""


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in (PICK, CLAIM, SUBMIT, SUBMIT_CLAIM, OPENED_POSTGRES):
            schema_editor.execute(statement, params=None)
    else:
        schema_editor.execute(OPENED_SQLITE, params=None)


def backwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute("DROP TRIGGER task_opened_at" + (" ON crowd_task" if is_postgres else ""), params=None)
    if is_postgres:
        for function in ("assay_opened", "assay_submit_claim", "assay_submit", "assay_claim", "assay_pick"):
            schema_editor.execute(f"DROP FUNCTION {function}", params=None)


class Migration(migrations.Migration):
    dependencies = [("crowd", "0004_claim_columns")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
