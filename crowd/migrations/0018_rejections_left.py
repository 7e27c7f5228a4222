"""A kind of line for rejections that a restitution could not reverse."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0017_webhooks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='restitutionline',
            name='kind',
            field=models.CharField(choices=[('answer_rescored', 'Answer Rescored'), ('skill_recomputed', 'Skill Recomputed'), ('warning_withdrawn', 'Warning Withdrawn'), ('level_restored', 'Level Restored'), ('rejection_reversed', 'Rejection Reversed'), ('change_undone', 'Change Undone'), ('change_not_imposed', 'Change Not Imposed'), ('places_kept', 'Places Kept'), ('rejection_left', 'Rejection Left')], max_length=24),
        ),
    ]
