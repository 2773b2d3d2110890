"""Does the calendar hold: alarms in time, the pump alive, no long stop?"""

from collections.abc import Iterator

from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.order.dates import pump_end_facts
from cisterna.quantity import between, show


def alarm_in_time(case: Case) -> Iterator[Finding]:
    """A pump at its accuracy limit may be dry soon after, or before, its low-reservoir alarm."""
    alarm, empty = case.dates.low_reservoir_at, case.dates.earliest_empty_at
    if alarm is None or empty is None:
        return
    fact = case.library.rule("alarm_reaction")
    days = between(alarm, empty)
    if days >= case.use(fact):
        return
    harmful = any(c.drug.stopping_harms for c in case.rx.solution.components)
    side = "after" if days.base >= 0 else "before"
    yield case.finding(
        "low-reservoir-warns-too-late",
        f"A pump that runs at its accuracy limit is empty {show(abs(days), 3)} {side} the "
        f"low-reservoir alarm of {alarm:%Y-%m-%d}; {show(fact.value)} are wanted. Set the alarm to "
        "a larger volume; the refill date already allows for it.",
        days,
        fact.value,
        fact,
        main=harmful and case.rx.pump.model.implanted,
    )


def pump_end(case: Case) -> Iterator[Finding]:
    """The pump stops before the refill is due."""
    end, refill = case.dates.replace_pump_by, case.dates.low_reservoir_at
    if end is None or refill is None or end >= refill.date():
        return
    facts = pump_end_facts(case.rx)
    yield case.finding(
        "pump-end-before-refill",
        f"The pump ends by {end.isoformat()}, before the reservoir is low on "
        f"{refill:%Y-%m-%d}. Plan its replacement now.",
        end.isoformat(),
        refill.isoformat(),
        facts[0] if facts else None,
    )


def long_stop(case: Case) -> Iterator[Finding]:
    """A stopped pump must not stay stopped for long."""
    fact = case.rx.pump.model.stop_limit
    if case.rx.infusion.mode != "stopped":
        return
    limit = None if fact is None else case.use(fact)
    text = f" for more than {show(limit)}" if limit is not None else ""
    yield case.finding(
        "stopped-over-48-h",
        f"The order stops the pump with no end. A pump stopped{text} may over-infuse later, and "
        "withdrawal follows where stopping harms. Order minimum rate, or when to restart.",
        "stopped",
        limit,
        fact,
    )
