"""The parts of the sheet that speak of the order itself: verdict, words, findings, signatures."""

from collections.abc import Iterator

from cisterna.facts import Cited, Library
from cisterna.order.checks import Finding
from cisterna.order.markup import (
    Markup,
    any_text,
    change_text,
    join,
    section,
    table,
    tag,
)
from cisterna.order.plan import Plan
from cisterna.order.words import plain_words

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
    heads = ("Severity", "Finding", "Found", "Limit", "Whose, and from where")
    kinds = [f"finding {f.severity}" for f in found]
    shown = table("What the checks found, blocks first", heads, rows, kinds)
    return section("findings", "Findings", shown)


def _finding_row(finding: Finding, library: Library) -> tuple[object, ...]:
    word = tag("span", _SEVERITIES[finding.severity], class_="severity")
    code = tag("small", finding.code)
    if finding.code == "unverified-limit":
        said = tag("a", "listed below", href="#unverified")
        count = len(str(finding.found).split(", "))
        text = join([f"{_count(count, 'value', 'values')} in use nobody has read: ", said, ". "])
        return word, join([text, code]), "–", "–", _evidence(finding, library)
    text = join([finding.message, " ", code])
    limit = any_text(finding.limit)
    return word, text, any_text(finding.found), limit, _evidence(finding, library)


def _evidence(finding: Finding, library: Library) -> Markup:
    if finding.source is None:
        return join(["–"])
    place = f", {finding.locator}" if finding.locator else ""
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
        rows = [(r.what, r.new or "–") for r in plan.rows]
        return section("rows", "What is ordered", table("The order", ("What", "New order"), rows))
    heads = ("What", "Old order", "New order", "Change")
    lines = [(r.what, r.old or "–", r.new or "–", _changed(r.differs, r.change)) for r in plan.rows]
    kinds = ["differs" if r.differs else "" for r in plan.rows]
    shown = table("Old and new side by side; lines that differ are bold", heads, lines, kinds)
    return section("rows", "Old and new side by side", shown)


def _changed(differs: bool, change: object) -> str:
    if change is None:
        return "changed" if differs else "same"
    return change_text(change)  # type: ignore[arg-type]


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
        (fact.path, fact.text(), f"{source_title(fact.source, library)}, {fact.locator}", sure)
        for fact, sure in _unverified(plan)
    ]
    if not rows:
        text = tag("p", "Every value in use has been read in a source.")
        return section("unverified", "Values nobody has read", text)
    heads = ("Value", "In use", "Said to come from", "Certainty")
    note = tag("p", "A pharmacist can confirm or narrow them in the site's file.")
    shown = table("Values not verified in their source", heads, rows)
    return section("unverified", "Values nobody has read", note, shown)


def _unverified(plan: Plan) -> Iterator[tuple[Cited, str]]:
    bridge = plan.bridge.facts if plan.bridge else ()
    used = (*plan.check.used, *plan.program.facts, *plan.program.refill.used, *bridge)
    for fact in {f.path: f for f in used}.values():
        if not fact.verified:
            yield fact, _CERTAINTIES.get(fact.certainty, fact.certainty)


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
