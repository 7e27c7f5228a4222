"""Raters: prompts, examples, runs, calls, the vote cache, votes, failures, flags."""

import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0010_trust_reports'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallBucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('requests', models.FloatField()),
                ('tokens', models.FloatField()),
                ('filled_at', models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('project_created', 'Project Created'), ('project_launched', 'Project Launched'), ('project_paused', 'Project Paused'), ('tasks_added', 'Tasks Added'), ('golds_added', 'Golds Added'), ('workers_added', 'Workers Added'), ('task_completed', 'Task Completed'), ('task_disputed', 'Task Disputed'), ('task_reopened', 'Task Reopened'), ('overlap_extended', 'Overlap Extended'), ('gold_failed', 'Gold Failed'), ('trust_changed', 'Trust Changed'), ('worker_warned', 'Worker Warned'), ('worker_paused', 'Worker Paused'), ('rule_set', 'Rule Set'), ('rule_retired', 'Rule Retired'), ('rule_fired', 'Rule Fired'), ('task_adjudicated', 'Task Adjudicated'), ('places_reopened', 'Places Reopened'), ('course_created', 'Course Created'), ('requirements_set', 'Requirements Set'), ('qualification_granted', 'Qualification Granted'), ('lease_expired', 'Lease Expired'), ('task_skipped', 'Task Skipped'), ('refit_done', 'Refit Done'), ('refit_failed', 'Refit Failed'), ('processing_failed', 'Processing Failed'), ('flag_raised', 'Flag Raised'), ('flag_decided', 'Flag Decided'), ('fairness_terms_set', 'Fairness Terms Set'), ('pay_floor_acknowledged', 'Pay Floor Acknowledged'), ('pay_under_floor', 'Pay Under Floor'), ('pay_above_floor', 'Pay Above Floor'), ('gold_corrected', 'Gold Corrected'), ('trust_overturned', 'Trust Overturned'), ('restitution_done', 'Restitution Done'), ('rater_created', 'Rater Created'), ('rater_launched', 'Rater Launched'), ('rater_paused', 'Rater Paused'), ('rater_finished', 'Rater Finished'), ('failures_retried', 'Failures Retried'), ('task_flagged', 'Task Flagged')], max_length=30),
        ),
        migrations.CreateModel(
            name='ExamplePool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='example_pools', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('payload', models.JSONField()),
                ('payload_hash', models.CharField(max_length=64)),
                ('label_index', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.project')),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='crowd.examplepool')),
            ],
        ),
        migrations.CreateModel(
            name='InjectionFlag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='injection_flags', to='crowd.project')),
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='injection_flag', to='crowd.task')),
            ],
        ),
        migrations.CreateModel(
            name='PromptTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prompts', to='crowd.project')),
            ],
        ),
        migrations.CreateModel(
            name='PromptVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('version', models.PositiveIntegerField()),
                ('system', models.TextField(blank=True)),
                ('user', models.TextField()),
                ('words', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='crowd.prompttemplate')),
            ],
        ),
        migrations.CreateModel(
            name='Rater',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('human', 'Human'), ('llm', 'Llm'), ('classifier', 'Classifier'), ('function', 'Function')], max_length=12)),
                ('name', models.CharField(max_length=120)),
                ('group', models.CharField(max_length=120)),
                ('key', models.CharField(max_length=64)),
                ('spec', models.JSONField()),
                ('input_price_micros', models.BigIntegerField(default=0)),
                ('output_price_micros', models.BigIntegerField(default=0)),
                ('requests_per_minute', models.PositiveIntegerField(null=True)),
                ('tokens_per_minute', models.PositiveIntegerField(null=True)),
                ('concurrency', models.PositiveSmallIntegerField(default=4)),
                ('timeout_seconds', models.FloatField(default=60.0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='raters', to='crowd.project')),
                ('prompt', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='raters', to='crowd.promptversion')),
                ('replaces', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='crowd.rater')),
                ('worker', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='rater', to='crowd.worker')),
            ],
        ),
        migrations.CreateModel(
            name='ClassifierSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('archive', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('trained_on', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
                ('rater', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='snapshot', to='crowd.rater')),
            ],
        ),
        migrations.CreateModel(
            name='CachedVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payload_hash', models.CharField(max_length=64)),
                ('label_index', models.PositiveSmallIntegerField(null=True)),
                ('abstained_because', models.CharField(blank=True, default='', max_length=40)),
                ('probabilities', models.JSONField(null=True)),
                ('label_mass', models.FloatField(null=True)),
                ('finish_reason', models.CharField(blank=True, default='', max_length=40)),
                ('calls', models.PositiveSmallIntegerField(default=0)),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('cost_micros', models.BigIntegerField(default=0)),
                ('latency_seconds', models.FloatField(default=0.0)),
                ('created_at', models.DateTimeField()),
                ('rater', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cached_votes', to='crowd.rater')),
            ],
        ),
        migrations.CreateModel(
            name='RaterExample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('example', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='raters', to='crowd.example')),
                ('rater', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='examples', to='crowd.rater')),
            ],
        ),
        migrations.CreateModel(
            name='RaterRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('preview', 'Preview'), ('votes', 'Votes')], max_length=10)),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('finished', 'Finished')], default='running', max_length=10)),
                ('pause_code', models.CharField(blank=True, default='', max_length=40)),
                ('pause_reason', models.TextField(blank=True, default='')),
                ('task_ids', models.JSONField(default=list)),
                ('votes', models.PositiveIntegerField(default=0)),
                ('abstentions', models.PositiveIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('cached', models.PositiveIntegerField(default=0)),
                ('tasks_left', models.PositiveIntegerField(null=True)),
                ('busy_seconds', models.FloatField(default=0.0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('leased_until', models.DateTimeField(null=True)),
                ('look_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('rater', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='crowd.rater')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RaterCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('payload_hash', models.CharField(max_length=64)),
                ('part', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('intended', 'Intended'), ('replied', 'Replied'), ('failed', 'Failed')], default='intended', max_length=10)),
                ('fence', models.PositiveIntegerField()),
                ('sent', models.PositiveSmallIntegerField(default=0)),
                ('is_repeated', models.BooleanField(default=False)),
                ('reserved_micros', models.BigIntegerField(default=0)),
                ('reply', models.JSONField(null=True)),
                ('error', models.CharField(blank=True, choices=[('outside_schema', 'Outside Schema'), ('empty', 'Empty'), ('refusal', 'Refusal'), ('cut_short', 'Cut Short'), ('timeout', 'Timeout'), ('unreachable', 'Unreachable'), ('rate_limited', 'Rate Limited'), ('server_error', 'Server Error'), ('rejected', 'Rejected'), ('over_budget', 'Over Budget'), ('no_text', 'No Text'), ('is_example', 'Is Example'), ('function_error', 'Function Error')], default='', max_length=20)),
                ('detail', models.TextField(blank=True, default='')),
                ('input_tokens', models.PositiveIntegerField(null=True)),
                ('output_tokens', models.PositiveIntegerField(null=True)),
                ('cost_micros', models.BigIntegerField(default=0)),
                ('latency_seconds', models.FloatField(null=True)),
                ('created_at', models.DateTimeField()),
                ('replied_at', models.DateTimeField(null=True)),
                ('rater', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='crowd.rater')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='crowd.raterrun')),
            ],
        ),
        migrations.CreateModel(
            name='VoteDetail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=120)),
                ('is_abstention', models.BooleanField(default=False)),
                ('probabilities', models.JSONField(null=True)),
                ('label_mass', models.FloatField(null=True)),
                ('finish_reason', models.CharField(blank=True, default='', max_length=40)),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('cost_micros', models.BigIntegerField(default=0)),
                ('latency_seconds', models.FloatField(default=0.0)),
                ('is_cached', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('answer', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='vote_detail', to='crowd.answer')),
                ('assignment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='vote_detail', to='crowd.assignment')),
                ('cached_vote', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='crowd.cachedvote')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='vote_details', to='crowd.project')),
                ('rater', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='crowd.rater')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.raterrun')),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='vote_details', to='crowd.task')),
            ],
        ),
        migrations.CreateModel(
            name='VoteFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.CharField(choices=[('outside_schema', 'Outside Schema'), ('empty', 'Empty'), ('refusal', 'Refusal'), ('cut_short', 'Cut Short'), ('timeout', 'Timeout'), ('unreachable', 'Unreachable'), ('rate_limited', 'Rate Limited'), ('server_error', 'Server Error'), ('rejected', 'Rejected'), ('over_budget', 'Over Budget'), ('no_text', 'No Text'), ('is_example', 'Is Example'), ('function_error', 'Function Error')], max_length=20)),
                ('detail', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('retried_at', models.DateTimeField(null=True)),
                ('rater', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='failures', to='crowd.rater')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crowd.raterrun')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vote_failures', to='crowd.task')),
            ],
        ),
        migrations.AddConstraint(
            model_name='examplepool',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='examplepool_name_once'),
        ),
        migrations.AddConstraint(
            model_name='example',
            constraint=models.UniqueConstraint(fields=('pool', 'payload_hash'), name='example_once_per_pool'),
        ),
        migrations.AddConstraint(
            model_name='prompttemplate',
            constraint=models.UniqueConstraint(fields=('project', 'name'), name='prompttemplate_name_once'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(fields=('template', 'version'), name='promptversion_number_once'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='rater_key_once_per_project'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'human'), _negated=True), name='rater_is_no_person'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'llm'), _negated=True), ('prompt__isnull', False), _connector='OR'), name='rater_llm_has_a_prompt'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.CheckConstraint(condition=models.Q(('input_price_micros__gte', 0), ('output_price_micros__gte', 0)), name='rater_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.CheckConstraint(condition=models.Q(('concurrency__gte', 1), ('timeout_seconds__gt', 0)), name='rater_can_make_a_call'),
        ),
        migrations.AddConstraint(
            model_name='cachedvote',
            constraint=models.UniqueConstraint(fields=('rater', 'payload_hash'), name='cachedvote_once_per_payload'),
        ),
        migrations.AddConstraint(
            model_name='cachedvote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('abstained_because__gt', ''), ('label_index__isnull', True)), models.Q(('abstained_because', ''), ('label_index__isnull', False)), _connector='OR'), name='cachedvote_votes_or_abstains'),
        ),
        migrations.AddConstraint(
            model_name='raterexample',
            constraint=models.UniqueConstraint(fields=('rater', 'example'), name='rater_shows_an_example_once'),
        ),
        migrations.AddConstraint(
            model_name='raterexample',
            constraint=models.UniqueConstraint(fields=('rater', 'position'), name='rater_example_place_once'),
        ),
        migrations.AddIndex(
            model_name='raterrun',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['look_at'], name='raterrun_due'),
        ),
        migrations.AddConstraint(
            model_name='raterrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'finished'), _negated=True), fields=('rater', 'kind'), name='raterrun_one_unfinished_per_kind'),
        ),
        migrations.AddConstraint(
            model_name='raterrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state', 'finished')), models.Q(models.Q(('state', 'finished'), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='raterrun_ended_when_finished'),
        ),
        migrations.AddConstraint(
            model_name='raterrun',
            constraint=models.CheckConstraint(condition=models.Q(('cached__lte', django.db.models.expressions.CombinedExpression(models.F('votes'), '+', models.F('abstentions')))), name='raterrun_cached_votes'),
        ),
        migrations.AddIndex(
            model_name='ratercall',
            index=models.Index(condition=models.Q(('state', 'intended')), fields=['run'], name='ratercall_in_the_air'),
        ),
        migrations.AddConstraint(
            model_name='ratercall',
            constraint=models.UniqueConstraint(fields=('rater', 'payload_hash', 'part'), name='ratercall_part_once'),
        ),
        migrations.AddConstraint(
            model_name='ratercall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'replied'), _negated=True), ('reply__isnull', False), _connector='OR'), name='ratercall_replied_has_a_reply'),
        ),
        migrations.AddConstraint(
            model_name='ratercall',
            constraint=models.CheckConstraint(condition=models.Q(('cost_micros__gte', 0)), name='ratercall_cost_not_negative'),
        ),
        migrations.AddIndex(
            model_name='votedetail',
            index=models.Index(fields=['project', 'id'], name='votedetail_of_project'),
        ),
        migrations.AddConstraint(
            model_name='votedetail',
            constraint=models.UniqueConstraint(fields=('task', 'rater'), name='votedetail_task_once_per_rater'),
        ),
        migrations.AddConstraint(
            model_name='votedetail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer__isnull', True), ('is_abstention', True)), models.Q(('answer__isnull', False), ('is_abstention', False)), _connector='OR'), name='votedetail_answer_or_abstention'),
        ),
        migrations.AddIndex(
            model_name='votefailure',
            index=models.Index(fields=['rater', 'id'], name='votefailure_of_rater'),
        ),
    ]
