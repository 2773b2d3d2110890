"""The cache of the record for lists: brought up to date by number, or worked out anew.

Whoever has new events is folded again from all of hers, so a row never depends on what stood in it
before. One row lock orders those who catch up at the same time; doing it twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.db import transaction

from cisterna.clinic import bodies
from cisterna.clinic.bodies.planning import Moved, Referred, Registered
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import read_event
from cisterna.clinic.formulary import SITE
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.tasks import Task, due
from cisterna.clinic.web import clock, site
from cisterna.clinic.web import due as listed
from cisterna.clinic.web.models import Cursor, PersonRow, TaskRow

_BATCH = 200
__all__ = ["bodies", "catch_up", "listed", "load", "rebuild"]


def load(person_id: str) -> Person:
    """One person from her events; without any she has not been registered."""
    texts = EventRow.objects.filter(person=person_id).order_by("seq").values_list("text", flat=True)
    person = Person(person_id)
    for text in texts:
        person = fold(person, _event(text))
    return person


# An event never changes, so each text is read once; a page of 2,000 events is mostly this.
_event = lru_cache(maxsize=20_000)(read_event)


def catch_up() -> int:
    """Bring the cache up to the end of the record; the number of people that changed."""
    last = EventRow.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    seen = Cursor.objects.values_list("seq", flat=True).first() or 0
    if seen >= last:
        return 0
    with transaction.atomic():
        cursor, _ = Cursor.objects.select_for_update().get_or_create(only=1)
        changed = _changed(cursor.seq)
        for batch in _batches(changed):
            _write(batch)
        if changed:
            cursor.seq = max(changed.values())
            cursor.save()
    return len(changed)


def rebuild() -> int:
    """Throw the cache away and work it out from the whole record."""
    with transaction.atomic():
        cursor, _ = Cursor.objects.select_for_update().get_or_create(only=1)
        PersonRow.objects.all().delete()
        cursor.seq = 0
        cursor.save()
    return catch_up()


def _changed(seq: int) -> dict[str, int]:
    """Who has events after this number, and the number of her last one."""
    rows = EventRow.objects.filter(seq__gt=seq).order_by("seq").values_list("person", "seq")
    return dict(rows.iterator(chunk_size=5000))


def _batches(changed: dict[str, int]) -> Iterator[dict[str, int]]:
    # The clinic's own record is nobody to be listed.
    names = [name for name in changed if name != SITE]
    for start in range(0, len(names), _BATCH):
        yield {name: changed[name] for name in names[start : start + _BATCH]}


def _write(batch: dict[str, int]) -> None:
    people = {name: load(name) for name in batch}
    rows = [_row(person, batch[name]) for name, person in people.items()]
    fields = [f.name for f in PersonRow._meta.fields if not f.primary_key]
    PersonRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person"], update_fields=fields
    )
    TaskRow.objects.filter(person__in=batch).delete()
    TaskRow.objects.bulk_create(_tasks(people.values()))


def _row(person: Person, seq: int) -> PersonRow:
    entry, referred = person.last(Registered, None), person.last(Referred, None)
    moves = person.every(Moved, None)
    since = moves[-1].at if moves else referred.at if referred else None
    who = entry.body if entry else None
    return PersonRow(
        person=person.id,
        clinic=who.clinic if who else "",
        name=who.name if who else "",
        born=who.born if who else None,
        number=who.number if who else "",
        indication=referred.body.indication if referred else "",
        place=str(person.place or ""),
        since=since,
        last=person.events[-1].recorded,
        events=len(person.events),
        seq=seq,
    )


def _tasks(people: Iterable[Person]) -> list[TaskRow]:
    at = clock.now()
    return [_task(person, one) for person in people for one in due(person, site.rules(), at)]


def _task(person: Person, one: Task) -> TaskRow:
    why = f"{one.why} ({one.source})" if one.source else one.why
    return TaskRow(
        person_id=person.id, what=one.what[:200], due=one.due, role=str(one.role), why=why
    )
