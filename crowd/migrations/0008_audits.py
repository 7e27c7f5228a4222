"""Audited tasks, the worth of a label, and eight levels of routing to each priority that a manager gives."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0007_preview_weight'),
    ]

    operations = [
        migrations.RunSQL(
            [
                "UPDATE crowd_task SET priority = priority * 8 WHERE priority <> 0",
                "UPDATE crowd_enrolment SET walk_priority = NULL, walk_rnd = NULL WHERE walk_priority IS NOT NULL",
            ],
            # Rounded down, as `crowd.policies.routing.asked_priority` does.
            ["UPDATE crowd_task SET priority = (priority + 6 - ((((priority + 6) % 8) + 8) % 8)) / 8 WHERE priority <> 0"],
        ),
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answers', models.PositiveSmallIntegerField(null=True)),
                ('label_index', models.PositiveSmallIntegerField(null=True)),
                ('confidence', models.FloatField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name='aggregationrun',
            name='crowd_accuracy',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='project',
            name='audit_share',
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name='project',
            name='label_worth_micros',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('audit_share__gte', 0), ('audit_share__lte', 1)), name='project_audit_share_is_share'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('label_worth_micros__isnull', True), ('label_worth_micros__gt', 0), _connector='OR'), name='project_label_worth_positive'),
        ),
        migrations.AddField(
            model_name='audit',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audits', to='crowd.project'),
        ),
        migrations.AddField(
            model_name='audit',
            name='task',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='audit', to='crowd.task'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answers__isnull', True), ('label_index__isnull', True), ('stopped_at__isnull', True)), models.Q(('answers__isnull', False), ('label_index__isnull', False), ('stopped_at__isnull', False)), _connector='OR'), name='audit_stopped_or_not'),
        ),
    ]
