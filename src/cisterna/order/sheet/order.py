"""The parts of the sheet that speak of the order itself: verdict, words, findings, signatures."""

from collections.abc import Iterator

from cisterna.facts import Cited, Library
from cisterna.order.checks import Finding
from cisterna.order.plan import Plan
from cisterna.order.sheet.markup import (
    Markup,
    any_text,
    anywhere,
    change_text,
    join,
    section,
    table,
    tag,
)
from cisterna.order.words import PlanRow, plain_words
from cisterna.quantity import Quantity, show

UNVERIFIED = "Values nobody has read"
_SEVERITIES = {"block": "BLOCK", "warn": "Warning", "note": "Note"}
_CERTAINTIES = {
    "read": "read in the source",
    "derived": "worked out from the source",
    "recalled": "recalled, not verified",
    "assumed": "assumed, not verified",
}


def verdict(plan: Plan) -> Markup:
    """One line: blocked, or how many warnings, or that nothing blocks."""
    kind, line, more = _verdict(plan)
    text = tag("p", tag("strong", line), " ", more, class_=f"verdict {kind}")
    return section("verdict", "Verdict", text)


def _verdict(plan: Plan) -> tuple[str, str, str]:
    blocks, warnings = len(plan.check.codes("block")), len(plan.check.codes("warn"))
    if blocks:
        count = _count(blocks, "finding blocks", "findings block")
        return "block", "BLOCKED.", f"{count} this order. Do not programme it."
    if plan.refused is not None:
        return "block", "BLOCKED.", "The bridge is refused; see the line between pump and tip."
    if warnings:
        count = _count(warnings, "warning", "warnings")
        return "warn", f"{count}.", "Nothing blocks. Read each warning before programming."
    return "clear", "Nothing blocks.", "No warnings. The notes below still want reading."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def words(plan: Plan) -> Markup:
    """The order in sentences that can be read aloud."""
    lines = (tag("li", line) for line in plain_words(plan.new))
    return section("words", "The order in plain words", tag("ul", *lines, class_="words"))


def findings(plan: Plan, library: Library) -> Markup:
    """Every finding with its limit, whose limit it is, the source and how sure we are."""
    found = plan.check.findings
    if not found:
        return section("findings", "Findings", tag("p", "No findings."))
    rows = [_finding_row(f, library) for f in found]
    heads = ("Severity", "Finding", "Whose rule, and from where")
    kinds = [f"finding {f.severity}" for f in found]
    shown = table("What the checks found, blocks first", heads, rows, kinds)
    return section("findings", "Findings", shown)


def _finding_row(finding: Finding, library: Library) -> tuple[object, ...]:
    word = tag("span", _SEVERITIES[finding.severity], class_="severity")
    code = tag("small", finding.code)
    if finding.code == "unverified-limit":
        count = len(str(finding.found).split(", "))
        text = f"{_count(count, 'value', 'values')} in use that nobody has read in a source: see "
        link = tag("a", UNVERIFIED, href="#unverified")
        return word, join([text, link, ".", code]), "–"
    return word, join([finding.message, _measure(finding), code]), _evidence(finding, library)


def _measure(finding: Finding) -> Markup:
    """What was found against the limit."""
    found, limit = _short(finding.found), _short(finding.limit)
    if finding.limit is None:
        return tag("p", f"Found: {found}", class_="measure") if finding.found else join([])
    return tag("p", f"Found: {found}. ", tag("strong", f"Limit: {limit}"), class_="measure")


def _short(value: object) -> str:
    return show(value, 4) if isinstance(value, Quantity) else any_text(value)


def _evidence(finding: Finding, library: Library) -> Markup:
    if finding.source is None:
        return join(["–"])
    place = f"; {finding.locator}" if finding.locator else ""
    certainty = _CERTAINTIES.get(finding.certainty or "", finding.certainty or "")
    title = source_title(finding.source, library)
    whose = tag("strong", finding.authority or "–")
    return join([whose, f": {title}{place} ", tag("em", f"({certainty})")])


def source_title(key: str, library: Library) -> str:
    """The title of a source."""
    row = library.sources.get(key, {})
    return str(row.get("title", key))


def side_by_side(plan: Plan) -> Markup:
    """Old and new, line by line, and the change in per cent; what differs is marked."""
    if plan.old is None:
        rows = [(r.what, anywhere(r.new or "–")) for r in plan.rows]
        return section(
            "rows",
            "What is ordered",
            table("The order", ("What", "New order"), rows, shape="compact"),
        )
    heads = ("What", "Old order", "New order", "Change")
    lines = [
        (r.what, anywhere(r.old or "–"), anywhere(r.new or "–"), _changed(r)) for r in plan.rows
    ]
    kinds = ["differs" if r.differs else "" for r in plan.rows]
    caption = "Old and new side by side; lines that differ are bold"
    shown = table(caption, heads, lines, kinds)
    return section("rows", "Old and new side by side", shown)


def _changed(row: PlanRow) -> str:
    if row.change is None:
        return "changed" if row.differs else "same"
    return change_text(row.change)


def digest(plan: Plan) -> Markup:
    """The digest in large type, and how two people use it."""
    text = plan.program.digest
    said = (tag("span", word) for word in text.split("-"))
    return section(
        "digest",
        "Read aloud, both people",
        tag("p", join(said, "-"), class_="digest"),
        tag(
            "p",
            "One person reads these four words from this sheet, the other reads them from the "
            "screen or from a sheet of her own. One letter that differs means two different "
            "programmes: stop and compare line by line.",
        ),
    )


def unverified(plan: Plan, library: Library) -> Markup:
    """Every value in use that nobody has read in a source."""
    rows = [
        (anywhere(f.path), f.text(), _fact_source(f, library), f.certainty)
        for f in _unverified(plan)
    ]
    if not rows:
        text = tag("p", "Every value in use has been read in a source.")
        return section("unverified", UNVERIFIED, text)
    heads = ("Value", "In use", "Said to come from", "Certainty")
    note = tag("p", "A pharmacist can confirm or narrow them in the site's file.")
    shown = table("Values not verified in their source", heads, rows)
    return section("unverified", UNVERIFIED, note, shown)


def _fact_source(fact: Cited, library: Library) -> str:
    return f"{source_title(fact.source, library)}; {fact.locator}"


def _unverified(plan: Plan) -> Iterator[Cited]:
    bridge = plan.bridge.facts if plan.bridge else ()
    used = (*plan.check.used, *plan.program.facts, *plan.program.refill.used, *bridge)
    for fact in {f.path: f for f in used}.values():
        if not fact.verified:
            yield fact


def signatures(plan: Plan) -> Markup:
    """Places for two people to sign."""
    digest_words = plan.program.digest
    text = tag("p", f"I have compared the programme with this sheet. Its words are {digest_words}.")
    people = [_signature("First person"), _signature("Second person, independent check")]
    return section("signatures", "Signatures", text, tag("div", *people, class_="signatures"))


def _signature(who: str) -> Markup:
    labels = ("Name", "Role", "Date and time", "Signature")
    lines = (tag("p", tag("span", label), tag("span", class_="rule")) for label in labels)
    return tag("div", tag("h3", who), *lines, class_="signature")
