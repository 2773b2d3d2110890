"""The tables of the pages."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The first tables."""

    initial = True

    dependencies = (migrations.swappable_dependency(settings.AUTH_USER_MODEL),)

    operations = (
        migrations.CreateModel(
            name="AuditRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("what", models.CharField(db_index=True, max_length=40)),
                ("who", models.CharField(db_index=True, max_length=150)),
                ("address", models.CharField(max_length=45)),
                ("path", models.CharField(max_length=300)),
                ("words", models.TextField(blank=True)),
            ],
            options={
                "db_table": "cisterna_audit",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("only", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "cisterna_cursor",
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("who", models.CharField(max_length=100, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("physician", "physician"),
                            ("surgeon", "surgeon"),
                            ("nurse", "nurse"),
                            ("pharmacist", "pharmacist"),
                            ("therapist", "therapist"),
                            ("psychologist", "psychologist"),
                            ("patient", "patient"),
                            ("caregiver", "caregiver"),
                            ("auditor", "auditor"),
                            ("admin", "admin"),
                            ("system", "system"),
                        ],
                        max_length=20,
                    ),
                ),
                ("clinic", models.CharField(max_length=40)),
                ("person", models.CharField(blank=True, max_length=100)),
                ("active", models.BooleanField(default=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "cisterna_member",
            },
        ),
        migrations.CreateModel(
            name="PersonRow",
            fields=[
                ("person", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("clinic", models.CharField(db_index=True, max_length=40)),
                ("name", models.CharField(db_index=True, max_length=200)),
                ("born", models.DateField(null=True)),
                ("number", models.CharField(db_index=True, max_length=100)),
                ("indication", models.CharField(blank=True, max_length=60)),
                ("place", models.CharField(blank=True, db_index=True, max_length=40)),
                ("since", models.DateTimeField(null=True)),
                ("last", models.DateTimeField()),
                ("events", models.IntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "cisterna_person",
                "indexes": [
                    models.Index(fields=["clinic", "place", "since"], name="people_of_a_place")
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=200)),
                ("due", models.DateTimeField(db_index=True)),
                ("role", models.CharField(db_index=True, max_length=20)),
                ("why", models.TextField(blank=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="web.personrow",
                    ),
                ),
            ],
            options={
                "db_table": "cisterna_task",
                "ordering": ("due", "id"),
            },
        ),
    )
