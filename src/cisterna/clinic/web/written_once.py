"""What the database refuses for the audit of sign-ins: change and removal, on both engines."""

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
AUDIT_GUARDS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
