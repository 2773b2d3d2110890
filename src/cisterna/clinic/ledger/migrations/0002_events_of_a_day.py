"""Events are found by the day on which they were recorded; no table is rebuilt for it."""

from django.db import migrations, models

from cisterna.clinic.ledger.models import RecordedOn


class Migration(migrations.Migration):
    """An index on what the text says."""

    dependencies = (("ledger", "0001_initial"),)
    operations = (
        migrations.AddIndex(
            model_name="EventRow",
            index=models.Index(RecordedOn("text"), "seq", name="events_of_a_day"),
        ),
    )
