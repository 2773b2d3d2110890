"""What a clinician enters for something done by hand, read as the gate's deed.

The proposer and the second person fill the same fields, each by herself; the digests are compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cisterna.clinic.gate import deed as d
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import site
from cisterna.clinic.web.bench import Bench
from cisterna.order.prime import CASES
from cisterna.quantity import Quantity, QuantityError

LINES = {k: v for k, v in CASES.items() if k not in ("refill", "segment-replaced")}
"""The states of a line that can be recorded as empty, and primed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One deed: the verb at the pump, its title, what it does, which fields it asks for."""

    verb: str
    title: str
    help: str
    asks: tuple[str, ...]
    make: Callable[[Bench, d.Running, Mapping[str, str]], d.Deed]


def _amount(data: Mapping[str, str], name: str, example: str) -> Quantity:
    text = data.get(name, "").strip()
    try:
        return Quantity.parse(text)
    except QuantityError:
        words = f"The {name} {text[:40]!r} is no value with its unit."
        raise Refused("unreadable", words, f"Type it as {example}.") from None


def _bolus(bench: Bench, runs: d.Running, data: Mapping[str, str]) -> d.Deed:
    dose, lasts = _amount(data, "dose", "0.1 mg"), _amount(data, "duration", "10 min")
    return d.bolus(runs, dose, lasts, site.library())


def _line(data: Mapping[str, str]) -> str:
    if data.get("line") not in LINES:
        raise Refused("no-line", "It is not said what the line holds.", "Choose one.")
    return data["line"]


def _clock(bench: Bench, runs: d.Running, data: Mapping[str, str]) -> d.Deed:
    if bench.read is None:
        raise Refused("not-read", "This pump has not been read yet.", "Interrogate it first.")
    return d.set_clock(runs, bench.read.at, bench.read.body.now_ms)


def _alarm(bench: Bench, data: Mapping[str, str]) -> str:
    code, known = data.get("alarm", ""), bench.read.body.alarms if bench.read else ()
    if code not in known:
        words = "The pump did not report this alarm when it was read."
        raise Refused("no-alarm", words, "Interrogate it, and choose one that stands.")
    return code


KINDS: dict[str, Kind] = {
    k.verb: k
    for k in (
        Kind(
            "clinician_bolus", "Bolus by a clinician",
            "A dose of the primary drug beside the programme. Two persons sign.",
            ("dose", "duration"), _bolus,
        ),
        Kind(
            "record_line", "Record an empty line",
            "After an implant, a revision or an aspiration: tell the pump what the line holds, so "
            "that it lets a prime flow. Two persons sign.",
            ("line",), lambda bench, runs, data: d.record_line(runs, _line(data)),
        ),
        Kind(
            "prime", "Prime the line",
            "Fill the empty part of the line at the pump's fastest. A full line is refused: a "
            "prime would be a bolus. Two persons sign.",
            ("line",), lambda bench, runs, data: d.prime_line(runs, _line(data), site.library()),
        ),
        Kind(
            "restart", "Start a stopped pump", "It goes on with the programme that it has.",
            (), lambda bench, runs, data: d.restart(),
        ),
        Kind(
            "clock_set", "Set the clock",
            "The pump's wall clock, to the time of the last interrogation. No dose is repeated.",
            (), _clock,
        ),
        Kind(
            "alarm_silence", "Silence an alarm", "For a while; what is wrong stays wrong.",
            ("alarm",), lambda bench, runs, data: d.silence(_alarm(bench, data)),
        ),
        Kind(
            "alarm_acknowledge", "Acknowledge an alarm", "It is on record who has seen it.",
            ("alarm",), lambda bench, runs, data: d.acknowledge(_alarm(bench, data)),
        ),
    )
}  # fmt: skip


def deed_of(bench: Bench, verb: str, data: Mapping[str, str]) -> tuple[d.Running, d.Deed]:
    """What was entered, for the pump as it was read. Raises `Refused`."""
    if verb not in KINDS:
        raise Refused("no-deed", "This is nothing that is done by hand.", "Choose one.")
    order = bench.old() or bench.latest()
    if order is None:
        words = "No order says what the pump holds."
        raise Refused("no-order", words, "Write the order first.")
    runs = d.Running(bench.serial, bench.version(), order)
    return runs, KINDS[verb].make(bench, runs, data)
