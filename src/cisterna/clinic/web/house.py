"""A clinic that is ready to be served: its record, its tables and its first account."""

from django.core.management import call_command

from cisterna.clinic.event import Role
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from cisterna.clinic.web.members import invite
from cisterna.clinic.web.models import Member
from cisterna.order.line import Refused


def ready(kind: ClinicKind) -> Record:
    """The record of this clinic, made where there is none, with the tables of the pages.

    Raises `Refused` where the database is of a clinic of the other kind; then it is as it was.
    """
    try:
        found = Record.open("default", kind)
    except Refused as why:
        if why.code != "no-record":
            raise
        found = Record.create("default", kind)
    call_command("migrate", verbosity=0, interactive=False)
    rows.catch_up()
    return found


def first_account(clinic: str, who: str = "admin") -> str:
    """The first password of the first administrator; empty where there is an administrator."""
    if Member.objects.filter(role=Role.ADMIN, active=True).exists():
        return ""
    return invite(who, Role.ADMIN, clinic)[1]
