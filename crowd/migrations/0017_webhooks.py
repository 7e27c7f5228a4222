"""Webhooks with their outbox, deliveries and attempts."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0016_model_gate_triggers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('webhook_set', 'Webhook Set'), ('webhook_removed', 'Webhook Removed'), ('webhook_disabled', 'Webhook Disabled'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('pay_approved', 'Pay Approved'), ('pay_rejected', 'Pay Rejected'), ('pay_reinstated', 'Pay Reinstated'), ('appeal_opened', 'Appeal Opened'), ('appeal_decided', 'Appeal Decided'), ('pay_terms_set', 'Pay Terms Set'), ('price_rule_set', 'Price Rule Set'), ('budget_added', 'Budget Added'), ('bonus_paid', 'Bonus Paid'), ('model_cost_overrun', 'Model Cost Overrun'), ('batch_made', 'Batch Made'), ('batch_approved', 'Batch Approved'), ('batch_exported', 'Batch Exported'), ('batch_sent', 'Batch Sent'), ('batch_cancelled', 'Batch Cancelled'), ('payment_ended', 'Payment Ended'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed'), ('flag_raised', 'Flag Raised'), ('flag_decided', 'Flag Decided'), ('fairness_terms_set', 'Fairness Terms Set'), ('pay_floor_acknowledged', 'Pay Floor Acknowledged'), ('pay_under_floor', 'Pay Under Floor'), ('pay_above_floor', 'Pay Above Floor'), ('gold_corrected', 'Gold Corrected'), ('trust_overturned', 'Trust Overturned'), ('restitution_done', 'Restitution Done'), ('rater_created', 'Rater Created'), ('rater_launched', 'Rater Launched'), ('rater_paused', 'Rater Paused'), ('rater_finished', 'Rater Finished'), ('failures_retried', 'Failures Retried'), ('task_flagged', 'Task Flagged'), ('model_tested', 'Model Tested'), ('votes_changed', 'Votes Changed'), ('gate_terms_set', 'Gate Terms Set'), ('prevalence_drawn', 'Prevalence Drawn')], max_length=30),
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('url', models.CharField(max_length=2000)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('kinds', models.JSONField(default=list)),
                ('secret', models.CharField(max_length=100)),
                ('previous_secret', models.CharField(blank=True, max_length=100)),
                ('previous_secret_until', models.DateTimeField(null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('disabled_reason', models.CharField(blank=True, max_length=300)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('paused_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('ping', 'Ping'), ('task.completed', 'Task Completed'), ('task.reopened', 'Task Reopened'), ('overlap.extended', 'Overlap Extended'), ('gold.failed', 'Gold Failed'), ('worker.warned', 'Worker Warned'), ('worker.restricted', 'Worker Restricted'), ('worker.suspended', 'Worker Suspended'), ('dispute.opened', 'Dispute Opened'), ('consensus.changed', 'Consensus Changed'), ('payout.approved', 'Payout Approved'), ('export.ready', 'Export Ready')], max_length=40)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhook_messages', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('delivered', 'Delivered'), ('dead', 'Dead')], default='pending', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='crowd.webhook')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='crowd.webhookmessage')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('duration_ms', models.PositiveIntegerField(null=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('reply', models.CharField(blank=True, max_length=500)),
                ('delivery', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='log', to='crowd.webhookdelivery')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='webhook_attempt_once')],
            },
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['webhook', 'next_attempt_at'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', 'id'], name='delivery_of_webhook'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('message', 'webhook'), name='delivery_once_per_webhook'),
        ),
    ]
