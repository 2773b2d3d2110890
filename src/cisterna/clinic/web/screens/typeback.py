"""A maker's pump: the second person types, blind, what its screen shows; then both side by side."""

from dataclasses import dataclass, fields
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from cisterna.clinic.bodies.realpump import ScreenRead, ScreenTypedBack
from cisterna.clinic.web import desk
from cisterna.clinic.web.access import check_may
from cisterna.clinic.web.bench import Bench
from cisterna.clinic.web.screens.people import head
from cisterna.clinic.web.screens.programmer import HOME, base_of, screen
from cisterna.order.line import Refused

_LINES = ("steps",)


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the screen; its example has a value that is nobody's."""

    name: str
    label: str
    example: str
    value: str = ""
    lines: bool = False


SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("Solution", (
        ("drug", "Drug", "the name, as shown"),
        ("concentration", "Concentration", "number and unit, such as mg/mL or mcg/mL"),
        ("reservoir", "Reservoir volume", "number and mL"),
    )),
    ("Infusion", (
        ("mode", "Mode", "continuous, flex, …"),
        ("daily_dose", "Daily dose", "number and unit, such as mg/day or mcg/day"),
        ("steps", "Steps of the day", "a line for each: time, dose rate and unit"),
    )),
    ("Patient's dose", (
        ("bolus_dose", "Dose", "number and unit; empty where there is none"),
        ("bolus_duration", "Duration", "number and unit"),
        ("lockout", "Lockout", "number and unit: minutes and hours are told apart"),
        ("max_per_day", "Most doses in a day", "a whole number"),
    )),
    ("Bridge and alarm", (
        ("bridge_volume", "Bridge volume", "number and mL; empty where there is none"),
        ("bridge_duration", "Bridge duration", "number and unit"),
        ("alarm_date", "Low-reservoir date", "year-month-day"),
    )),
)  # fmt: skip


def type_back(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The fields of the screen in its order, nothing of the order beside them."""
    check_may(request, "type-back")
    refused = None
    if request.method == "POST":
        try:
            desk.do(request, bench.person.id, "type-back", _typed(request), base_of(request))
            return redirect(f"/people/{bench.person.id}/programmer/compared/")
        except Refused as why:
            refused = why
    about = head(bench.person) | {"base": len(bench.person.events), "here": "people"}
    about |= {"sections": _sections(request), "refused": refused}
    return render(request, "web/programmer/typeback.html", about, status=422 if refused else 200)


def _typed(request: HttpRequest) -> ScreenRead:
    row: dict[str, Any] = {}
    for one in fields(ScreenRead):
        text = request.POST.get(one.name, "").strip()
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        row[one.name] = lines if one.name in _LINES else text
    return ScreenRead(**row)


def _sections(request: HttpRequest) -> list[tuple[str, list[Asked]]]:
    return [
        (title, [Asked(*row, request.POST.get(row[0], ""), row[0] in _LINES) for row in rows])
        for title, rows in SECTIONS
    ]


def compared(request: HttpRequest, bench: Bench) -> HttpResponse:
    """The last reading, field by field beside the order."""
    said = bench.person.last(ScreenTypedBack, None)
    if said is None:
        raise Refused("nothing-read", "No screen was read back.", "Type back what it shows.")
    labels = {name: label for _, rows in SECTIONS for name, label, _ in rows}
    table = [(labels.get(r.field, r.field.replace("_", " ")), r) for r in said.body.compared]
    about = head(bench.person) | {"said": said, "rows": table, "here": "people"}
    return render(request, "web/programmer/compared.html", about)


urlpatterns = [
    path(
        f"{HOME}type-back/",
        require_http_methods(["GET", "POST"])(screen(type_back)),
        name="programmer-type-back",
    ),
    path(f"{HOME}compared/", require_safe(screen(compared)), name="programmer-compared"),
]
