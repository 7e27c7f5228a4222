"""Trust with terms, rules, adjudications, courses; triggers for the append-only ones among the tables."""

import crowd.models.task
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


TABLES = ("crowd_adjudication", "crowd_reopenedplace", "crowd_rulefiring")
# Its update trigger names the columns that existed then: made again, it covers the new one.
REMADE = "crowd_trustchange"


def _columns(schema_editor, table):
    with schema_editor.connection.cursor() as cursor:
        return [row.name for row in schema_editor.connection.introspection.get_table_description(cursor, table)]


def _create(schema_editor, table, verb, event):
    head = f"CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table} FOR EACH ROW"
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"{head} EXECUTE FUNCTION assay_refuse_change()", params=None)
    else:
        schema_editor.execute(
            f"{head} BEGIN SELECT RAISE(ABORT, 'CHECK: {table} is append-only: write a correcting row instead'); END",
            params=None,
        )


def _drop(schema_editor, table, verb):
    on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}", params=None)


def _refuse_updates(schema_editor, table, without=()):
    fixed = ", ".join(f'"{name}"' for name in _columns(schema_editor, table) if name not in without)
    _create(schema_editor, table, "update", f"UPDATE OF {fixed}")


def forwards(apps, schema_editor):
    _drop(schema_editor, REMADE, "update")
    _refuse_updates(schema_editor, REMADE)
    for table in TABLES:
        _refuse_updates(schema_editor, table)
        _create(schema_editor, table, "delete", "DELETE")


