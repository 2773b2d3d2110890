"""Her emergency card: its secret address, and what stands on it in the reader's language.

The address is signed by the server's own secret and names the event that issued the card, so
nothing secret is kept; the record says until when it is good, and whether it was ended before.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import segno
from django.core import signing
from django.utils.safestring import SafeString, mark_safe

from cisterna.clinic.acts.card import cards_good
from cisterna.clinic.bodies.hers import CardIssued
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.bodies.refill import RefillCountersigned, RefillSigned
from cisterna.clinic.bodies.site import TelephonesGiven
from cisterna.clinic.cards import UNKNOWN
from cisterna.clinic.course import Person, Said
from cisterna.clinic.since import kinds_of
from cisterna.clinic.web import rows, site
from cisterna.clinic.web.person.carry import About, Sheet, sheet_of
from cisterna.clinic.web.person.now import Now, now_of
from cisterna.facts import Cards, Follow, Library
from cisterna.order.prescription import Prescription
from cisterna.patient.web.language import spoken
from cisterna.patient.web.plan import refill_by
from cisterna.patient.web.words import say

_SIGNER = signing.Signer(salt="cisterna.patient.card", sep="~")
_QUIET, _LEVEL = 4, "m"
_FILLED = (RefillSigned, RefillCountersigned)
_WITHDRAWAL = ("baclofen", "clonidine", "opioid")
"""What harms by stopping, the worst first (pathway §5.7)."""


@dataclass(frozen=True, slots=True)
class Essentials:
    """What helps without a network, on the printed card and first on the page."""

    name: str
    born: str
    now: Now
    sheet: Sheet
    refill: datetime | None
    tip: str
    under: str
    call: TelephonesGiven

    @property
    def phones(self) -> tuple[tuple[str, str], ...]:
        """Whom to call, as far as the clinic has written it down: the words' key and the number."""
        names = ("clinic", "on_call", "poison_centre")
        return tuple((n, getattr(self.call, n)) for n in names if getattr(self.call, n))


def token_of(event: str) -> str:
    """The secret part of the address of the card that this event issues."""
    return _SIGNER.sign(event)


def digest_of(token: str) -> str:
    """What the record keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def good_card(person: Person, at: datetime) -> Said[CardIssued] | None:
    """Her latest card that opens something now."""
    found = [c for c in cards_good(person) if c.body.until > at]
    return found[-1] if found else None


def opened(token: str, at: datetime) -> Person | None:
    """Whose card it is; None for one that nobody issued, that ended, or that ran out."""
    try:
        event = _SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    person = rows.load(event.rpartition(".")[0])
    digest = digest_of(token)
    good = (c.body for c in cards_good(person))
    return person if any(c.digest == digest and c.until > at for c in good) else None


def essentials(person: Person, library: Library, at: datetime) -> Essentials:
    """What stands on the card."""
    entry = person.last(Registered, None)
    now = now_of(person, library, at)
    name, born = (entry.body.name, f"{entry.body.born:%Y-%m-%d}") if entry else ("", "")
    rx = now.rx
    tip = rx.catheter.tip if rx and rx.catheter else ""
    call = site.telephones(entry.body.clinic if entry else "")
    sheet = sheet_of(person, now, About(name, call), (), library)
    refill = refill_by(person, library)
    return Essentials(name, born, now, sheet, refill, tip or "", _under(rx, library), call)


_KNOWN = {
    "Clinic": "clinic",
    "Patient": "patient",
    "Pump": "pump",
    "Drug at the last confirmed programme": "drug",
    "Patient doses": "doses",
    "Last refill": "refill",
    "Catheter volume": "volume",
    "Tip": "tip",
    "Allergies": "allergies",
    "Systemic opioids and benzodiazepines": "systemic",
    "MR status": "scan",
    "On call": "on_call",
    "Poison centre": "poison",
}
"""The labels of the sheet's head, and the words for each in the reader's language."""


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that is known, or that it is not; `own` says that `text` is in her language."""

    label: str
    text: str
    own: bool


def known(sheet: Sheet) -> tuple[Known, ...]:
    """The head of the sheet for whoever reads the card; what staff wrote stays as they wrote it."""
    return tuple(_known(label, text) for label, text in sheet.head if label)


def _known(label: str, text: str) -> Known:
    name, _, more = label.partition(" (")
    words, unknown = say(f"card.known.{_KNOWN[name]}"), say("card.back.not_known")
    if more:
        words = f"{words} ({more.replace(UNKNOWN, unknown)}"
    own = {UNKNOWN: unknown, "none": say("card.known.none")}
    return Known(words, own.get(text, text), text in own)


def changed_since(person: Person, now: Now, issued: datetime) -> bool:
    """Whether the programme or the fill is another than when the card was made."""
    fills = (e.effective for e in person.events if isinstance(e.body, _FILLED))
    changed = (*fills, *((now.therapy.since,) if now.therapy.since else ()))
    return any(at > issued for at in changed)


def _under(rx: Prescription | None, library: Library) -> str:
    """Which words tell too little of her drugs: those of the one that harms most by stopping."""
    drugs = (c.drug.id for c in rx.solution.components) if rx else ()
    kinds = kinds_of(drugs, library)
    found = (name for name in _WITHDRAWAL if name in kinds)
    return f"under_{next(found, 'other')}"


@dataclass(frozen=True, slots=True)
class Told:
    """A card of pathway §7 in the reader's language."""

    title: str
    recognise: tuple[str, ...]
    do: tuple[str, ...]


def told(sheet: Sheet) -> tuple[Told, ...]:
    """The cards that fit her, in the language of the page."""
    es = spoken() == "es"
    return tuple(
        Told(
            c.title_es if es else c.title,
            tuple(line.es if es else line.text for line in c.recognise),
            tuple(line.es if es else line.text for line in c.do),
        )
        for c in sheet.cards
    )


def first_lines(library: Library) -> tuple[str, ...]:
    """What every card says first."""
    return Cards(library).head(spanish=spoken() == "es")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan asks of her pump; `known` is false where the facts have no rule for it."""

    known: bool
    fields: tuple[str, ...]
    empty_first: bool


def scan_rule(rx: Prescription | None, library: Library) -> Scan:
    """The rule for a scan by the model of her pump."""
    follow = Follow(library)
    if rx is None or rx.pump.model.family not in follow.scan_families():
        return Scan(False, (), False)
    rule = follow.scan(rx.pump.model.family)
    return Scan(True, rule.fields, rule.empty_first)


def qr(address: str) -> SafeString:
    """The address as a QR code, an SVG to stand in a page; a little torn it still reads."""
    out = BytesIO()
    made = segno.make(address, error=_LEVEL, micro=False)
    made.save(
        out, kind="svg", xmldecl=False, svgns=True, border=_QUIET, svgclass="qr", lineclass=None,
        omitsize=True, dark="#000", light="#fff", title=address,
    )  # fmt: skip
    return mark_safe(out.getvalue().decode())  # noqa: S308  (made here from an address of ours)
