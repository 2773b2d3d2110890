"""The audit of sign-ins and denials is written once: both engines refuse change and removal."""

from typing import Any

from django.db import migrations

_TABLE = "cisterna_audit"
_SQLITE = [
    f"CREATE TRIGGER {_TABLE}_no_{verb} BEFORE {verb} ON {_TABLE} "
    f"BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    for verb in ("update", "delete")
]
# `cisterna_refuse` is the record's own function.
_POSTGRESQL = [
    step
    for name, when in (
        ("change", "UPDATE OR DELETE ON cisterna_audit FOR EACH ROW"),
        ("truncate", "TRUNCATE ON cisterna_audit FOR EACH STATEMENT"),
    )
    for step in (
        f"CREATE TRIGGER {_TABLE}_no_{name} BEFORE {when} EXECUTE FUNCTION cisterna_refuse()",
        f"ALTER TABLE {_TABLE} ENABLE ALWAYS TRIGGER {_TABLE}_no_{name}",
    )
]
_STEPS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


def guard(_: Any, editor: Any) -> None:
    """Make the triggers of this engine."""
    for step in _STEPS[editor.connection.vendor]:
        editor.execute(step, params=None)


class Migration(migrations.Migration):
    """After the record's own tables and functions."""

    dependencies = (("web", "0001_initial"), ("ledger", "0001_initial"))
    operations = (migrations.RunPython(guard),)
