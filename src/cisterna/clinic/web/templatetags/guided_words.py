"""Quantities and times as a clinician reads them, in a template of a procedure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from cisterna.quantity import Quantity, show

register = template.Library()


@register.filter
def quantity(value: Quantity | None) -> str:
    """A quantity with its unit; nothing for none."""
    return "" if value is None else show(value, 9)


@register.filter
def at(value: datetime | None, zone: str) -> str:
    """A time of day in the person's zone, with the zone's short name."""
    return "" if value is None else f"{value.astimezone(ZoneInfo(zone)):%H:%M %Z}"


@register.filter
def on(value: datetime | None, zone: str) -> str:
    """A day and time in the person's zone, with the zone's short name."""
    return "" if value is None else f"{value.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"
