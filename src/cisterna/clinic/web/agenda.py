"""What is due, ranked as a nurse works: what cannot wait, today, overdue, this week, later.

A routine visit that nobody made does not hide a red flag: what a schedule asks for again and again
has a group of its own once it is overdue, and several such things of one person are one line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from cisterna.clinic.tasks.task import Urgency
from cisterna.clinic.web.models import PersonRow, TaskRow
from cisterna.clinic.web.words import plain

_PLACES = dict.fromkeys(
    ("reconcile", "sign-second", "review-glass"), "programmer/"
) | dict.fromkeys(("red-flag", "report", "message"), "#heard")
"""Where on a person's pages somebody goes on with a task of this kind."""
_MONTH, _YEAR = 30, 365
_IN_MONTHS, _IN_YEARS = 60, 730
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: one person and one thing, or her routine things together."""

    person: PersonRow
    when: str
    on: str
    due: datetime
    what: str
    more: tuple[str, ...]
    roles: tuple[str, ...]
    whys: tuple[tuple[str, str], ...]
    place: str


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the list, with how many there are in all; `left` are not shown."""

    key: str
    title: str
    mood: str
    count: int
    lines: tuple[Line, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Day:
    """Now, and where today ends, in the clinic's zone."""

    now: datetime
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """Midnight before now."""
        return self.now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def end(self) -> datetime:
        """Midnight after now."""
        return self.begin + timedelta(days=1)


def agenda(found: QuerySet[TaskRow], day: Day, page: int, whole: str = "") -> Iterator[Group]:
    """The groups that have anything; of the group `whole` everything, of the others a page."""
    parts = list(_parts(day))
    counts = found.aggregate(**{key: Count("id", filter=q) for key, _, _, q in parts})
    for key, title, mood, q in parts:
        if not counts[key]:
            continue
        rows = found.filter(q).select_related("person").order_by("urgency", "due", "id")
        if key not in ("now", "today"):
            rows = rows.order_by("due", "id")
        shown = list(rows if key == whole else rows[:page])
        left = counts[key] - len(shown)
        yield Group(key, title, mood, counts[key], tuple(lines(shown, day)), left)


def _parts(day: Day) -> Iterator[tuple[str, str, str, Q]]:
    week = day.end + timedelta(days=6)
    now = Q(urgency=Urgency.AT_ONCE) | Q(urgency=Urgency.NOT_LATE, due__lt=day.now)
    routine = Q(urgency=Urgency.ROUTINE)
    yield "now", "Cannot wait", "bad", now
    yield "today", "Today", "warn", Q(due__gte=day.begin, due__lt=day.end) & ~now
    yield "overdue", "Overdue", "warn", Q(due__lt=day.begin) & ~now & ~routine
    yield "week", "Within a week", "", Q(due__gte=day.end, due__lt=week) & ~now
    yield "routine", "Routine, overdue", "", Q(due__lt=day.begin) & routine
    yield "later", "Later", "", Q(due__gte=week) & ~now


def lines(rows: Iterable[TaskRow], day: Day) -> list[Line]:
    """The lines of tasks in their order; what is routine for one person stands with her first."""
    found: dict[object, list[TaskRow]] = {}
    for row in rows:
        key = row.person_id if row.urgency == Urgency.ROUTINE else (row.pk,)
        found.setdefault(key, []).append(row)
    return [_line(together, day) for together in found.values()]


def _line(rows: list[TaskRow], day: Day) -> Line:
    first = rows[0]
    when, on = due_words(first, day)
    place = _PLACES.get(first.kind, "")
    more = tuple(f"{r.what}, {due_words(r, day)[0]}" for r in rows[1:])
    roles = tuple(dict.fromkeys(r.role for r in rows))
    whys = tuple(dict.fromkeys(pair for r in rows for pair in _whys(r)))
    return Line(first.person, when, on, first.due, _what(first), more, roles, whys, place)


def _what(row: TaskRow) -> str:
    """A refill names what binds its date; everything else its own words."""
    return f"Refill: {plain(row.why).lower()} binds" if row.kind == "refill" else row.what


def _whys(row: TaskRow) -> Iterator[tuple[str, str]]:
    said = row.what if row.kind == "refill" else plain(row.why)
    if said or row.source:
        yield said, row.source


def due_words(row: TaskRow, day: Day) -> tuple[str, str]:
    """When a task is due, as one says it, and the date beside it."""
    local = row.due.astimezone(day.zone)
    days = (local.date() - day.begin.date()).days
    date, clock = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    if row.urgency == Urgency.AT_ONCE:
        return "at once", f"since {date} {clock}"
    if row.urgency == Urgency.ROUTINE:
        return _days(days), date
    if row.due < day.now and not days:
        return _short(day.now - row.due), f"{date} {clock}"
    near = {0: f"today {clock}", 1: f"tomorrow {clock}"}
    return near.get(days) or _days(days), f"{date} {clock}"


def _short(late: timedelta) -> str:
    seconds = int(late.total_seconds())
    said = f"{seconds // _HOUR} h" if seconds >= _HOUR else f"{seconds // 60} min"
    return f"{said} overdue"


def _days(days: int) -> str:
    if days in (0, 1):
        return ("today", "tomorrow")[days]
    size, unit = abs(days), "day"
    if size > _IN_YEARS:
        size, unit = size // _YEAR, "year"
    elif size > _IN_MONTHS:
        size, unit = size // _MONTH, "month"
    said = f"{size} {unit}{'' if size == 1 else 's'}"
    return f"in {said}" if days > 0 else f"{said} overdue"
