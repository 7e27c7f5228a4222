"""Answers that are not one label: their consensus, skill and adjudication, scores of compared items."""

import django.db.models.deletion
from django.db import migrations, models


def _create(schema_editor, verb, event):
    head = f"CREATE TRIGGER crowd_adjudication_no_{verb} BEFORE {event} ON crowd_adjudication FOR EACH ROW"
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"{head} EXECUTE FUNCTION assay_refuse_change()", params=None)
    else:
        schema_editor.execute(
            f"{head} BEGIN SELECT RAISE(ABORT, "
            "'CHECK: crowd_adjudication is append-only: write a correcting row instead'); END",
            params=None,
        )


def take_triggers_away(apps, schema_editor):
    on = " ON crowd_adjudication" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in ("update", "delete"):
        # On SQLite a rebuilt table has lost them.
        schema_editor.execute(f"DROP TRIGGER IF EXISTS crowd_adjudication_no_{verb}{on}", params=None)


def put_triggers_back(apps, schema_editor):
    # The update trigger names the columns: made again, it covers the new one.
    with schema_editor.connection.cursor() as cursor:
        rows = schema_editor.connection.introspection.get_table_description(cursor, "crowd_adjudication")
    columns = ", ".join(f'"{row.name}"' for row in rows)
    _create(schema_editor, "update", f"UPDATE OF {columns}")
    _create(schema_editor, "delete", "DELETE")


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0022_panels'),
    ]

    operations = [
        migrations.RunPython(take_triggers_away, put_triggers_back, elidable=False),
        migrations.CreateModel(
            name='ItemScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=200)),
                ('place', models.PositiveIntegerField()),
                ('score', models.FloatField()),
                ('low', models.FloatField()),
                ('high', models.FloatField()),
                ('part', models.PositiveIntegerField()),
                ('tasks', models.PositiveIntegerField()),
                ('answers', models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='adjudication',
            name='value',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='aggregationrun',
            name='estimates',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='consensus',
            name='high',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='consensus',
            name='low',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='consensus',
            name='value',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='project',
            name='answer_options',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='skill',
            name='traits',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='adjudication',
            name='label_index',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='consensus',
            name='label_index',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='consensus',
            name='posterior',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='project',
            name='answer_type',
            field=models.CharField(choices=[('single_choice', 'Single Choice'), ('ordinal', 'Ordinal'), ('multiple_choice', 'Multiple Choice'), ('number', 'Number'), ('text', 'Text'), ('pairwise', 'Pairwise'), ('ranking', 'Ranking')], default='single_choice', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('label_index__isnull', False), ('value__isnull', True)), models.Q(('label_index__isnull', True), ('value__isnull', False)), _connector='OR'), name='adjudication_has_label_or_value'),
        ),
        migrations.AddConstraint(
            model_name='consensus',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('label_index__isnull', False), ('posterior__isnull', False)), ('value__isnull', False), _connector='OR'), name='consensus_has_label_or_value'),
        ),
        migrations.AddField(
            model_name='itemscore',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='item_scores', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='itemscore',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.aggregationrun'),
        ),
        migrations.AddIndex(
            model_name='itemscore',
            index=models.Index(fields=['project', 'place'], name='item_score_order'),
        ),
        migrations.AddConstraint(
            model_name='itemscore',
            constraint=models.UniqueConstraint(fields=('project', 'item'), name='item_score_once'),
        ),
        migrations.RunPython(put_triggers_back, take_triggers_away, elidable=False),
    ]
