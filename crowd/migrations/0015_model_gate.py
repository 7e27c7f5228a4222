"""Rows of the gate for models: terms, tests, changes, decisions, draws, suggestions."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0014_fill_pay_reviews'),
    ]

    operations = [
        migrations.AlterField(
            model_name='enrolment',
            name='vote_state',
            field=models.CharField(choices=[('shadow', 'Shadow'), ('counted', 'Counted'), ('decides', 'Decides')], default='counted', max_length=10),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('pay_approved', 'Pay Approved'), ('pay_rejected', 'Pay Rejected'), ('pay_reinstated', 'Pay Reinstated'), ('appeal_opened', 'Appeal Opened'), ('appeal_decided', 'Appeal Decided'), ('pay_terms_set', 'Pay Terms Set'), ('price_rule_set', 'Price Rule Set'), ('budget_added', 'Budget Added'), ('bonus_paid', 'Bonus Paid'), ('model_cost_overrun', 'Model Cost Overrun'), ('batch_made', 'Batch Made'), ('batch_approved', 'Batch Approved'), ('batch_exported', 'Batch Exported'), ('batch_sent', 'Batch Sent'), ('batch_cancelled', 'Batch Cancelled'), ('payment_ended', 'Payment Ended'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed'), ('flag_raised', 'Flag Raised'), ('flag_decided', 'Flag Decided'), ('fairness_terms_set', 'Fairness Terms Set'), ('pay_floor_acknowledged', 'Pay Floor Acknowledged'), ('pay_under_floor', 'Pay Under Floor'), ('pay_above_floor', 'Pay Above Floor'), ('gold_corrected', 'Gold Corrected'), ('trust_overturned', 'Trust Overturned'), ('restitution_done', 'Restitution Done'), ('rater_created', 'Rater Created'), ('rater_launched', 'Rater Launched'), ('rater_paused', 'Rater Paused'), ('rater_finished', 'Rater Finished'), ('failures_retried', 'Failures Retried'), ('task_flagged', 'Task Flagged'), ('model_tested', 'Model Tested'), ('votes_changed', 'Votes Changed'), ('gate_terms_set', 'Gate Terms Set'), ('prevalence_drawn', 'Prevalence Drawn')], max_length=30),
        ),
        migrations.CreateModel(
            name='ModelTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('stand_in', 'Stand In'), ('routing', 'Routing'), ('drift', 'Drift'), ('snapshot', 'Snapshot')], max_length=12)),
                ('test', models.CharField(max_length=40)),
                ('version', models.PositiveSmallIntegerField()),
                ('passes', models.BooleanField(null=True)),
                ('reason', models.TextField()),
                ('figures', models.JSONField()),
                ('tasks', models.PositiveIntegerField()),
                ('first_answer_id', models.BigIntegerField(null=True)),
                ('last_answer_id', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_tests', to='crowd.project')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_tests', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='ModelStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=130)),
                ('temperature', models.FloatField(null=True)),
                ('bias', models.JSONField(null=True)),
                ('calibration_golds', models.PositiveIntegerField(default=0)),
                ('group_correlation', models.FloatField(null=True)),
                ('threshold', models.FloatField(null=True)),
                ('reference_accuracy', models.FloatField(null=True)),
                ('proposed', models.CharField(blank=True, choices=[('shadow', 'Shadow'), ('counted', 'Counted'), ('decides', 'Decides')], default='', max_length=10)),
                ('figures', models.JSONField(default=dict)),
                ('tested_tasks', models.PositiveIntegerField(default=0)),
                ('updated_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_standings', to='crowd.project')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_standings', to='crowd.worker')),
                ('test', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.modeltest')),
            ],
        ),
        migrations.CreateModel(
            name='ModelDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('label_index', models.PositiveSmallIntegerField()),
                ('confidence', models.FloatField()),
                ('is_audited', models.BooleanField()),
                ('audit_probability', models.FloatField()),
                ('created_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_decisions', to='crowd.project')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_decisions', to='crowd.task')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_decisions', to='crowd.worker')),
                ('test', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='crowd.modeltest')),
            ],
        ),
        migrations.CreateModel(
            name='PrevalenceDraw',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('inclusion_probability', models.FloatField()),
                ('created_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prevalence_draws', to='crowd.project')),
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='prevalence_draw', to='crowd.task')),
            ],
        ),
        migrations.CreateModel(
            name='Suggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy', models.CharField(choices=[('off', 'Off'), ('after', 'After'), ('before', 'Before')], max_length=10)),
                ('label_index', models.PositiveSmallIntegerField()),
                ('is_held_out', models.BooleanField()),
                ('holdout_share', models.FloatField()),
                ('created_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='crowd.project')),
                ('suggester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.worker')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='crowd.task')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='VoteChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('from_state', models.CharField(choices=[('shadow', 'Shadow'), ('counted', 'Counted'), ('decides', 'Decides')], max_length=10)),
                ('to_state', models.CharField(choices=[('shadow', 'Shadow'), ('counted', 'Counted'), ('decides', 'Decides')], max_length=10)),
                ('reason', models.TextField()),
                ('evidence', models.JSONField()),
                ('voids_decisions', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vote_changes', to='crowd.project')),
                ('test', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='crowd.modeltest')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vote_changes', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='GateTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pooling', models.CharField(choices=[('pool', 'Pool'), ('discount', 'Discount')], default='pool', max_length=10)),
                ('is_promotion_automatic', models.BooleanField(default=False)),
                ('epsilon', models.FloatField(default=0.1)),
                ('error_rate', models.FloatField(default=0.1)),
                ('delta', models.FloatField(default=0.1)),
                ('audit_share', models.FloatField(default=0.1)),
                ('suggestions', models.CharField(choices=[('off', 'Off'), ('after', 'After'), ('before', 'Before')], default='off', max_length=10)),
                ('holdout_share', models.FloatField(default=0.25)),
                ('adjudication_micros', models.BigIntegerField(null=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='gate_terms', to='crowd.project')),
                ('suggester', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.worker')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('delta__gt', 0), ('delta__lt', 1), ('epsilon__gte', 0), ('epsilon__lt', 1), ('error_rate__gt', 0), ('error_rate__lt', 1)), name='gateterms_rates_are_shares'), models.CheckConstraint(condition=models.Q(('audit_share__gt', 0), ('audit_share__lte', 1)), name='gateterms_some_audits'), models.CheckConstraint(condition=models.Q(('holdout_share__gt', 0), ('holdout_share__lt', 1)), name='gateterms_some_held_out'), models.CheckConstraint(condition=models.Q(('suggestions', 'off'), ('suggester__isnull', False), _connector='OR'), name='gateterms_somebody_suggests'), models.CheckConstraint(condition=models.Q(('adjudication_micros__isnull', True), ('adjudication_micros__gt', 0), _connector='OR'), name='gateterms_adjudication_costs')],
            },
        ),
        migrations.AddIndex(
            model_name='modeltest',
            index=models.Index(fields=['project', 'worker', '-id'], name='modeltest_newest'),
        ),
        migrations.AddConstraint(
            model_name='modelstanding',
            constraint=models.UniqueConstraint(fields=('project', 'worker'), name='modelstanding_once'),
        ),
        migrations.AddIndex(
            model_name='modeldecision',
            index=models.Index(fields=['project', 'worker', 'id'], name='modeldecision_of_worker'),
        ),
        migrations.AddConstraint(
            model_name='modeldecision',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('task',), name='modeldecision_one_stands'),
        ),
        migrations.AddConstraint(
            model_name='modeldecision',
            constraint=models.CheckConstraint(condition=models.Q(('audit_probability__gt', 0), ('audit_probability__lte', 1)), name='modeldecision_audit_has_a_chance'),
        ),
        migrations.AddConstraint(
            model_name='prevalencedraw',
            constraint=models.CheckConstraint(condition=models.Q(('inclusion_probability__gt', 0), ('inclusion_probability__lte', 1)), name='prevalencedraw_chance_is_probability'),
        ),
        migrations.AddIndex(
            model_name='suggestion',
            index=models.Index(fields=['project', 'id'], name='suggestion_of_project'),
        ),
        migrations.AddConstraint(
            model_name='suggestion',
            constraint=models.UniqueConstraint(fields=('task', 'worker'), name='suggestion_once'),
        ),
        migrations.AddIndex(
            model_name='votechange',
            index=models.Index(fields=['project', 'worker', '-id'], name='votechange_newest'),
        ),
        migrations.AddConstraint(
            model_name='votechange',
            constraint=models.CheckConstraint(condition=models.Q(('from_state', models.F('to_state')), _negated=True), name='votechange_changes_something'),
        ),
    ]
