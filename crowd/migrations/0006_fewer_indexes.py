"""Drops the indexes of foreign keys that other indexes serve: every claim and every submit wrote them."""

from django.db import migrations, models
from django.db.models.deletion import PROTECT

# Named and not altered as fields: on SQLite that would rebuild the tables, and the triggers would be gone.
INDEXES = {
    "crowd_answer_project_id_23928015": ("crowd_answer", "project_id"),
    "crowd_answer_task_id_55fb16df": ("crowd_answer", "task_id"),
    "crowd_answer_worker_id_b91d11d6": ("crowd_answer", "worker_id"),
    "crowd_assignment_project_id_447262f4": ("crowd_assignment", "project_id"),
    "crowd_assignment_shard_id_a0f347f4": ("crowd_assignment", "shard_id"),
    "crowd_assignment_task_id_4ce1df8d": ("crowd_assignment", "task_id"),
    "crowd_assignment_worker_id_f817ab87": ("crowd_assignment", "worker_id"),
    "crowd_task_project_id_5d86faf1": ("crowd_task", "project_id"),
}


def key(to, related_name, **options):
    return models.ForeignKey(f"crowd.{to}", PROTECT, db_index=False, related_name=related_name, **options)


class Migration(migrations.Migration):
    dependencies = [("crowd", "0005_claim_functions")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table} ({column})")
                for name, (table, column) in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField("answer", "project", key("project", "answers")),
                migrations.AlterField("answer", "task", key("task", "answers")),
                migrations.AlterField("answer", "worker", key("worker", "answers")),
                migrations.AlterField("assignment", "project", key("project", "assignments")),
                migrations.AlterField("assignment", "shard", key("budgetshard", "+", null=True)),
                migrations.AlterField("assignment", "task", key("task", "assignments")),
                migrations.AlterField("assignment", "worker", key("worker", "assignments")),
                migrations.AlterField("task", "project", key("project", "tasks")),
            ],
        ),
        # It served any question about live assignments, which under load it answers from dead rows.
        migrations.RemoveIndex("assignment", "assignment_due"),
        migrations.AddIndex(
            "assignment",
            models.Index(
                condition=models.Q(("ended_at__isnull", True), ("state", "active")),
                fields=["deadline"],
                name="assignment_due",
            ),
        ),
    ]
