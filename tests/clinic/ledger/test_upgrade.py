"""A clinic that has worked is brought up to date: record and guards stand, lists are anew."""

from django.core.management import call_command
from django.db import connections

from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.guarded import check_guards
from cisterna.clinic.ledger.place import connect
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web.models import PersonRow
from cisterna.clinic.web.written_once import AUDIT_GUARDS
from tests.clinic.ledger.happened import said
from tests.clinic.ledger.judged import whole

FIRST = (("ledger", "0001"), ("web", "0002"))
PERSON = (
    "INSERT INTO cisterna_person (person, clinic, name, number, indication, place, last, events, "
    "seq) VALUES ('p1', 'main', 'Ada', '1', '', '', '2026-11-30 09:00:00+00:00', 1, 1)"
)
TASK = (
    "INSERT INTO cisterna_task (person_id, what, due, role, why) "
    "VALUES ('p1', 'Refill', '2026-11-30 09:00:00+00:00', 'nurse', '')"
)


def test_a_clinic_with_people_is_brought_up_to_date(place: str, engine: str):
    name = connect(place)
    for app, number in FIRST:
        call_command("migrate", app, number, database=name, verbosity=0)
    record = Record(name, ClinicKind.REAL, "0" * 32)
    record.mark()
    record.append(said(1))
    with connections[name].cursor() as cursor:
        cursor.execute(PERSON)
        cursor.execute(TASK)
    call_command("migrate", database=name, verbosity=0)
    assert not PersonRow.objects.using(name).exists()
    check_guards(name, AUDIT_GUARDS[engine])
    assert record.append(said(2))[0].seq == 2
    assert whole(record)
