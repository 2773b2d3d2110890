"""What the database itself refuses: a change, a removal, and an entry anywhere but at the end.

On both engines, and also to whoever speaks to the database past this program. Whoever owns the
tables can still take the triggers away; the chain and its anchors show what was done then.
"""

REFUSAL = "the record is append-only"

_TABLES = ("cisterna_event", "cisterna_clinic")
_AT_THE_END = """
    NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM cisterna_event), 0)
    OR (NEW.seq > 1 AND NEW.previous <>
        (SELECT hash FROM cisterna_event WHERE seq = NEW.seq - 1))
"""


_TAKEN = """
    EXISTS (SELECT 1 FROM cisterna_event WHERE id = NEW.id OR previous = NEW.previous)
"""


def _sqlite() -> list[str]:
    changes = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table in _TABLES
        for verb in ("update", "delete")
    ]
    # INSERT OR REPLACE deletes without a delete trigger: an insert in a taken place is refused.
    inserts = [
        f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} "
        f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table, name, when in (
            ("cisterna_event", "at_the_end", f"{_AT_THE_END} OR {_TAKEN}"),
            ("cisterna_clinic", "once", "EXISTS (SELECT 1 FROM cisterna_clinic)"),
        )
    ]
    return changes + inserts


def _postgresql() -> list[str]:
    refuse = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';"
    functions = [
        f"CREATE FUNCTION cisterna_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {refuse} END $$",
        f"CREATE FUNCTION cisterna_at_the_end() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_AT_THE_END} THEN {refuse} END IF; RETURN NEW; END $$",
    ]
    rules = [
        (table, f"{table}_no_{name}", f"BEFORE {verb} ON {table} {each}", "cisterna_refuse")
        for table in _TABLES
        for name, verb, each in (
            ("change", "UPDATE OR DELETE", "FOR EACH ROW"),
            ("truncate", "TRUNCATE", "FOR EACH STATEMENT"),
        )
    ]
    end = "BEFORE INSERT ON cisterna_event FOR EACH ROW"
    rules.append(("cisterna_event", "cisterna_event_at_the_end", end, "cisterna_at_the_end"))
    # ALWAYS: a session that calls itself a replica is refused as well.
    return functions + [
        step
        for table, name, when, function in rules
        for step in (
            f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        )
    ]


GUARDS = {"sqlite": _sqlite(), "postgresql": _postgresql()}
