"""Numbers, times and devices as a person reads them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template

from cisterna.clinic.web.words import plain
from cisterna.facts import Library, UnknownFact
from cisterna.quantity import Quantity, show

register = template.Library()
_FACTS = Library()


@register.filter
def shown(value: Quantity | None) -> str:
    """A quantity by ISMP's rules; nothing is a dash."""
    return "–" if value is None else show(value)


@register.filter
def in_zone(at: datetime | None, zone: str) -> str:
    """A moment in a zone, which is named where it is not hers by the page; nothing is a dash."""
    return "–" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@register.filter
def aged(age: timedelta) -> str:
    """How long something has been known, in the largest unit that is not zero."""
    minutes = max(0, int(age.total_seconds() // 60))
    for name, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        count = minutes // size
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


@register.filter
def worded(name: object) -> str:
    """A name of the code as words."""
    return plain(str(name)).lower()


@register.filter
def device(model: str) -> str:
    """A pump or a catheter by its maker's name."""
    for find in (_FACTS.pump, _FACTS.catheter):
        try:
            found = find(model)
        except UnknownFact:
            continue
        return str(found.name)
    return plain(model)
