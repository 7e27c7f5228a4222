"""What the votes of a run cost, kept for its progress."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crowd', '0018_rejections_left'),
    ]

    operations = [
        migrations.AddField(
            model_name='raterrun',
            name='cost_micros',
            field=models.BigIntegerField(default=0),
        ),
    ]
