"""The audit of sign-ins and denials is written once: both engines refuse change and removal."""

from typing import Any

from django.db import migrations

from cisterna.clinic.web.written_once import AUDIT_GUARDS


def guard(_: Any, editor: Any) -> None:
    """Make the triggers of this engine."""
    for step in AUDIT_GUARDS[editor.connection.vendor]:
        editor.execute(step, params=None)


class Migration(migrations.Migration):
    """After the record's own tables and functions."""

    dependencies = (("web", "0001_initial"), ("ledger", "0001_initial"))
    operations = (migrations.RunPython(guard),)
