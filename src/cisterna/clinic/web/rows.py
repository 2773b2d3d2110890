"""The cache of the record for lists: brought up to date by number, or worked out anew.

Whoever has new events is folded again from all of hers, so a row never depends on what stood in it
before. One row lock orders those who catch up at the same time; doing it twice changes nothing.
Whose tasks time alone has changed (`stale_at`) is folded again too: nothing waits for a daily job.
A value that the site confirms counts for everybody: all go stale at once, some are worked out with
each page, and the pages say how many are left.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from cisterna.clinic import bodies
from cisterna.clinic.bodies.hers import ConsultAsked
from cisterna.clinic.bodies.planning import Moved, Referred, Registered
from cisterna.clinic.bodies.site import ConfirmationWithdrawn, ValueConfirmed
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import name_of, read_event
from cisterna.clinic.formulary import SITE
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.tasks import Task, due
from cisterna.clinic.web import clock, site
from cisterna.clinic.web import due as listed
from cisterna.clinic.web.models import Cursor, PersonRow, TaskRow

_BATCH = 200
_KEPT = 64
_AT_ONCE = 100
_RULES = tuple(name_of(kind) for kind in (ValueConfirmed, ConfirmationWithdrawn))
_FOLDED: dict[str, tuple[int, str, Person]] = {}
__all__ = ["bodies", "catch_up", "listed", "load", "rebuild", "waiting"]


def load(person_id: str) -> Person:
    """One person from her events; without any she has not been registered.

    Who was looked at lately is folded on from where she stood: the hash of her last event then says
    that this is the same record, and so the same events before it.
    """
    seq, bound, person = _FOLDED.get(person_id) or (0, "", Person(person_id))
    rows = EventRow.objects.filter(person=person_id, seq__gte=seq).order_by("seq")
    found = list(rows.values_list("seq", "hash", "text"))
    if seq and found[:1] and found[0][:2] == (seq, bound):
        found = found[1:]
    elif seq:
        _FOLDED.pop(person_id, None)
        return load(person_id)
    for *_, text in found:
        person = fold(person, read_event(text))
    _keep(person_id, found, person)
    return person


def _keep(person_id: str, found: Sequence[tuple[int, str, str]], person: Person) -> None:
    """The latest few are kept; several threads may, each whole entry is right by itself."""
    if found:
        _FOLDED[person_id] = (*found[-1][:2], person)
    while len(_FOLDED) > _KEPT:
        with suppress(KeyError, RuntimeError, StopIteration):
            del _FOLDED[next(iter(_FOLDED))]


def catch_up() -> int:
    """Bring the cache up to the end of the record and to now; how many people have new events."""
    last = EventRow.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    seen = Cursor.objects.values_list("seq", flat=True).first() or 0
    at = clock.now()
    if seen >= last and not PersonRow.objects.filter(stale_at__lte=at).exists():
        return 0
    with transaction.atomic():
        cursor, _ = Cursor.objects.select_for_update().get_or_create(only=1)
        changed = _changed(cursor.seq)
        if _site_rules_changed(cursor.seq):
            PersonRow.objects.update(stale_at=at)
        for batch in _batches(_stale(at) | changed):
            _write(batch, at)
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


def waiting(people: QuerySet[PersonRow]) -> int:
    """How many of these people's tasks are still those of before."""
    return people.filter(stale_at__lte=clock.now()).count()


def _site_rules_changed(seq: int) -> bool:
    """Whether the site has confirmed a value since, or taken it back."""
    return EventRow.objects.filter(person=SITE, seq__gt=seq, kind__in=_RULES).exists()


def _stale(at: datetime) -> dict[str, int]:
    """Whose tasks stand otherwise by now, the longest first, and the number of her last event."""
    found = PersonRow.objects.filter(stale_at__lte=at).order_by("stale_at", "person")
    return dict(found.values_list("person", "seq")[:_AT_ONCE])


def _batches(changed: dict[str, int]) -> Iterator[dict[str, int]]:
    # The clinic's own record is nobody to be listed.
    names = [name for name in changed if name != SITE]
    for start in range(0, len(names), _BATCH):
        yield {name: changed[name] for name in names[start : start + _BATCH]}


def _write(batch: dict[str, int], at: datetime) -> None:
    people = {name: load(name) for name in batch}
    found = {name: due(person, site.rules(), at) for name, person in people.items()}
    rows = [_row(person, batch[name], found[name]) for name, person in people.items()]
    fields = [f.name for f in PersonRow._meta.fields if not f.primary_key]
    PersonRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person"], update_fields=fields
    )
    TaskRow.objects.filter(person__in=batch).delete()
    TaskRow.objects.bulk_create(_task(one) for tasks in found.values() for one in tasks)


def _row(person: Person, seq: int, tasks: Iterable[Task]) -> PersonRow:
    entry, referred = person.last(Registered, None), person.last(Referred, None)
    moves = person.every(Moved, None)
    since = moves[-1].at if moves else referred.at if referred else None
    asked = person.last(ConsultAsked, None)
    who = entry.body if entry else asked.body if asked else None
    return PersonRow(
        person=person.id,
        clinic=who.clinic if who else "",
        name=who.name if who else "",
        born=who.born if who else None,
        number=entry.body.number if entry else "",
        indication=referred.body.indication if referred else "",
        place=str(person.place or ""),
        since=since,
        last=person.events[-1].recorded,
        events=len(person.events),
        seq=seq,
        stale_at=min((t.until for t in tasks if t.until is not None), default=None),
    )


def _task(one: Task) -> TaskRow:
    return TaskRow(
        person_id=one.person,
        kind=one.kind[:80],
        what=one.what[:200],
        due=one.due,
        role=str(one.role),
        urgency=one.urgency,
        why=one.why,
        source=one.source,
    )
