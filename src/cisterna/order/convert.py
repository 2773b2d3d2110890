"""Published equivalence between routes: always an interval, never one figure, never a dose."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from cisterna.facts import Cited, Library, cited, table
from cisterna.order.line import Refused
from cisterna.quantity import Quantity

ROUTES = ("oral", "intravenous", "epidural", "intrathecal")

CAUTION = (
    "Published ratios differ this widely and depend on the dose, the direction and the pain. "
    "This is no starting dose: choose a ratio, write down why, allow for incomplete "
    "cross-tolerance, and start low."
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """The whole published interval, with every row that it comes from."""

    drug: str
    dose: Quantity
    low: Quantity
    high: Quantity
    sources: tuple[Cited, ...]
    caution: str = CAUTION


def convert(library: Library, drug: str, dose: Quantity, start: str, end: str) -> Conversion:
    """What published ratios make of `dose` on another route.

    Raises `UnknownFact` for the drug and `Refused` where no ratio is published or the drug has no
    equivalent.
    """
    name = library.drug(drug).name
    for row in table("conversions")["refused"]:
        if row["drug"] == drug:
            raise Refused(
                "no-equivalent",
                f"{name} has no equivalent dose on another route: {row['why']}",
                "Start from the drug's own intrathecal start dose.",
            )
    found = list(_factors(drug, start, end, library))
    if not found:
        raise Refused(
            "no-published-ratio",
            f"The facts hold no published ratio for {name} from {start} to {end}.",
            "Start from the drug's own intrathecal start dose.",
        )
    factors = [factor for pair, _ in found for factor in pair]
    return Conversion(
        drug=drug,
        dose=dose,
        low=dose * min(factors),
        high=dose * max(factors),
        sources=tuple(fact for _, fact in found),
    )


def _factors(
    drug: str, start: str, end: str, library: Library
) -> Iterator[tuple[tuple[Fraction, Fraction], Cited]]:
    """((smallest, largest) factor, fact) of every row that joins the two routes."""
    for number, row in enumerate(table("conversions")["conversion"]):
        if row["drug"] != drug:
            continue
        path = f"conversions.conversion.{number}.ratio"
        ratio = cited(path, library.site(path, row["ratio"]))
        least, most = ratio.least.base, ratio.most.base
        if (row["from"], row["to"]) == (start, end):
            yield (1 / most, 1 / least), ratio
        elif (row["to"], row["from"]) == (start, end):
            yield (least, most), ratio
