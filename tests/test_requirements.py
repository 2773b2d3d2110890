"""Every row of the safety and pathway books is held by a test that names it, or says why not."""

import re

import pytest

from tests.requirements import BOOKS, ROOT, Book, marked, page, rows

ROWS = {book.mark: rows(book) for book in BOOKS}
MARKED = {book.mark: marked(book) for book in BOOKS}
EVERY = [(mark, row) for mark, found in ROWS.items() for row in found]


@pytest.mark.parametrize("mark", ROWS)
def test_every_row_that_a_test_names_exists(mark):
    assert set(MARKED[mark]) <= set(ROWS[mark])


@pytest.mark.parametrize(("mark", "row"), EVERY)
def test_a_row_is_held_by_a_test_or_says_why_it_is_not(mark, row):
    found = ROWS[mark][row]
    assert bool(MARKED[mark].get(row)) != bool(found.get("open")), row


@pytest.mark.parametrize(("mark", "row"), [k for k in EVERY if "control" in ROWS[k[0]][k[1]]])
def test_a_control_stands_in_the_code(mark, row):
    path, _, name = ROWS[mark][row]["control"].partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert not name or re.search(rf"^\s*(def|class) {name}\b|^{name}\b", text, re.M), row


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.mark)
def test_a_row_stands_in_one_part_of_its_page(book: Book):
    for row in rows(book):
        assert sum(row.startswith(kind) for kind in book.titles) == 1, row


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.mark)
def test_the_page_names_the_tests_that_there_are(book: Book):
    def bare(text: str) -> str:
        return re.sub(r"\| [^|]* \|$", "", text, flags=re.M)

    assert bare(book.page.read_text("utf-8")) == bare(page(None, book))
