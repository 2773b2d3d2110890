"""The tables of the record, and the triggers that guard them."""

from typing import Any

from django.db import migrations, models

from cisterna.clinic.ledger.guards import GUARDS


def guard(_: Any, editor: Any) -> None:
    """Make the triggers of this engine."""
    for step in GUARDS[editor.connection.vendor]:
        editor.execute(step, params=None)


class Migration(migrations.Migration):
    """The first tables; there is no way back from them."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="ClinicRow",
            fields=[
                ("only", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("clinic", models.CharField(max_length=20)),
                ("record", models.CharField(max_length=32)),
            ],
            options={
                "db_table": "cisterna_clinic",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", 1)), name="one_clinic"),
                    models.CheckConstraint(
                        condition=models.Q(("clinic__in", ("demonstration", "real"))),
                        name="kind_of_clinic",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventRow",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("person", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=100)),
                ("event_id", models.CharField(db_column="id", max_length=100)),
                ("text", models.TextField()),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "cisterna_event",
                "indexes": [
                    models.Index(fields=["person", "seq"], name="events_of_a_person"),
                    models.Index(fields=["kind", "seq"], name="events_of_a_kind"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event_id",), name="one_event_of_an_id"),
                    models.UniqueConstraint(fields=("previous",), name="one_event_after_another"),
                ],
            },
        ),
        migrations.RunPython(guard),
    )
