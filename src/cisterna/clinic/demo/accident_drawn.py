"""The accident as two pictures and the numbers behind them, for the start page.

What leaves the tip is drawn with the sheet's frame, the spine with the sheet's canal. The page's
script moves the hour through what stands here; it works nothing out.
"""

from fractions import Fraction
from typing import Any

from cisterna.clinic.demo.accident import BRIDGED, FORGOTTEN, SHOWN_H, Accident
from cisterna.facts.spine import levels
from cisterna.order.sheet.figure import Frame, Point, drawing, merged, number, steps, ticks
from cisterna.order.sheet.markup import Markup, join, table, tag
from cisterna.quantity import show
from cisterna.spine.drawing import canal_drawn, geometry

UNIT, FLUID = "mg/day", "mcg/mL"
CASES = (FORGOTTEN, BRIDGED)
_EVERY_H = 6
_LINES = {FORGOTTEN: "omitted", BRIDGED: "bridged"}
_ROOM = Fraction(6, 5)
"""Above the highest line."""


def tip_picture(found: Accident) -> Markup:
    """Ordered and given at the tip, hour by hour, in both cases; the over-dose as an area."""
    frame = _frame(found)
    meant = found.hours[0].meant.number(UNIT)
    hours = [(Fraction(h), str(h)) for h in range(0, SHOWN_H + 1, _EVERY_H)]
    words = (
        f"Ordered: {show(found.hours[0].meant)} at every hour. Without the bridge "
        f"{show(found.hours[0].given[FORGOTTEN])} until the line is clear; with it as ordered."
    )
    now = frame.x(Fraction(_first_hour(found)))
    return drawing(
        "tip",
        f"{found.drug} at the tip, hour by hour",
        words,
        frame,
        _over(found, frame),
        frame.axes(hours, "hours after the fill", UNIT),
        frame.path([(Fraction(0), meant), (Fraction(SHOWN_H), meant)], "reference"),
        tag("path", d=f"M0 {frame.top}V{frame.bottom}", class_="line hour", id="tip-hour",
            transform=f"translate({now} 0)"),
        *(tag("g", _given(found, frame, case), class_=f"of-{case}") for case in CASES),
        frame.label("ordered", (Fraction(SHOWN_H), meant), "end", 18),
    )  # fmt: skip


def _frame(found: Accident) -> Frame:
    return Frame(Fraction(SHOWN_H), _highest(found) * _ROOM, height=220)


def _highest(found: Accident) -> Fraction:
    return max(h.given[case].number(UNIT) for h in found.hours for case in CASES)


def _corners(found: Accident, case: str) -> list[Point]:
    return steps(
        (Fraction(h.hour), Fraction(h.hour + 1), h.given[case].number(UNIT)) for h in found.hours
    )


def _over(found: Accident, frame: Frame) -> Markup:
    """What is given above the order, as an area with its name."""
    meant = found.hours[0].meant.number(UNIT)
    above = [(x, y) for x, y in _corners(found, FORGOTTEN) if y > meant]
    ends = [(above[-1][0], meant), (above[0][0], meant)]
    d = "L".join(f"{frame.x(x)} {frame.y(y)}" for x, y in (*above, *ends))
    middle = frame.x(above[-1][0] / 2), frame.y((above[0][1] + meant) / 2) + 5
    words = tag("text", "over-dose", x=middle[0], y=middle[1], text_anchor="middle", class_="label")
    return tag("g", tag("path", d=f"M{d}Z", class_="over"), words, class_=f"of-{FORGOTTEN}")


def _given(found: Accident, frame: Frame, case: str) -> Markup:
    given = _corners(found, case)
    words = "given, bridge forgotten" if case == FORGOTTEN else "given, with the bridge"
    line = frame.path(given, _LINES[case])
    return join([line, frame.label(words, (Fraction(1), given[0][1]), "start", -8)])