def backwards(apps, schema_editor):
    for table in TABLES:
        for verb in ("update", "delete"):
            _drop(schema_editor, table, verb)
    _drop(schema_editor, REMADE, "update")
    _refuse_updates(schema_editor, REMADE, without=("expires_at",))


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjudication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('label_index', models.PositiveSmallIntegerField()),
                ('reason', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('part', models.CharField(choices=[('training', 'Training'), ('exam', 'Exam')], max_length=10)),
                ('state', models.CharField(choices=[('running', 'Running'), ('passed', 'Passed'), ('failed', 'Failed'), ('abandoned', 'Abandoned')], default='running', max_length=10)),
                ('right', models.PositiveSmallIntegerField(default=0)),
                ('wrong', models.PositiveSmallIntegerField(default=0)),
                ('llr', models.FloatField(default=0.0)),
                ('started_at', models.DateTimeField()),
                ('last_active_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Course',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('good_accuracy', models.FloatField(default=0.85)),
                ('bad_accuracy', models.FloatField(default=0.6)),
                ('alpha', models.FloatField(default=0.1)),
                ('beta', models.FloatField(default=0.05)),
                ('max_items', models.PositiveSmallIntegerField(default=30)),
                ('pay', models.CharField(choices=[('every_item', 'Every Item'), ('when_passed', 'When Passed'), ('nothing', 'Nothing')], default='every_item', max_length=12)),
                ('training_price_micros', models.BigIntegerField(default=0)),
                ('exam_price_micros', models.BigIntegerField(default=0)),
                ('max_attempts', models.PositiveSmallIntegerField(default=3)),
                ('retry_after_seconds', models.PositiveIntegerField(default=86400)),
                ('valid_days', models.PositiveIntegerField(null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='CourseItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('part', models.CharField(choices=[('training', 'Training'), ('exam', 'Exam')], max_length=10)),
                ('key', models.CharField(max_length=200)),
                ('payload', models.JSONField()),
                ('labels', models.JSONField()),
                ('reason', models.TextField(blank=True)),
                ('rnd', models.FloatField(default=crowd.models.task.random_place)),
            ],
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ReopenedPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Requirements',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('languages', models.JSONField(default=list)),
                ('trust_levels', models.JSONField(default=list)),
                ('max_answers', models.PositiveIntegerField(null=True)),
                ('daily_answers', models.PositiveIntegerField(null=True)),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'requirements',
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=50)),
                ('version', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='RuleFiring',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('until', models.DateTimeField()),
                ('action', models.CharField(max_length=12)),
                ('reason', models.TextField()),
                ('evidence', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('shown_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('value', models.JSONField(null=True)),
                ('is_right', models.BooleanField(null=True)),
                ('reserved_micros', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='WorkTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_warned', models.BooleanField(default=False)),
                ('level_rule', models.CharField(blank=True, max_length=60)),
                ('level_until', models.DateTimeField(null=True)),
                ('paused_until', models.DateTimeField(null=True)),
                ('pause_reason', models.TextField(blank=True)),
            ],
            options={
                'verbose_name_plural': 'work terms',
            },
        ),
        migrations.AddField(
            model_name='skill',
            name='adjudicated_right',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='skill',
            name='adjudicated_wrong',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='skill',
            name='peer_agreed',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='skill',
            name='peer_differed',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='trustchange',
            name='expires_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed')], max_length=30),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('answer_pay', 'Answer Pay'), ('model_cost', 'Model Cost'), ('reversal', 'Reversal'), ('bonus', 'Bonus'), ('course_pay', 'Course Pay')], max_length=20),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='adjudicator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjudications', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='task',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='adjudication', to='crowd.task'),
        ),
        migrations.AddField(
            model_name='attempt',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='crowd.worker'),
        ),
        migrations.AddField(
            model_name='course',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='attempt',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='crowd.course'),
        ),
        migrations.AddField(
            model_name='courseitem',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='crowd.course'),
        ),
        migrations.AddField(
            model_name='qualification',
            name='attempt',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='qualification', to='crowd.attempt'),
        ),
        migrations.AddField(
            model_name='qualification',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='crowd.course'),
        ),
        migrations.AddField(
            model_name='qualification',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='crowd.worker'),
        ),
        migrations.AddField(
            model_name='reopenedplace',
            name='answer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reopened_place', to='crowd.answer'),
        ),
        migrations.AddField(
            model_name='reopenedplace',
            name='change',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reopened_places', to='crowd.trustchange'),
        ),
        migrations.AddField(
            model_name='requirements',
            name='course',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.course'),
        ),
        migrations.AddField(
            model_name='requirements',
            name='project',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='requirements', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='rule',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rule',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='rulefiring',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='rulefiring',
            name='rule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='firings', to='crowd.rule'),
        ),
        migrations.AddField(
            model_name='rulefiring',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.worker'),
        ),
        migrations.AddField(
            model_name='step',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='crowd.attempt'),
        ),
        migrations.AddField(
            model_name='step',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='crowd.courseitem'),
        ),
        migrations.AddField(
            model_name='step',
            name='shard',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.budgetshard'),
        ),
        migrations.AddField(
            model_name='workterms',
            name='enrolment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='crowd.enrolment'),
        ),
        migrations.AddField(
            model_name='workterms',
            name='reopen_change',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.trustchange'),
        ),
        migrations.AddConstraint(
            model_name='course',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='course_name_once'),
        ),
        migrations.AddConstraint(
            model_name='course',
            constraint=models.CheckConstraint(condition=models.Q(('bad_accuracy__gt', 0), ('good_accuracy__lt', 1), ('good_accuracy__gt', models.F('bad_accuracy'))), name='course_accuracies_in_order'),
        ),
        migrations.AddConstraint(
            model_name='course',
            constraint=models.CheckConstraint(condition=models.Q(('training_price_micros__gte', 0), ('exam_price_micros__gte', 0)), name='course_price_not_negative'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['course', 'worker', 'id'], name='attempt_of_worker'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['last_active_at'], name='attempt_idle'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('course', 'worker'), name='attempt_one_running'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='attempt_ended_unless_running'),
        ),
        migrations.AddConstraint(
            model_name='courseitem',
            constraint=models.UniqueConstraint(fields=('course', 'key'), name='course_item_key_once'),
        ),
        migrations.AddIndex(
            model_name='qualification',
            index=models.Index(fields=['course', 'worker'], name='qualification_of_worker'),
        ),
        migrations.AddConstraint(
            model_name='requirements',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('max_answers__isnull', True), ('max_answers__gte', 1), _connector='OR'), models.Q(('daily_answers__isnull', True), ('daily_answers__gte', 1), _connector='OR')), name='requirements_limits_positive'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.UniqueConstraint(fields=('project', 'name', 'version'), name='rule_version_once'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('project', 'name'), name='rule_one_active_version'),
        ),
        migrations.AddIndex(
            model_name='rulefiring',
            index=models.Index(fields=['project', '-id'], name='rule_firing_newest'),
        ),
        migrations.AddConstraint(
            model_name='rulefiring',
            constraint=models.UniqueConstraint(fields=('rule', 'worker', 'number'), name='rule_fires_once_a_window'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('attempt', 'item'), name='step_item_once_an_attempt'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('attempt',), name='step_one_open_an_attempt'),
        ),
        migrations.AddIndex(
            model_name='workterms',
            index=models.Index(condition=models.Q(('level_until__isnull', False)), fields=['level_until'], name='terms_level_ends'),
        ),
        migrations.AddIndex(
            model_name='workterms',
            index=models.Index(condition=models.Q(('reopen_change__isnull', False)), fields=['id'], name='terms_to_reopen'),
        ),
        migrations.RunPython(forwards, backwards, elidable=False),
    ]
