"""The spine drawn for the therapy that runs; worked out once for each programme."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

from cisterna.clinic.prescribing import running
from cisterna.clinic.therapy import Therapy
from cisterna.facts import Library
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.spine.drawing import spine_section
from cisterna.spine.profile import profile


def spine_of(now: Therapy, library: Library) -> SafeString | None:
    """The picture with its table, band and assumptions; None where no order's text runs."""
    return None if now.text is None else _drawn(now.text, library)


@lru_cache(maxsize=512)
def _drawn(text: str, library: Library) -> SafeString | None:
    try:
        rx = running(Therapy("runs", text=text), library)
    except (Unusable, Refused):
        return None
    if rx is None or rx.catheter is None:
        return None
    found = str(spine_section(profile(rx, library)))
    # A table of 26 levels and a list of assumptions are opened by whoever wants them.
    closed = found.replace('<details open="">', "<details>")
    return mark_safe(closed)  # noqa: S308  (markup by construction: every text in it is escaped)
