"""Triggers: on SQLite, examples and golds are told apart by what they hold and no longer by how it is written."""

from django.db import migrations

# Every value with the path to it; numbers by size, as PostgreSQL's jsonb compares them. Order of fields and spelling
# do not matter. The path alone tells an empty object from an empty list, by the type.
VALUES = """
    SELECT fullkey, CASE type WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE type END, atom
    FROM json_tree({payload})
"""


def same(one, other):
    a, b = VALUES.format(payload=one), VALUES.format(payload=other)
    return f"NOT EXISTS ({a} EXCEPT {b}) AND NOT EXISTS ({b} EXCEPT {a})"


def statements(is_same):
    gold_body = f"""
        WHEN EXISTS (
            SELECT 1 FROM crowd_example e JOIN crowd_task t ON t.id = NEW.task_id
            WHERE e.project_id = NEW.project_id AND {is_same("e.payload", "t.payload")}
        )
        BEGIN SELECT RAISE(ABORT, 'CHECK: an example has this payload: it cannot be a gold'); END
    """
    return {
        "example_is_no_gold": f"""
            CREATE TRIGGER example_is_no_gold BEFORE INSERT ON crowd_example
            WHEN EXISTS (
                SELECT 1 FROM crowd_gold g JOIN crowd_task t ON t.id = g.task_id
                WHERE g.project_id = NEW.project_id AND {is_same("t.payload", "NEW.payload")}
            )
            BEGIN SELECT RAISE(ABORT, 'CHECK: a gold has this payload: it cannot be an example'); END
        """,
        "gold_is_no_example": "CREATE TRIGGER gold_is_no_example BEFORE INSERT ON crowd_gold" + gold_body,
        "gold_stays_no_example": (
            "CREATE TRIGGER gold_stays_no_example BEFORE UPDATE OF task_id, project_id ON crowd_gold" + gold_body
        ),
    }


def make(schema_editor, is_same):
    # PostgreSQL's triggers compare jsonb values: they need no change.
    if schema_editor.connection.vendor == "sqlite":
        for name, statement in statements(is_same).items():
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
            schema_editor.execute(statement, params=None)


def forwards(apps, schema_editor):
    make(schema_editor, same)


def backwards(apps, schema_editor):
    make(schema_editor, lambda one, other: f"json({one}) = json({other})")


class Migration(migrations.Migration):
    dependencies = [("crowd", "0031_model_batches")]

    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
