"""Every row of the safety fact book is held by a test that names it, or says why it is not."""

import re

import pytest

from tests.requirements import PAGE, ROOT, marked, page, rows

ROWS = rows()
MARKED = marked()


def test_every_row_that_a_test_names_exists():
    assert set(MARKED) <= set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_held_by_a_test_or_says_why_it_is_not(row):
    found = ROWS[row]
    assert bool(MARKED.get(row)) != bool(found.get("open")), row


@pytest.mark.parametrize("row", [r for r, found in ROWS.items() if "control" in found])
def test_a_control_stands_in_the_code(row):
    path, _, name = ROWS[row]["control"].partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert not name or re.search(rf"^\s*(def|class) {name}\b|^{name}\b", text, re.M), row


def test_the_page_names_the_tests_that_there_are():
    def bare(text: str) -> str:
        return re.sub(r"\| [^|]* \|$", "", text, flags=re.M)

    assert bare(PAGE.read_text("utf-8")) == bare(page())
