"""The spine drawn: canal and tip on the left, the settled level profile with its band beside it.

Made with the sheet's own markup, so that it can stand in the sheet; beside every picture the same
numbers stand as a table.
"""

from collections.abc import Mapping
from fractions import Fraction

from cisterna.facts.spine import Level, levels
from cisterna.order.sheet.figure import WIDTH, chart, number, ticks
from cisterna.order.sheet.markup import Markup, join, section, table, tag
from cisterna.quantity import Quantity, show
from cisterna.spine.profile import Band, DrugProfile, Profile

_ROW, _TOP, _FOOT = 15, 14, 46
_CANAL, _LEFT, _RIGHT = 62, 118, 16
_WIDEST_PX = 26.0
_LEGEND = (("bridged", "CSF, default person"), ("basal", "cord, outer shell, default person"))


def canal_drawn(tip: str | None = None) -> Markup:
    """Every level of the canal with its name, and the tip where one is given."""
    return join([_level(n, level, tip) for n, level in enumerate(levels())])


def geometry() -> dict[str, float]:
    """Where things lie in the picture, for a page that draws its lines itself."""
    height = _TOP + _ROW * len(levels()) + _FOOT
    places = {"row": _ROW, "top": _TOP, "foot": _FOOT, "left": _LEFT, "right": WIDTH - _RIGHT}
    return {**places, "canal": _CANAL, "width": WIDTH, "height": height}


def spine_section(found: Profile) -> Markup:
    """The part of the sheet about the spine."""
    said: list[Markup] = [
        tag("p", tag("strong", "Model estimate, not measured; it is no dose advice."))
    ]
    said += [tag("p", f"No answer for {r.subject}: {r.reason}.") for r in found.refusals]
    said += [_figure(one, found) for one in found.drugs]
    notes = [tag("li", words) for words in found.assumptions]
    band = f"Settled under the mean daily dose; band of {found.cohort} virtual persons."
    return section("spine", "Along the spine", *said, tag("p", band), tag("ul", *notes))


def _figure(one: DrugProfile, found: Profile) -> Markup:
    unit = _unit(one)
    most = max(b.p95.number(unit) for b in (*one.csf.values(), *one.cord.values()))
    title = f"{one.drug} along the spine at {show(one.daily_dose)}"
    return chart(title, _picture(one, found.tip, unit, most), _LEGEND, _numbers(one, unit))


def _unit(one: DrugProfile) -> str:
    """One unit for a picture: mcg/mL where the largest reaches one, else ng/mL."""
    top = max(b.p95.number("ng/mL") for b in one.csf.values())
    return "mcg/mL" if top >= 1000 else "ng/mL"


def _picture(one: DrugProfile, tip: str | None, unit: str, most: Fraction) -> Markup:
    rows = levels()
    height = _TOP + _ROW * len(rows) + _FOOT
    text = (
        f"{one.drug} in CSF and cord from C1 to S2 in {unit}, highest near the tip at {tip}; the "
        "shaded band holds 90 % of virtual persons. The table beside it has the numbers."
    )
    key = f"spine-{one.drug}"
    content = [
        _axis(most, unit, height),
        *(_level(n, level, tip) for n, level in enumerate(rows)),
        _band(one.csf, most, unit),
        _line(one.csf, most, unit, "bridged"),
        _line(one.cord, most, unit, "basal"),
    ]
    return tag(
        "svg",
        tag("title", f"{one.drug} along the spine", id=f"{key}-svg-title"),
        tag("desc", text, id=f"{key}-svg-text"),
        *content,
        role="img",
        viewBox=f"0 0 {WIDTH} {height}",
        aria_labelledby=f"{key}-svg-title",
        aria_describedby=f"{key}-svg-text",
    )


def _x(value: Fraction, most: Fraction) -> float:
    return round(_LEFT + float(value / most) * (WIDTH - _RIGHT - _LEFT), 1)


def _y(row: int) -> float:
    return _TOP + (row + 0.5) * _ROW


def _axis(most: Fraction, unit: str, height: int) -> Markup:
    bottom = height - _FOOT
    parts = []
    for value in ticks(most):
        x = _x(value, most)
        parts.append(tag("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"))
        parts.append(tag("text", number(value), x=x, y=bottom + 18, text_anchor="middle"))
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(tag("text", unit, x=middle, y=bottom + 38, text_anchor="middle"))
    parts.append(tag("path", d=f"M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}", class_="axis"))
    return join(parts)


def _level(row: int, level: Level, tip: str | None) -> Markup:
    """The canal at a level, as wide as its area asks, the cord in it, its name and the tip."""
    y, name = _y(row), level.name
    wide = _WIDEST_PX * float(level.csf_area.base + level.cord_area.base) ** 0.5 / 1.6
    cord = _WIDEST_PX * float(level.cord_area.base) ** 0.5 / 1.6
    parts = [_bar("canal", y, wide), _bar("cord", y, cord)] if cord else [_bar("canal", y, wide)]
    parts.append(tag("text", name, x=6, y=y + 5, class_="label" if name == tip else None))
    if name == tip:
        parts.append(tag("circle", cx=_CANAL, cy=y, r=4, class_="tip"))
        parts.append(tag("text", "tip", x=_CANAL + 20, y=y + 5, class_="label"))
    return join(parts)


def _bar(kind: str, y: float, width: float) -> Markup:
    place = {"x": round(_CANAL - width / 2, 1), "y": y - _ROW / 2}
    return tag("rect", width=round(width, 1), height=_ROW, class_=kind, **place)


def _points(values: Mapping[str, Quantity], most: Fraction, unit: str) -> list[str]:
    names = [level.name for level in levels()]
    rows = [(names.index(name), q.number(unit)) for name, q in values.items()]
    return [f"{_x(value, most)} {_y(row)}" for row, value in rows]


def _band(bands: Mapping[str, Band], most: Fraction, unit: str) -> Markup:
    out = _points({n: b.p95 for n, b in bands.items()}, most, unit)
    back = _points({n: b.p5 for n, b in bands.items()}, most, unit)
    return tag("path", d=f"M{'L'.join([*out, *reversed(back)])}Z", class_="band")


def _line(bands: Mapping[str, Band], most: Fraction, unit: str, kind: str) -> Markup:
    points = _points({n: b.value for n, b in bands.items()}, most, unit)
    return tag("path", d=f"M{'L'.join(points)}", class_=f"line {kind}")


def _numbers(one: DrugProfile, unit: str) -> Markup:
    """The same as a table, with cistern, brainstem and plasma below the levels."""
    rows = [(name, *_cells(band, unit), *_cord(one, name, unit)) for name, band in one.csf.items()]
    others = [(name, *_cells(band, unit), "–") for name, band in one.sites.items()]
    if one.plasma is not None:
        others.append(("plasma (ng/mL)", *_cells(one.plasma, "ng/mL"), "–"))
    heads = ("Level", f"CSF, {unit}", "5 %", "95 %", "Cord")
    caption = f"{one.drug}, settled, in {unit}; the cord is its outer shell"
    return table(caption, heads, [*rows, *others], shape="compact")


def _cells(band: Band, unit: str) -> tuple[str, str, str]:
    first, low, high = (_bare(q, unit) for q in (band.value, band.p5, band.p95))
    return first, low, high


def _cord(one: DrugProfile, name: str, unit: str) -> tuple[str]:
    return (_bare(one.cord[name].value, unit),) if name in one.cord else ("–",)


def _bare(value: Quantity, unit: str) -> str:
    return show(Quantity.of(value.number(unit), "1"), 3)
