"""A clinic that is ready to be served: its record, its tables and its first account."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.guarded import check_guards
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member
from cisterna.clinic.web.written_once import AUDIT_GUARDS
from cisterna.order.line import Refused


def ready(kind: ClinicKind | None) -> Record:
    """The record of this clinic with the tables of the pages; made where there is none and a kind.

    Raises `Refused` where there is none and no kind, where the database is of a clinic of the other
    kind (then it is as it was), and where the triggers that guard the record are gone.
    """
    try:
        found = Record.open("default", kind)
    except Refused as why:
        if why.code != "no-record":
            raise
        if kind is None:
            way_out = "Name --clinic real or --clinic demonstration, or restore a backup."
            raise Refused("no-record", why.message, way_out) from None
        found = Record.create("default", kind)
    # Only where something is to be done: a role that does not own the tables cannot migrate.
    if _behind():
        call_command("migrate", verbosity=0, interactive=False)
    guarded()
    if settings.STATIC_ROOT:
        call_command("collectstatic", verbosity=0, interactive=False)
    rows.catch_up()
    return found


def guarded() -> None:
    """Raise `Refused` unless the database itself still keeps record and audit written-once."""
    check_guards("default", AUDIT_GUARDS[connection.vendor])


def first_account(clinic: str, who: str = "admin") -> str:
    """The first password of the first administrator; empty where there is an administrator."""
    if Member.objects.filter(role=Role.ADMIN, active=True).exists():
        return ""
    return invite(who, Role.ADMIN, clinic)[1]


def _behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
