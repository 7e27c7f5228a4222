"""Triggers that keep the promises which constraints cannot: append-only tables, balanced transactions."""

from django.db import migrations

# table -> columns that may change after the row was written (None: none, the row is final)
APPEND_ONLY = {
    "crowd_entry": (),
    "crowd_transaction": (),
    "crowd_event": (),
    "crowd_trustchange": (),
    "crowd_answer": ("is_correct", "processed_at", "process_attempts", "process_after"),
}

POSTGRES = """
CREATE FUNCTION assay_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: write a correcting row instead', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION assay_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM crowd_transaction WHERE id = NEW.transaction_id) THEN
        RAISE EXCEPTION 'the transaction is sealed: no entry can be added' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_before_seal BEFORE INSERT ON crowd_entry FOR EACH ROW EXECUTE FUNCTION assay_refuse_sealed();

CREATE FUNCTION assay_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crowd_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'a transaction needs entries, written before it' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM crowd_entry e JOIN crowd_account a ON a.id = e.account_id
        WHERE e.transaction_id = NEW.id GROUP BY a.currency HAVING SUM(e.amount_micros) <> 0
    ) THEN
        RAISE EXCEPTION 'the entries of a transaction must sum to zero per currency' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transaction_balanced BEFORE INSERT ON crowd_transaction
    FOR EACH ROW EXECUTE FUNCTION assay_check_balance();
"""

SQLITE = [
    """
    CREATE TRIGGER entry_before_seal BEFORE INSERT ON crowd_entry
    WHEN EXISTS (SELECT 1 FROM crowd_transaction WHERE id = NEW.transaction_id)
    BEGIN SELECT RAISE(ABORT, 'CHECK: the transaction is sealed: no entry can be added'); END
    """,
    """
    CREATE TRIGGER transaction_has_entries BEFORE INSERT ON crowd_transaction
    WHEN NOT EXISTS (SELECT 1 FROM crowd_entry WHERE transaction_id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'CHECK: a transaction needs entries, written before it'); END
    """,
    """
    CREATE TRIGGER transaction_balanced BEFORE INSERT ON crowd_transaction
    WHEN EXISTS (
        SELECT 1 FROM crowd_entry e JOIN crowd_account a ON a.id = e.account_id
        WHERE e.transaction_id = NEW.id GROUP BY a.currency HAVING SUM(e.amount_micros) <> 0
    )
    BEGIN SELECT RAISE(ABORT, 'CHECK: the entries of a transaction must sum to zero per currency'); END
    """,
]


def _columns(schema_editor, table):
    with schema_editor.connection.cursor() as cursor:
        return [row.name for row in schema_editor.connection.introspection.get_table_description(cursor, table)]


def forwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in [POSTGRES] if is_postgres else SQLITE:
        schema_editor.execute(statement, params=None)
    for table, mutable in APPEND_ONLY.items():
        fixed = ", ".join(f'"{name}"' for name in _columns(schema_editor, table) if name not in mutable)
        for verb, event in (("update", f"UPDATE OF {fixed}"), ("delete", "DELETE")):
            head = f"CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table} FOR EACH ROW"
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
    names = [("entry_before_seal", "crowd_entry"), ("transaction_balanced", "crowd_transaction")]
    if not is_postgres:
        names.append(("transaction_has_entries", "crowd_transaction"))
    names += [(f"{table}_no_{verb}", table) for table in APPEND_ONLY for verb in ("update", "delete")]
    for name, table in names:
        schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgres else ""), params=None)
    if is_postgres:
        for function in ("assay_refuse_change", "assay_refuse_sealed", "assay_check_balance"):
            schema_editor.execute(f"DROP FUNCTION {function}()", params=None)


class Migration(migrations.Migration):
    dependencies = [("crowd", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
