"""The answer as pieces of HTML for the page, made by the same functions that make the sheet."""

from dataclasses import asdict

from cisterna.bedside.story import story
from cisterna.facts import Library
from cisterna.order.form import Problem
from cisterna.order.line import Refused
from cisterna.order.plan import Plan
from cisterna.order.residual import Residual
from cisterna.order.sheet import dates, line, order, values
from cisterna.order.sheet.chart_tip import tip_curve, tip_drugs
from cisterna.order.sheet.markup import Markup, any_text, join, moment_text, pairs, section, tag
from cisterna.quantity import Quantity, show


def plan_parts(plan: Plan, library: Library, bridged: bool) -> dict[str, Markup]:
    """Every part of the page that a plan fills, by its place there."""
    said = story(plan, bridged)
    return {
        "story": tag("div", tag("h3", said.headline), tag("p", said.text), class_=said.kind),
        "verdict": join(
            [tag("p", "The checks of the new order:", class_="about"), order.verdict(plan)]
        ),
        "tip": _closed(_tip(plan, primary=True)),
        "dates": _next_date(plan),
        "plan": _closed(
            order.findings(plan, library),
            line.line(plan),
            order.side_by_side(plan),
            values.values(plan),
            values.day_curve(plan),
            _tip(plan, primary=False),
            dates.reservoir(plan, library),
            order.digest(plan),
            order.words(plan),
            _folded(order.UNVERIFIED, order.unverified(plan, library)),
        ),
    }


def _closed(*parts: Markup) -> Markup:
    """Parts whose tables beside a chart wait until they are asked for."""
    return Markup(join(parts).replace('<details open="">', "<details>"))


def _folded(title: str, part: Markup) -> Markup:
    return tag("details", tag("summary", title), part, class_="fold")


def plan_words(plan: Plan, bridged: bool) -> dict[str, str]:
    """The few words that are read aloud when the answer changes."""
    blocks, warnings = len(plan.check.codes("block")), len(plan.check.codes("warn"))
    verdict = f"Checks: blocked by {blocks or 1}," if not plan.ok else "Checks: nothing blocks,"
    counted = f"{warnings or 'no'} warning{'' if warnings == 1 else 's'}."
    said = asdict(story(plan, bridged))
    kind = "danger" if not plan.ok else said["kind"]
    return {"kind": kind, "verdict": f"{verdict} {counted}", "headline": said["headline"]}


def _tip(plan: Plan, primary: bool) -> Markup:
    """The primary drug at the tip, or the others; nothing where nothing changes."""
    if plan.tip is None:
        return join([])
    written, change, first = values.names(plan), plan.tip, plan.new.infusion.primary
    drugs = [d for d in tip_drugs(plan.new, change) if (d == first) is primary]
    charts = [tip_curve(plan.new, change, drug, written[drug]) for drug in drugs]
    if primary or not charts:
        return join(charts)
    return section("tip-others", "The other drugs at the tip", *charts)


def _next_date(plan: Plan) -> Markup:
    found = plan.program.refill
    if found.refill_by is None or found.binding is None:
        back = "not known: nothing in the order empties the pump or ends it"
    else:
        back = f"{moment_text(found.refill_by)}, because of {found.binding.replace('-', ' ')}"
    return pairs([("Come back by", back), ("Words to read aloud", plan.program.digest)])


def refusal_part(refused: Refused) -> Markup:
    """An act that is refused, and the way out."""
    way = tag("p", tag("strong", "Way out: "), refused.way_out)
    return tag("div", tag("h3", "Refused"), tag("p", str(refused)), way, class_="danger")


def problems_part(problems: list[tuple[str, Problem]]) -> Markup:
    """Everything that makes an order unusable, each with a link to its field."""
    rows = [
        tag(
            "li",
            tag("a", _where(pane, p), href=f"#{pane}", data_pane=pane, data_key=p.key),
            f" – found {p.found}, expected {p.expected}",
        )
        for pane, p in problems
    ]
    count = f"{len(rows)} thing{'' if len(rows) == 1 else 's'} to mend"
    return tag("div", tag("h3", count), tag("ul", *rows), class_="danger")


def _where(pane: str, problem: Problem) -> str:
    return f"{pane} order: {problem.key}" if pane in ("old", "new") else f"{pane}: {problem.key}"


def residual_part(result: Residual) -> Markup:
    """The volume check at a refill."""
    judged = "" if result.ratio_judged else " (too little delivered: shown, not judged)"
    ratio = "–" if result.ratio is None else show(Quantity.of(result.ratio, "1"), 4)
    rows: list[tuple[str, object]] = [
        ("Expected", any_text(result.expected)),
        ("Measured", any_text(result.measured)),
        ("Expected − measured", any_text(result.discrepancy)),
        ("Delivered ÷ programmed", f"{ratio}{judged}"),
    ]
    kind, words = ("good", "Accept.") if result.verdict == "accept" else ("danger", "Evaluate.")
    reasons = tag("ul", *(tag("li", reason) for reason in result.reasons))
    return tag(
        "div", tag("h3", words), pairs(rows), *([reasons] if result.reasons else []), class_=kind
    )
