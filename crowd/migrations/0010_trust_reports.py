"""Flags, readings, fairness terms, restitutions; a restitution's lines are append-only, by triggers."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


TABLE = "crowd_restitutionline"


def forwards(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        columns = schema_editor.connection.introspection.get_table_description(cursor, TABLE)
    fixed = ", ".join(f'"{column.name}"' for column in columns)
    for verb, event in (("update", f"UPDATE OF {fixed}"), ("delete", "DELETE")):
        head = f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {event} ON {TABLE} FOR EACH ROW"
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"{head} EXECUTE FUNCTION assay_refuse_change()", params=None)
        else:
            schema_editor.execute(
                f"{head} BEGIN SELECT RAISE(ABORT, 'CHECK: {TABLE} is append-only: write a correcting row instead'); END",
                params=None,
            )


def backwards(apps, schema_editor):
    on = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{verb}{on}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0009_lease_observed'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed'), ('flag_raised', 'Flag Raised'), ('flag_decided', 'Flag Decided'), ('fairness_terms_set', 'Fairness Terms Set'), ('pay_floor_acknowledged', 'Pay Floor Acknowledged'), ('pay_under_floor', 'Pay Under Floor'), ('pay_above_floor', 'Pay Above Floor'), ('gold_corrected', 'Gold Corrected'), ('trust_overturned', 'Trust Overturned'), ('restitution_done', 'Restitution Done')], max_length=30),
        ),
        migrations.CreateModel(
            name='Restitution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('gold', 'Gold'), ('trust_change', 'Trust Change')], max_length=20)),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done')], default='running', max_length=10)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('change', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restitution', to='crowd.trustchange')),
                ('gold', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='restitutions', to='crowd.gold')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='restitutions', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='RestitutionLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('answer_rescored', 'Answer Rescored'), ('skill_recomputed', 'Skill Recomputed'), ('warning_withdrawn', 'Warning Withdrawn'), ('level_restored', 'Level Restored'), ('rejection_reversed', 'Rejection Reversed'), ('change_undone', 'Change Undone'), ('change_not_imposed', 'Change Not Imposed'), ('places_kept', 'Places Kept')], max_length=24)),
                ('subject', models.UUIDField()),
                ('detail', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('restitution', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='crowd.restitution')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restitution_lines', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='WorkerReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figures', models.JSONField()),
                ('measured_at', models.DateTimeField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='worker_readings', to='crowd.project')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='DeviceSighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='crowd.worker')),
            ],
            options={
                'indexes': [models.Index(fields=['last_seen_at'], name='sighting_age')],
                'constraints': [models.UniqueConstraint(fields=('digest', 'worker'), name='sighting_once')],
            },
        ),
        migrations.CreateModel(
            name='FairnessTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('floor_micros', models.BigIntegerField(null=True)),
                ('expected_seconds', models.FloatField(null=True)),
                ('is_under', models.BooleanField(default=False)),
                ('updated_at', models.DateTimeField()),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='fairness_terms', to='crowd.project')),
            ],
            options={
                'verbose_name_plural': 'fairness terms',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('floor_micros__isnull', True), ('floor_micros__gte', 0), _connector='OR'), models.Q(('expected_seconds__isnull', True), ('expected_seconds__gt', 0), _connector='OR')), name='fairness_terms_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('too_fast', 'Too Fast'), ('clockwork', 'Clockwork'), ('straight_lining', 'Straight Lining'), ('no_information', 'No Information'), ('repeated_text', 'Repeated Text'), ('skip_streak', 'Skip Streak'), ('shared_errors', 'Shared Errors'), ('shared_device', 'Shared Device')], max_length=20)),
                ('window', models.DateField()),
                ('p_value', models.FloatField(null=True)),
                ('evidence', models.JSONField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('dismissed', 'Dismissed'), ('confirmed', 'Confirmed')], default='open', max_length=10)),
                ('note', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('other', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.worker')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='crowd.project')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flags', to='crowd.worker')),
            ],
            options={
                'indexes': [models.Index(fields=['project', '-id'], name='flag_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('other__isnull', True)), fields=('project', 'kind', 'worker', 'window'), name='flag_once_a_window'), models.UniqueConstraint(condition=models.Q(('other__isnull', False)), fields=('project', 'kind', 'worker', 'other', 'window'), name='flag_of_pair_once_a_window'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='flag_decided_unless_open')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('measured_at', models.DateTimeField(null=True)),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='measurement', to='crowd.project')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='measurement_due')],
            },
        ),
        migrations.CreateModel(
            name='ProjectReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contributors', 'Contributors'), ('drift', 'Drift'), ('calibration', 'Calibration'), ('fairness', 'Fairness')], max_length=20)),
                ('figures', models.JSONField()),
                ('measured_at', models.DateTimeField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='crowd.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'kind'), name='reading_of_project_once')],
            },
        ),
        migrations.AddIndex(
            model_name='restitution',
            index=models.Index(fields=['project', '-id'], name='restitution_newest'),
        ),
        migrations.AddIndex(
            model_name='restitution',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['id'], name='restitution_running'),
        ),
        migrations.AddConstraint(
            model_name='restitution',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('gold',), name='restitution_one_running_a_gold'),
        ),
        migrations.AddConstraint(
            model_name='restitution',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('change__isnull', True), ('gold__isnull', False), ('kind', 'gold')), models.Q(('change__isnull', False), ('gold__isnull', True), ('kind', 'trust_change')), _connector='OR'), name='restitution_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='restitution',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state', 'running')), models.Q(('finished_at__isnull', False), ('state', 'done')), _connector='OR'), name='restitution_finished_when_done'),
        ),
        migrations.AddConstraint(
            model_name='restitutionline',
            constraint=models.UniqueConstraint(fields=('restitution', 'kind', 'worker', 'subject'), name='restitution_line_once'),
        ),
        migrations.AddConstraint(
            model_name='workerreading',
            constraint=models.UniqueConstraint(fields=('project', 'worker'), name='reading_of_worker_once'),
        ),
        migrations.RunPython(forwards, backwards, elidable=False),
    ]
