"""The people of a clinic are listed by name; with tens of thousands that needs an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    dependencies = (("web", "0003_due_and_shared"),)
    operations = (
        migrations.AddIndex(
            model_name="PersonRow",
            index=models.Index(fields=["clinic", "name", "person"], name="people_by_name"),
        ),
    )
