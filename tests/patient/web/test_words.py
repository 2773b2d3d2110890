"""English and Spanish are complete: the same lines, which ask for the same names."""

from string import Formatter

import pytest

from cisterna.patient.web.words import LANGUAGES, areas, say, words

ENGLISH = words("en")


def _names(line: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(line) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_line(language: str):
    assert words(language).keys() == ENGLISH.keys()
    assert all(line.strip() for line in words(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_asks_for_the_same_names_in_every_language(language: str):
    for key, line in words(language).items():
        assert _names(line) == _names(ENGLISH[key]), key


def test_a_line_that_nobody_wrote_is_a_fault_and_not_a_blank():
    with pytest.raises(KeyError):
        say("base.menu.nothing", "en")


def test_there_are_areas():
    assert "base" in areas()