def spine_picture(found: Accident) -> Markup:
    """The canal with its tip, and room for the lines that the script draws; drawn for one hour."""
    scene, place = spine_numbers(found), geometry()
    hour = _first_hour(found)
    lines = {
        "meant": scene["given"][BRIDGED][0],
        "given": scene["given"][FORGOTTEN][hour],
    }
    text = "The spinal fluid from C1 to S2, each level's mean; the table below has the numbers."
    return tag(
        "svg",
        tag("title", f"{found.drug} along the spine", id="spine-svg-title"),
        tag("desc", text, id="spine-svg-text"),
        _axis(scene["most"]),
        tag("g", canal_drawn(found.tip), class_="levels"),
        tag("path", id="spine-over", class_="over"),
        tag("path", id="spine-meant", class_="line reference", d=_path(lines["meant"], scene)),
        tag("path", id="spine-given", class_="line present", d=_path(lines["given"], scene)),
        role="img",
        viewBox=f"0 0 {place['width']} {place['height']}",
        aria_labelledby="spine-svg-title",
        aria_describedby="spine-svg-text",
    )


def _axis(most: float) -> Markup:
    place = geometry()
    bottom = place["height"] - place["foot"]
    parts = []
    for value in ticks(Fraction(most)):
        x = _x(float(value), most)
        parts.append(tag("line", x1=x, x2=x, y1=place["top"], y2=bottom, class_="grid"))
        parts.append(tag("text", number(value), x=x, y=bottom + 18, text_anchor="middle"))
    middle = (place["left"] + place["right"]) / 2
    title = f"{FLUID} in the fluid (CSF)"
    parts.append(tag("text", title, x=middle, y=bottom + 38, text_anchor="middle"))
    line = f"M{place['left']} {place['top']}V{bottom}H{place['right']}"
    return join([*parts, tag("path", d=line, class_="axis")])


def _x(value: float, most: float) -> float:
    place = geometry()
    return round(place["left"] + value / most * (place["right"] - place["left"]), 1)


def _path(values: list[float], scene: dict[str, Any]) -> str:
    place = geometry()
    rows = (
        f"{_x(v, scene['most'])} {place['top'] + (n + 0.5) * place['row']}"
        for n, v in enumerate(values)
    )
    return f"M{'L'.join(rows)}"


def spine_numbers(found: Accident) -> dict[str, Any]:
    """What the script moves through: every level at every hour, in each case, and the places."""
    given = {
        case: [
            [round(float(level.given[case][hour].number(FLUID)), 5) for level in found.levels]
            for hour in range(SHOWN_H + 1)
        ]
        for case in CASES
    }
    tip = [level.level for level in found.levels].index(found.tip)
    return {
        "given": given,
        "most": max(max(row) for rows in given.values() for row in rows) * 1.05,
        "unit": FLUID,
        "tip": tip,
        "hour": _first_hour(found),
        "dose": {c: [float(h.given[c].number(UNIT)) for h in found.hours] for c in CASES},
        "meant": float(found.hours[0].meant.number(UNIT)),
        "place": geometry(),
        "names": [level.name for level in levels()],
        "hours": {
            "left": _frame(found).x(Fraction(0)),
            "right": _frame(found).x(Fraction(SHOWN_H)),
        },
    }


def _first_hour(found: Accident) -> int:
    """The hour that tells most: the last that is wholly wrong."""
    return int(found.lasts.number("h")) - 1


def tip_table(found: Accident) -> Markup:
    """The same as a table; hours with the same doses are one row."""
    rows = [
        (number(h.meant.number(UNIT)), *(number(h.given[case].number(UNIT)) for case in CASES))
        for h in found.hours
    ]
    shown = [(f"{a} to {b}", *row) for a, b, row in merged(rows)]
    heads = ("Hours", "Ordered", "Bridge forgotten", "With the bridge")
    return table(f"{found.drug} at the tip, {UNIT}", heads, shown, shape="compact")


def spine_table(found: Accident) -> Markup:
    """The levels every six hours without the bridge, and with it, where nothing changes."""
    hours = range(0, SHOWN_H + 1, 2 * _EVERY_H)
    rows = [
        (
            x.level,
            *(_bare(x, FORGOTTEN, hour) for hour in hours),
            _bare(x, BRIDGED, SHOWN_H),
        )
        for x in found.levels
    ]
    heads = ("Level", *(f"{hour} h" for hour in hours), "With the bridge")
    caption = f"{found.drug} in the fluid, {FLUID}: hours after the fill without the bridge"
    return table(caption, heads, rows, shape="compact")


def _bare(level: Any, case: str, hour: int) -> str:
    return number(Fraction(float(f"{float(level.given[case][hour].number(FLUID)):.3g}")))
