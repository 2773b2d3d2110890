"""The spine on a page that redraws it while a value is dragged: its section, and the modes for it.

The scripts of the bedside page fill the section; what they draw from is made here, once.
"""

from functools import cache
from pathlib import Path
from typing import Any

from cisterna.facts import Library
from cisterna.spine.drawing import canal_drawn, geometry
from cisterna.spine.export import export
from cisterna.spine.forecast import ASSUMPTIONS
from cisterna.spine.refusal import drug_refusal

PERSONS = 500
# The page says itself how the canal is at the start.
_STARTS = "at the start"


def live_section() -> str:
    """The section as HTML, with the canal drawn and nothing else in it yet."""
    text = Path(__file__).with_name("section.html").read_text("utf-8")
    return text.replace("<!--CANAL-->", canal_drawn())


@cache
def live_data(library: Library) -> dict[str, Any]:
    """What it is drawn from: the modes of every drug that the model answers for."""
    drugs = [library.drug(name) for name in library.drug_ids]
    known = [drug.id for drug in drugs if drug_refusal(drug, library) is None]
    return {
        "modes": {name: export(library, name, PERSONS).json() for name in known},
        "persons": PERSONS,
        "assumptions": [words for words in ASSUMPTIONS if _STARTS not in words],
        "place": geometry(),
    }
