"""What Hypothesis draws for quantities."""

from fractions import Fraction

from hypothesis import strategies as st

from cisterna.quantity import Quantity

UNITS = {
    "mass": ("ng", "mcg", "mg", "g", "kg"),
    "volume": ("nL", "mcL", "mL", "L"),
    "duration": ("ms", "s", "min", "h", "day", "week", "month", "year"),
    "length": ("mm", "cm", "m"),
    "flow": ("mL/day", "mL/h", "nL/h", "mcL/min"),
    "dose_rate": ("mg/day", "mcg/day", "mg/h", "ng/min"),
    "concentration": ("mg/mL", "mcg/mL", "g/L"),
    "line_volume": ("mL/cm", "mcL/mm"),
    "ratio": ("1", "%"),
}

kinds = st.sampled_from(sorted(UNITS))
units = kinds.flatmap(lambda kind: st.sampled_from(UNITS[kind]))

plain_numbers = st.builds(
    lambda sign, whole, part: f"{sign}{whole}{part}",
    st.sampled_from(("", "-", "+")),
    st.integers(0, 10**15 - 1).map(str),
    st.one_of(st.just(""), st.integers(0, 10**15 - 1).map(lambda n: f".{n}")),
)
fractions = st.fractions(-(10**9), 10**9, max_denominator=10**6)
quantities = st.builds(Quantity.of, fractions, units)
nonzero = quantities.filter(bool)


def alike(kind: str) -> st.SearchStrategy[Quantity]:
    """Quantities of one kind, in any of its units."""
    return st.builds(Quantity.of, fractions, st.sampled_from(UNITS[kind]))


def pairs() -> st.SearchStrategy[tuple[Quantity, Quantity]]:
    """Two quantities of the same kind."""
    return kinds.flatmap(lambda kind: st.tuples(alike(kind), alike(kind)))


def exact(text: str) -> Fraction:
    """What a plain decimal text means, by Python's own reading."""
    return Fraction(text)
