"""Tasks say how urgent they are and rows when they are stale; codes and tries are shared."""

from typing import Any

from django.core.management import call_command
from django.db import migrations, models


def shared(_: Any, editor: Any) -> None:
    """The table of what was used and tried, for every process."""
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """After the audit."""

    dependencies = (("web", "0002_audit_written_once"),)
    operations = (
        migrations.AddField(
            "personrow", "stale_at", models.DateTimeField(null=True, db_index=True)
        ),
        migrations.AddField(
            "taskrow", "kind", models.CharField(blank=True, max_length=80, default="")
        ),
        migrations.AddField("taskrow", "urgency", models.SmallIntegerField(default=2)),
        migrations.AddField("taskrow", "source", models.TextField(blank=True, default="")),
        migrations.AlterField("taskrow", "kind", models.CharField(blank=True, max_length=80)),
        migrations.AlterField("taskrow", "source", models.TextField(blank=True)),
        migrations.AddIndex(
            "taskrow", models.Index(fields=["urgency", "due"], name="tasks_by_urgency")
        ),
        migrations.RunPython(shared, migrations.RunPython.noop),
    )
