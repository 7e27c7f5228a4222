"""When a project's work times were last looked at, for the lease that follows them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crowd", "0008_audits")]

    operations = [migrations.AddField("project", "lease_observed_at", models.DateTimeField(null=True))]
