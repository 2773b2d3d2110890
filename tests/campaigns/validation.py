"""The validation table with 200 virtual persons, written to docs/evidence/validation.md.

python -m tests.campaigns.validation
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from cisterna.facts import Library
from cisterna.spine.validation import RULE, Validation, validate

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "validation.md"


def page(found: Validation) -> str:
    """The table as a page."""
    counts = ", ".join(f"{n} {verdict}" for verdict, n in found.counts.items())
    lines = [
        "# The spine model against measurements",
        "",
        f"Written by `python -m tests.campaigns.validation` with {found.cohort} virtual persons.",
        "",
        RULE,
        "",
        f"**{counts}.** Failures stand here as plainly as passes.",
        "",
        "| case | role | what | measured | model, median (5 to 95 %) | verdict |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.case}: {r.title} | {r.role} | {r.expectation} | {r.measured} | {r.modelled} "
        f"| {r.verdict} |"
        for r in found.rows
    ]
    lines += ["", "## Cases that the model cannot answer", "", "| case | why |", "|---|---|"]
    lines += [f"| {case} | {why} |" for case, why in found.not_applicable.items()]
    return "\n".join([*lines, ""])


def told(numbers: Iterable[int]) -> Iterable[int]:
    """Each person's number, with a line on the way."""
    for number in numbers:
        if number % 20 == 0:
            print(f"person {number}", file=sys.stderr)
        yield number


if __name__ == "__main__":
    PAGE.write_text(page(validate(Library(), progress=told)), "utf-8")
    print(f"written: {PAGE}")
