"""Everything that a person's page shows beside course and record."""

from datetime import datetime
from typing import Any

from cisterna.clinic.burden import burden
from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.tasks import due
from cisterna.clinic.timeline import timeline
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.person.charts import axis, charts
from cisterna.clinic.web.person.now import flags_of, now_of
from cisterna.clinic.web.person.papers import papers_of
from cisterna.clinic.web.person.results import equivalents, results_of
from cisterna.clinic.web.person.spine import spine_of
from cisterna.clinic.web.person.why import why_this_plan
from cisterna.clinic.web.person.wishes import wishes_of
from cisterna.facts import Pathway


def parts(person: Person, rules: Pathway, at: datetime, *, oral: bool) -> dict[str, Any]:
    """The context of the page's parts; `oral` is whether the published range was asked for."""
    library, zone = rules.library, zone_of(person)
    now = now_of(person, library, at)
    found = timeline(person, rules, at)
    shown = charts(found, zone, at)
    drawn = {
        "axis": axis(found, at),
        "zone": str(zone),
        "charts": [{"key": c.key, "title": c.title} | c.spec for c in shown if c.spec],
    }
    return {
        "now": now,
        "flags": flags_of(person, now, library, at),
        "due": [(t, t.overdue(at)) for t in due(person, rules, at)],
        "tree": devices(person),
        "charts": shown,
        "drawn": drawn,
        "spine": spine_of(now.therapy, library),
        "why": why_this_plan(person, now, rules),
        "results": results_of(person, library, at),
        "equivalents": equivalents(now, library) if oral else (),
        "oral": oral,
        "papers": papers_of(person),
        "wishes": wishes_of(person),
        "burden": burden(person, at.astimezone(zone).date()),
    }
