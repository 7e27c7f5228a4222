"""Triggers: tests of models, changes of their state, draws and suggestions never change; a decision is only withdrawn."""

from django.db import migrations

FINAL = ("crowd_modeltest", "crowd_votechange", "crowd_prevalencedraw", "crowd_suggestion")
DECISION_KEEPS = (
    "project_id, task_id, worker_id, test_id, label_index, confidence, is_audited, audit_probability, created_at"
)


def triggers():
    for table in FINAL:
        yield f"{table}_no_update", table, f"UPDATE ON {table}"
        yield f"{table}_no_delete", table, f"DELETE ON {table}"
    yield "crowd_modeldecision_no_update", "crowd_modeldecision", f"UPDATE OF {DECISION_KEEPS} ON crowd_modeldecision"
    yield "crowd_modeldecision_no_delete", "crowd_modeldecision", "DELETE ON crowd_modeldecision"


def forwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for name, table, event in triggers():
        body = (
            "EXECUTE FUNCTION assay_refuse_change()"
            if is_postgres
            else f"BEGIN SELECT RAISE(ABORT, 'CHECK: {table} is append-only: write a correcting row instead'); END"
        )
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW {body}", params=None)


def backwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for name, table, _ in triggers():
        schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgres else ""), params=None)


class Migration(migrations.Migration):
    dependencies = [("crowd", "0015_model_gate")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
