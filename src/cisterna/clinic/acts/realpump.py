"""A change that goes into a maker's pump by hand: print the sheet, then a blind second reading.

The sheet is printed where a transmission would begin, and the second person's reading stands where
the pump's own answer would: nothing counts as running before she has read it from the screen.
"""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.realpump import Compared, ScreenRead, ScreenTypedBack, SheetPrinted
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen, intend
from cisterna.clinic.gate.leave import who
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.clinic.prescribing import running
from cisterna.clinic.refusal import Refused
from cisterna.clinic.therapy import therapy
from cisterna.clinic.typedback import compared
from cisterna.order.plan import Plan, plan
from cisterna.order.reading import prescription_from_text

SOURCE = "pathway §8, two-person rules"


@act("print-sheet")
def print_sheet(case: Case, asked: str) -> Iterator[Any]:
    """The signed change goes out on paper; `asked` is the SHA-256 of the printed page."""
    if not asked.strip():
        raise Refused("no-sheet", "No sheet was printed.", "Print the sheet.")
    s = standing(case.person.events)
    if s.proposal is None or not isinstance(s.proposal.body, b.ChangeProposed):
        raise Refused("nothing-proposed", "No change is proposed.", "Propose it.")
    _order_text(case, s.proposal.body)
    id = case.person.next_id
    intent = intend(s, Pen(case.person.id, case.actor, case.at, id, case.why))
    yield intent.body
    yield SheetPrinted(id, asked.strip())


@act("type-back")
def type_back(case: Case, asked: ScreenRead) -> Iterator[Any]:
    """Another person has read the maker's screen, without the order before her."""
    s = standing(case.person.events)
    intent, proposal = _printed(case, s)
    if who(case.actor) == who(proposal.actor):
        words = "Whoever entered it does not read it back."
        raise Refused("same-person", words, "Ask a colleague.", source=SOURCE)
    new, old = _plans(case, proposal.body)
    rows = compared(new, asked, case.rules.library)
    runs = "new" if _right(rows) else "other"
    if runs == "other" and old and _right(compared(old, asked, case.rules.library)):
        runs = "old"
    yield ScreenTypedBack(intent.id, asked, rows, runs)
    yield _ended(intent, proposal.body, rows, runs)


def _printed(case: Case, s: Standing) -> tuple[Event, Event]:
    """The intent that is open, and its proposal; its sheet was printed."""
    sheet = case.person.last(SheetPrinted, None)
    if s.intent is None or s.proposal is None or sheet is None or sheet.body.intent != s.intent.id:
        words = "No printed sheet waits for a second reading."
        raise Refused("not-printed", words, "Print the sheet of a signed change first.")
    return s.intent, s.proposal


def _order_text(case: Case, body: b.ChangeProposed) -> str:
    written = (e.body for e in case.person.events if isinstance(e.body, OrderWritten))
    text = next((o.text for o in written if o.digest == body.prescription), None)
    if text is None:
        words = "The text of this order is not on record."
        raise Refused("no-order-text", words, "Write the order, then propose it.")
    return text


def _plans(case: Case, body: b.ChangeProposed) -> tuple[Plan, Plan | None]:
    """The plan of the change, and of what ran before if that is known."""
    library = case.rules.library
    old = running(therapy(case.person.events), library)
    new = prescription_from_text(_order_text(case, body), library, previous=old)
    return plan(old, new, library), None if old is None else plan(None, old, library)


def _right(rows: tuple[Compared, ...]) -> bool:
    return all(row.right for row in rows)


def _ended(
    intent: Event, body: b.ChangeProposed, rows: tuple[Compared, ...], runs: str
) -> b.TransmissionEnded:
    """A reading that matches is an outcome; one that does not leaves it unknown, which blocks."""
    if runs == "new":
        version = body.base_version + 1
        return b.TransmissionEnded(
            intent.id, "activated", "typed-back", body.digest, version, "Read back by another."
        )
    if runs == "old":
        words = "The screen still shows the order before: nothing was changed."
        return b.TransmissionEnded(
            intent.id, "refused", "typed-back", None, body.base_version, words
        )
    wrong = ", ".join(f"{r.field} ({r.verdict})" for r in rows if not r.right)
    words = f"The screen differs from the order: {wrong}. Correct it, and have it read again."
    return b.TransmissionEnded(intent.id, "unknown", "typed-back", None, None, words)
