"""Pay: terms, price rules, reviews, appeals, bonuses, costs of models, batches; triggers for the append-only ones."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

TABLES = ("crowd_pricerule", "crowd_bonus", "crowd_paidentry", "crowd_batchfile")


def forwards(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for verb in ("update", "delete"):
            head = f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} FOR EACH ROW"
            if is_postgres:
                schema_editor.execute(f"{head} EXECUTE FUNCTION assay_refuse_change()", params=None)
            else:
                schema_editor.execute(
                    f"{head} BEGIN SELECT RAISE(ABORT, "
                    f"'CHECK: {table} is append-only: write a correcting row instead'); END",
                    params=None,
                )


def backwards(apps, schema_editor):
    for table in TABLES:
        for verb in ("update", "delete"):
            on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}{on}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0012_rater_triggers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('pay_approved', 'Pay Approved'), ('pay_rejected', 'Pay Rejected'), ('pay_reinstated', 'Pay Reinstated'), ('appeal_opened', 'Appeal Opened'), ('appeal_decided', 'Appeal Decided'), ('pay_terms_set', 'Pay Terms Set'), ('price_rule_set', 'Price Rule Set'), ('budget_added', 'Budget Added'), ('bonus_paid', 'Bonus Paid'), ('model_cost_overrun', 'Model Cost Overrun'), ('batch_made', 'Batch Made'), ('batch_approved', 'Batch Approved'), ('batch_exported', 'Batch Exported'), ('batch_sent', 'Batch Sent'), ('batch_cancelled', 'Batch Cancelled'), ('payment_ended', 'Payment Ended'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed'), ('flag_raised', 'Flag Raised'), ('flag_decided', 'Flag Decided'), ('fairness_terms_set', 'Fairness Terms Set'), ('pay_floor_acknowledged', 'Pay Floor Acknowledged'), ('pay_under_floor', 'Pay Under Floor'), ('pay_above_floor', 'Pay Above Floor'), ('gold_corrected', 'Gold Corrected'), ('trust_overturned', 'Trust Overturned'), ('restitution_done', 'Restitution Done'), ('rater_created', 'Rater Created'), ('rater_launched', 'Rater Launched'), ('rater_paused', 'Rater Paused'), ('rater_finished', 'Rater Finished'), ('failures_retried', 'Failures Retried'), ('task_flagged', 'Task Flagged')], max_length=30),
        ),
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('project_cost', 'Project Cost'), ('worker_payable', 'Worker Payable'), ('worker_transit', 'Worker Transit'), ('worker_paid', 'Worker Paid'), ('provider_payable', 'Provider Payable')], max_length=20),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('answer_pay', 'Answer Pay'), ('model_cost', 'Model Cost'), ('reversal', 'Reversal'), ('bonus', 'Bonus'), ('course_pay', 'Course Pay'), ('payout', 'Payout'), ('settlement', 'Settlement')], max_length=20),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('currency', models.CharField(max_length=3)),
                ('format', models.CharField(choices=[('paypal_csv', 'Paypal Csv'), ('paypal_api', 'Paypal Api'), ('wise_csv', 'Wise Csv'), ('sepa_xml', 'Sepa Xml'), ('csv', 'Csv')], max_length=12)),
                ('options', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('exported', 'Exported'), ('sent', 'Sent'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='draft', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('exported_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='crowd.project')),
            ],
            options={
                'verbose_name_plural': 'batches',
            },
        ),
        migrations.CreateModel(
            name='BatchFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('media_type', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField()),
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='file', to='crowd.batch')),
            ],
        ),
        migrations.CreateModel(
            name='BatchLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('method', models.CharField(choices=[('paypal', 'Paypal'), ('sepa', 'Sepa'), ('wise', 'Wise')], max_length=10)),
                ('recipient', models.CharField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=140)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('amount_micros', models.BigIntegerField()),
                ('carried_micros', models.BigIntegerField()),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('settled', 'Settled'), ('failed', 'Failed'), ('returned', 'Returned'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='crowd.account')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='crowd.batch')),
            ],
        ),
        migrations.CreateModel(
            name='Bonus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('key', models.CharField(max_length=60)),
                ('amount_micros', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bonuses', to='crowd.project')),
                ('transaction', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='bonus', to='crowd.transaction')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bonuses', to='crowd.worker')),
            ],
            options={
                'verbose_name_plural': 'bonuses',
            },
        ),
        migrations.CreateModel(
            name='ModelCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=90, unique=True)),
                ('state', models.CharField(choices=[('held', 'Held'), ('settled', 'Settled'), ('released', 'Released')], default='held', max_length=10)),
                ('reserved_micros', models.BigIntegerField()),
                ('actual_micros', models.BigIntegerField(null=True)),
                ('overrun_micros', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_costs', to='crowd.project')),
                ('shard', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.budgetshard')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_costs', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='PaidEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='paid_by', to='crowd.entry')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='covered', to='crowd.batchline')),
            ],
            options={
                'verbose_name_plural': 'paid entries',
            },
        ),
        migrations.CreateModel(
            name='PayeeDetails',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('paypal', 'Paypal'), ('sepa', 'Sepa'), ('wise', 'Wise')], max_length=10)),
                ('recipient', models.CharField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=140)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('updated_at', models.DateTimeField()),
                ('worker', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='payee', to='crowd.worker')),
            ],
            options={
                'verbose_name_plural': 'payee details',
            },
        ),
        migrations.CreateModel(
            name='PayReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('appealed', 'Appealed'), ('final', 'Final')], default='pending', max_length=10)),
                ('amount_micros', models.BigIntegerField()),
                ('is_budget_held', models.BooleanField(default=False)),
                ('due_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=dict)),
                ('appeal_until', models.DateTimeField(null=True)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pay_review', to='crowd.answer')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pay_reviews', to='crowd.project')),
                ('shard', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.budgetshard')),
                ('worker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pay_reviews', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('round', models.PositiveSmallIntegerField()),
                ('reason', models.TextField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('granted', 'Granted'), ('denied', 'Denied')], default='open', max_length=10)),
                ('opened_at', models.DateTimeField()),
                ('answer_by', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision', models.TextField(blank=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rejected_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='crowd.payreview')),
            ],
        ),
        migrations.CreateModel(
            name='PayTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('review_days', models.PositiveSmallIntegerField(default=14)),
                ('appeal_days', models.PositiveSmallIntegerField(default=14)),
                ('judge_days', models.PositiveSmallIntegerField(default=7)),
                ('surplus', models.CharField(choices=[('nothing', 'Nothing'), ('full', 'Full')], default='nothing', max_length=10)),
                ('updated_at', models.DateTimeField()),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pay_terms', to='crowd.project')),
            ],
            options={
                'verbose_name_plural': 'pay terms',
            },
        ),
        migrations.CreateModel(
            name='PriceRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_rules', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='QuotedPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_micros', models.BigIntegerField()),
                ('factors', models.JSONField(default=list)),
                ('assignment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='quote', to='crowd.assignment')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.pricerule')),
            ],
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['project', '-id'], name='batch_newest'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('made_by')), _negated=True), _connector='OR'), name='batch_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'cancelled']), ('approved_by__isnull', False), _connector='OR'), name='batch_leaves_approved'),
        ),
        migrations.AddConstraint(
            model_name='batchline',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='batch_line_number_once'),
        ),
        migrations.AddConstraint(
            model_name='batchline',
            constraint=models.UniqueConstraint(fields=('batch', 'account'), name='batch_pays_an_account_once'),
        ),
        migrations.AddConstraint(
            model_name='batchline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_micros__gt', 0), ('carried_micros__gte', 0)), name='batch_line_pays_something'),
        ),
        migrations.AddConstraint(
            model_name='bonus',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='bonus_key_once'),
        ),
        migrations.AddConstraint(
            model_name='bonus',
            constraint=models.CheckConstraint(condition=models.Q(('amount_micros__gt', 0)), name='bonus_positive'),
        ),
        migrations.AddConstraint(
            model_name='bonus',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='bonus_has_a_reason'),
        ),
        migrations.AddIndex(
            model_name='modelcost',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['project', 'created_at'], name='model_cost_held'),
        ),
        migrations.AddConstraint(
            model_name='modelcost',
            constraint=models.CheckConstraint(condition=models.Q(('reserved_micros__gte', 0), ('overrun_micros__gte', 0)), name='model_cost_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='modelcost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'held')), models.Q(models.Q(('state', 'held'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='model_cost_ended_unless_held'),
        ),
        migrations.AddIndex(
            model_name='payreview',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='pay_review_due'),
        ),
        migrations.AddIndex(
            model_name='payreview',
            index=models.Index(condition=models.Q(('state', 'rejected')), fields=['appeal_until'], name='pay_rejection_ends'),
        ),
        migrations.AddIndex(
            model_name='payreview',
            index=models.Index(fields=['project', 'state', 'id'], name='pay_review_of_project'),
        ),
        migrations.AddIndex(
            model_name='payreview',
            index=models.Index(fields=['worker', 'project', 'state'], name='pay_review_of_worker'),
        ),
        migrations.AddConstraint(
            model_name='payreview',
            constraint=models.CheckConstraint(condition=models.Q(('amount_micros__gt', 0)), name='pay_review_of_something'),
        ),
        migrations.AddConstraint(
            model_name='payreview',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'approved']), models.Q(('decided_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='pay_rejection_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='payreview',
            constraint=models.CheckConstraint(condition=models.Q(('is_budget_held', False), ('state__in', ['rejected', 'appealed']), _connector='OR'), name='pay_budget_held_while_open'),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['answer_by'], name='appeal_due'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(fields=('review', 'round'), name='appeal_once_per_rejection'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('rejected_by')), _negated=True), _connector='OR'), name='appeal_judged_by_another'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'denied'), _negated=True), ('decided_by__isnull', False), _connector='OR'), name='appeal_denied_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='payterms',
            constraint=models.CheckConstraint(condition=models.Q(('review_days__gte', 1), ('appeal_days__gte', 1), ('judge_days__gte', 1)), name='pay_terms_days_positive'),
        ),
        migrations.AddConstraint(
            model_name='pricerule',
            constraint=models.UniqueConstraint(fields=('project', 'version'), name='price_rule_version_once'),
        ),
        migrations.RunPython(forwards, backwards, elidable=False),
    ]
