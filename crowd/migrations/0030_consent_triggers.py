"""Triggers: a published text and a consent never change."""

from django.db import migrations

FINAL = ("crowd_consenttext", "crowd_consent")


def triggers():
    for table in FINAL:
        yield f"{table}_no_update", table, f"UPDATE ON {table}"
        yield f"{table}_no_delete", table, f"DELETE ON {table}"


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
    dependencies = [("crowd", "0029_people_accounts")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
