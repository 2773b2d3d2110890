"""Bugs of guard, flow and controller: how much flows, when, and what holds it."""

from collections import Counter
from dataclasses import replace
from typing import Any

from cisterna.pump import doses, flow, guard
from cisterna.pump.flow import Flow
from cisterna.pump.guard import Granted, Guard, Inhibited
from cisterna.quantity import DAY_MS, HOUR_MS, Pace
from tests.drill.planting import Bug, Patch, by, edit, everywhere, planted
from tests.pump.pumps import at_tip

GUARD, FLOW, ALARMS = "test_guard.py", "test_flow.py", "test_alarms.py"


@planted("pump.guard.admit")
def calendar_days(patch: Patch) -> None:
    def admit(g: Guard, dose: Any, limit_fg: int, _: int, ahead: Any) -> Inhibited | None:
        days = Counter[int]()
        for tip in (*g.history, *ahead):
            for at, mass in at_tip(tip):
                days[at // DAY_MS] += mass
        most = days[dose.start_ms // DAY_MS]
        return Inhibited("dose", most, limit_fg) if most > limit_fg else None

    everywhere(patch, guard.admit, admit)


@planted("pump.guard.admit")
def forgotten_history(patch: Patch) -> None:
    def admit(g: Guard, *what: Any) -> Inhibited | None:
        return real(replace(g, history=(), given=(), admitted=()), *what)

    real = guard.admit
    everywhere(patch, real, admit)


@planted("pump.guard.commanded")
def no_guard(patch: Patch) -> None:
    def commanded(g: Guard, tip: Any, until_ms: int) -> Guard:
        found = real(g, tip, until_ms)
        return replace(g, checked_ms=until_ms) if isinstance(found, Inhibited) else found

    real = guard.commanded
    everywhere(patch, real, commanded)


@planted("pump.guard.called_off")
def nothing_called_off(patch: Patch) -> None:
    everywhere(patch, guard.called_off, lambda g: g)


@planted("pump.guard.ruled")
def schedule_always_granted(patch: Patch) -> None:
    real = guard.ruled
    everywhere(patch, real, lambda g, regime: real(g, "schedule"))


@planted("pump.guard.schedule_fits")
def only_the_first_day(patch: Patch) -> None:
    def fits(schedule: Granted, ng_per_ml: int, per_24h_fg: int) -> Inhibited | None:
        begin = schedule.anchor_ms
        mass = schedule.between(begin, begin + DAY_MS) * ng_per_ml // HOUR_MS
        return Inhibited("dose", mass, per_24h_fg) if mass > per_24h_fg else None

    everywhere(patch, guard.schedule_fits, fits)


@planted("pump.flow.pour")
def remainder_dropped(patch: Patch) -> None:
    def pour(f: Flow, until_ms: int) -> tuple[Any, Flow]:
        tip, after = real(f, until_ms)
        return tip, replace(after, owed=0)

    real = flow.pour
    everywhere(patch, real, pour)


@planted("pump.flow.pour")
def held_is_caught_up(patch: Patch) -> None:
    def pour(f: Flow, until_ms: int) -> tuple[Any, Flow]:
        tip, after = real(f, until_ms)
        if not f.held or f.schedule is None:
            return tip, after
        missed = f.schedule.asked(f.now_ms, until_ms)
        return tip, replace(after, owed=after.owed + missed)

    real = flow.pour
    everywhere(patch, real, pour)


@planted("pump.flow.pour")
def below_empty(patch: Patch) -> None:
    def pour(f: Flow, until_ms: int) -> tuple[Any, Flow]:
        tip, after = real(replace(f, reservoir_nl=f.reservoir_nl + 10**12), until_ms)
        return tip, replace(after, reservoir_nl=after.reservoir_nl - 10**12)

    real = flow.pour
    everywhere(patch, real, pour)


@planted("pump.flow.wanted")
def zero_is_nothing_said(patch: Patch) -> None:
    def wanted(f: Flow) -> tuple[Pace, int]:
        return real(f if f.floor_nl_per_h else replace(f, floor_nl_per_h=None))

    real = flow.wanted
    everywhere(patch, real, wanted)


@planted("pump.flow.wanted")
def rate_of_the_beginning(patch: Patch) -> None:
    def wanted(f: Flow) -> tuple[Pace, int]:
        pace, until = real(f)
        if f.once is None or f.once.kind not in ("patient", "clinician"):
            return pace, until
        return Pace.steady(pace.at(f.now_ms)[0]), f.once.end_ms

    real = flow.wanted
    everywhere(patch, real, wanted)


@planted("pump.doses.interrupt")
def rest_is_given_later(patch: Patch) -> None:
    """A prime is held by a stop, and flows on with the restart."""

    def interrupt(made: Any) -> Any:
        once = made.state.flow.once
        return made if once and once.kind == "prime" else real(made)

    real = doses.interrupt
    everywhere(patch, real, interrupt)


FLOWS = (
    Bug(
        "the limit counts calendar days",
        "A bolus at 23:59 and one at 00:01; with buckets twice the limit goes through",
        "SR-08; H01; A02",
        calendar_days,
        by(
            "test_doses.py", "the_last_dose_of_a_tight_limit_waits_for_the_basal_flow_still_to_come"
        ),
    ),
    Bug(
        "a restart forgets what was given",
        "A restart resets the count of the limit",
        "H01; SR-45",
        forgotten_history,
        by("test_doses.py", "a_clinicians_bolus_has_the_same_ledger_and_its_own_limit"),
    ),
    Bug(
        "the guard says no and nobody listens",
        "Controller and limit share a bug, or the limit is switched off by a flag",
        "H18; §1 OPCA R7.1.0",
        no_guard,
        by(GUARD, "a_controller_that_asks_for_more_is_stopped"),
    ),
    Bug(
        "what is called off is still granted",
        "A cancelled bolus leaves its licence behind",
        "SR-10; H14",
        nothing_called_off,
        by(GUARD, "a_dose_may_flow_while_it_is_admitted_and_not_when_it_is_called_off"),
    ),
    Bug(
        "a stopped pump is granted its schedule",
        "The limit knows nothing of the stop, so flow in it is within the limit",
        "SR-03; H18",
        schedule_always_granted,
        by(GUARD, "stopped_grants_nothing_and_the_floor_only_the_floor"),
    ),
    Bug(
        "a schedule is held against its first day only",
        "The heaviest 24 hours of a week are not those that begin on Monday",
        "SR-08; H02",
        only_the_first_day,
        by(GUARD, "a_schedule_is_held_against_the_limit_at_its_heaviest_24_hours"),
    ),
    Bug(
        "a stroke takes what it was asked for, and the rest is lost",
        "Rounding always in one direction: a slow drift, over years a wrong dose",
        "H25; SR-02",
        remainder_dropped,
        by(FLOW, "ten_years_of_a_flex_schedule_are_within_one_stroke"),
    ),
    Bug(
        "what was held is caught up",
        "After a stall or an occlusion all of it comes at once",
        "H16; H20; A17; SR-17",
        held_is_caught_up,
        by(ALARMS, "a_stall_holds_the_flow_while_it_lasts_and_nothing_is_caught_up"),
    ),
    Bug(
        "the pump goes on below empty",
        "The estimate of the reservoir is believed past zero",
        "SR-21; A19; H09",
        below_empty,
        by(FLOW, "the_reservoir_empties_to_the_last_stroke_and_never_below"),
    ),
    Bug(
        "a rate of zero is taken for no rate",
        "Zero encodes nothing said: the default flows where nothing should",
        "H02; SR-24; §5.1",
        zero_is_nothing_said,
        by(FLOW, "one_precedence_decides_what_flows"),
    ),
    Bug(
        "after a dose the rate of its beginning goes on",
        "The basal rate is captured as the bolus begins",
        "SR-12; H14",
        rate_of_the_beginning,
        by(
            FLOW,
            "one_precedence_decides_what_flows",
            "after_a_dose_the_schedule_of_that_time_goes_on",
        ),
    ),
    Bug(
        "a schedule ends with its cycle",
        "A programme of one day, and the night rate from then on",
        "SR-01; SR-68",
        edit(
            "quantity.pace.Pace.at",
            (
                "(at_ms - self.anchor_ms) % self.cycle_ms",
                "min(at_ms - self.anchor_ms, self.cycle_ms - 1)",
            ),
        ),
        by(FLOW, "a_cycle_has_no_gap_and_no_overlap"),
    ),
    Bug(
        "the rest of an interrupted prime flows later",
        "Interrupt, prime, resume (Medfusion 3500/4000, Class I)",
        "§1 Medfusion 2020; SR-60; H22",
        rest_is_given_later,
        by("test_doses.py", "a_prime_that_is_interrupted_never_resumes"),
    ),
    Bug(
        "a rate above the device's maximum is let through",
        "The motor is asked for more than it was built for",
        "SR-06; SR-04",
        edit("pump.doses._unfit", (" > s.device.fastest_nl_per_h", " > 1 << 62")),
        by("test_doses.py", "a_bolus_is_inside_what_the_pump_can_do"),
    ),
)
