"""How a value is written: exactly for machines, by ISMP for people.

People see `mcg` (never the Greek letter), a leading zero, no trailing zero and a comma in
thousands (ISMP list of error-prone abbreviations, symbols and dose designations).
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from cisterna.quantity.measure import Quantity

_REPEATING_DIGITS = 12
_SHOWN_DIGITS = 6
_COUNTED = ("day", "week", "month", "year")


def decimal_text(value: Fraction) -> str:
    """The number in full as a plain decimal; a repeating one to 12 significant digits."""
    exact = _finite(value)
    return exact if exact is not None else _rounded(value, _REPEATING_DIGITS)


def show(value: Quantity, digits: int = _SHOWN_DIGITS) -> str:
    """Text for a person: at most `digits` significant digits, never fewer than the integer part.

    A value that is rounded is only ever shown rounded; arithmetic keeps the exact one.
    """
    number = value.base / value.unit.size
    whole_digits = len(str(abs(int(number))))
    text = _rounded(number, max(digits, whole_digits))
    sign, body = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, part = body.partition(".")
    grouped = f"{int(whole):,}{dot}{part}"
    name = value.unit.name
    if name == "1":
        return f"{sign}{grouped}"
    plural = "s" if name in _COUNTED and grouped != "1" else ""
    return f"{sign}{grouped} {name}{plural}"


def _finite(value: Fraction) -> str | None:
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".") if places else digits
    return f"-{text}" if value < 0 else text


def _rounded(value: Fraction, digits: int) -> str:
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    number = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
