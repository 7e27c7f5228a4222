"""Triggers: what was said to and by a model never changes, and no example is a gold."""

from django.db import migrations

# table -> the events that are refused
FINAL = {
    "crowd_promptversion": ("UPDATE", "DELETE"),
    "crowd_example": ("UPDATE",),
    "crowd_cachedvote": ("UPDATE", "DELETE"),
    "crowd_votedetail": ("UPDATE", "DELETE"),
}

POSTGRES = """
CREATE FUNCTION assay_refuse_example() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time per project: of an example and a gold that are added at once, the second sees the first.
    PERFORM pg_advisory_xact_lock(x'455847'::bigint << 32 | NEW.project_id);
    IF EXISTS (
        SELECT 1 FROM crowd_gold g JOIN crowd_task t ON t.id = g.task_id
        WHERE g.project_id = NEW.project_id AND t.payload = NEW.payload
    ) THEN
        RAISE EXCEPTION 'a gold has this payload: it cannot be an example' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER example_is_no_gold BEFORE INSERT ON crowd_example
    FOR EACH ROW EXECUTE FUNCTION assay_refuse_example();

CREATE FUNCTION assay_refuse_gold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'455847'::bigint << 32 | NEW.project_id);
    IF EXISTS (
        SELECT 1 FROM crowd_example e JOIN crowd_task t ON t.id = NEW.task_id
        WHERE e.project_id = NEW.project_id AND e.payload = t.payload
    ) THEN
        RAISE EXCEPTION 'an example has this payload: it cannot be a gold' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gold_is_no_example BEFORE INSERT OR UPDATE OF task_id, project_id ON crowd_gold
    FOR EACH ROW EXECUTE FUNCTION assay_refuse_gold();
"""

GOLD_BODY = """
    WHEN EXISTS (
        SELECT 1 FROM crowd_example e JOIN crowd_task t ON t.id = NEW.task_id
        WHERE e.project_id = NEW.project_id AND json(e.payload) = json(t.payload)
    )
    BEGIN SELECT RAISE(ABORT, 'CHECK: an example has this payload: it cannot be a gold'); END
"""
SQLITE = [
    """
    CREATE TRIGGER example_is_no_gold BEFORE INSERT ON crowd_example
    WHEN EXISTS (
        SELECT 1 FROM crowd_gold g JOIN crowd_task t ON t.id = g.task_id
        WHERE g.project_id = NEW.project_id AND json(t.payload) = json(NEW.payload)
    )
    BEGIN SELECT RAISE(ABORT, 'CHECK: a gold has this payload: it cannot be an example'); END
    """,
    "CREATE TRIGGER gold_is_no_example BEFORE INSERT ON crowd_gold" + GOLD_BODY,
    "CREATE TRIGGER gold_stays_no_example BEFORE UPDATE OF task_id, project_id ON crowd_gold" + GOLD_BODY,
]


def forwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in [POSTGRES] if is_postgres else SQLITE:
        schema_editor.execute(statement, params=None)
    for table, events in FINAL.items():
        for event in events:
            head = f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW"
            if is_postgres:
                schema_editor.execute(f"{head} EXECUTE FUNCTION assay_refuse_change()", params=None)
            else:
                schema_editor.execute(
                    f"{head} BEGIN SELECT RAISE(ABORT, "
                    f"'CHECK: {table} is append-only: write a correcting row instead'); END",
                    params=None,
                )


def backwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    names = [("example_is_no_gold", "crowd_example"), ("gold_is_no_example", "crowd_gold")]
    if not is_postgres:
        names.append(("gold_stays_no_example", "crowd_gold"))
    names += [(f"{table}_no_{event.lower()}", table) for table, events in FINAL.items() for event in events]
    for name, table in names:
        schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgres else ""), params=None)
    if is_postgres:
        for function in ("assay_refuse_example", "assay_refuse_gold"):
            schema_editor.execute(f"DROP FUNCTION {function}()", params=None)


class Migration(migrations.Migration):
    dependencies = [("crowd", "0011_raters")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
