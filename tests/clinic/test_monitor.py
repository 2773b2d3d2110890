"""Between refills: the trend of the residual, the granuloma watch, the counters of the motor."""

import math
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.acts.monitor import PumpRead, open_watches
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.monitor import DoseSet, granuloma_watch, motor_watch, residual_watch, trend
from cisterna.clinic.refill_tasks import refill_tasks
from cisterna.facts.refill import RefillRules
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, PHYSICIAN, RULES, Step
from tests.clinic.refilled import DAY, RUNNING, SERIAL, SIGNS, Refilling, minutes, q, report
from tests.clinic.refusals import refused
from tests.orders import LIBRARY, order, read, toml

OWN = RefillRules(LIBRARY)
ACCURACY = q("14.5 %")


def side(ratios: list[str] | list[Fraction]) -> str | None:
    return trend([Fraction(r) for r in ratios], ACCURACY, OWN).side


# The trend of the residual ------------------------------------------------------------------------


def test_a_worked_example_by_hand():
    """A = ln 1.145 = 0.13540; k = 0.75 A = 0.10155; the limit is A.

    1.13 each time is x = 0.12222, so each refill adds 0.02067: after six 0.12400, after seven
    0.14467, which is above A. Each of them is within the label by itself.
    """
    assert side(["1.13"] * 6) is None
    assert side(["1.13"] * 7) == "high"
    part = trend([Fraction("1.13")] * 6, ACCURACY, OWN).high
    assert float(part) == pytest.approx(0.12400 / 0.13540, abs=2e-4)


def test_twenty_per_cent_too_much_is_found_at_the_second_refill_and_too_little_too():
    """x = ln 1.2 = 0.18232 adds 0.08077; two make 0.16154. ln 0.8 = -0.22314 adds 0.12159."""
    assert side(["1.2"]) is None
    assert side(["1.2", "1.2"]) == "high"
    assert side(["0.8", "0.8"]) == "low"


def test_a_pump_from_which_nothing_was_delivered_is_found_at_once():
    assert side(["0"]) == "low"
    assert side(["-1"]) == "low"


def test_a_refill_that_is_right_takes_back_what_an_odd_one_added():
    assert side(["1.2", "1", "1.2", "1", "1.2", "1"]) is None


@given(st.lists(st.fractions(Fraction(-7, 100), Fraction(10, 100)), max_size=60))
def test_what_stays_within_three_quarters_of_the_label_never_raises(errors: list[Fraction]):
    """On the scale of the sums: 0.75 ln 1.145 is a factor of 1.1069 up, of 0.9034 down."""
    assert side([1 + e for e in errors]) is None


@given(st.lists(st.fractions(Fraction(1, 2), 2), max_size=20), st.fractions(Fraction(6, 5), 3))
def test_after_whatever_came_before_an_over_infusion_of_a_fifth_is_found(
    before: list[Fraction], much: Fraction
):
    """The sum is never below zero, so two refills in a row at 20 % and more are always enough."""
    sums = trend([*before, much, much], ACCURACY, OWN)
    assert sums.high > 1


def simulated(bias: float, seed: int, people: int, refills: int) -> list[int]:
    """At which refill each pump raises (0: never); scatter such that the label is 3 sd of ln r."""
    random, found = Random(seed), []  # noqa: S311  (a simulation)
    spread = math.log(1.145) / 3
    for _ in range(people):
        ratios: list[Fraction] = []
        seen = 0
        for n in range(1, refills + 1):
            ratios.append(Fraction((1 + bias) * math.exp(random.gauss(0, spread))))
            if side(ratios) is not None:
                seen = n
                break
        found.append(seen)
    return found


def test_the_rate_of_false_alarms_is_the_one_that_the_decision_states():
    """Pumps at the mean error of the clinic (+2.5 %), 40 refills: 2 in 10,000 of them raise."""
    assert sum(map(bool, simulated(0.025, 19, people=500, refills=40))) <= 1


def test_an_over_infusion_of_a_fifth_is_found_within_four_refills_in_nineteen_of_twenty():
    found = simulated(0.2, 19, people=200, refills=10)
    assert all(found)
    assert sum(n <= 4 for n in found) >= 190
    assert sorted(found)[100] == 2


def test_a_pump_without_a_labelled_accuracy_has_no_trend():
    assert not list(residual_watch((Fraction(2), Fraction(2)), None, OWN))


# Granuloma ----------------------------------------------------------------------------------------

QUIET_RX = read(
    order(
        RUNNING,
        solution__drug__0__concentration="10 mg/mL",
        solution__drug__0__product=None,
        solution__drug__0__preservative_free=True,
    )
)


def history(*doses: str, days: int = 30) -> tuple[DoseSet, ...]:
    """A dose every `days`, the last one today."""
    first = DAY - timedelta(days=days * (len(doses) - 1))
    return tuple(DoseSet(first + timedelta(days=days * n), q(d)) for n, d in enumerate(doses))


def granuloma(doses: tuple[DoseSet, ...], relief: str = "same") -> list[str]:
    return [f.watch for f in granuloma_watch(QUIET_RX, doses, relief, DAY, OWN)]


def test_two_rises_of_a_fifth_in_ninety_days_without_relief_ask_for_an_examination():
    """2 to 2.4 is 20 %, 2.4 to 2.88 is 20 %; 2.87 is less."""
    assert granuloma(history("2 mg/day", "2.4 mg/day", "2.88 mg/day")) == ["granuloma-risk"]
    assert not granuloma(history("2 mg/day", "2.4 mg/day", "2.87 mg/day"))
    assert not granuloma(history("2 mg/day", "2.4 mg/day", "2.88 mg/day"), "better")
    assert not granuloma(history("2 mg/day", "2.4 mg/day", "2.88 mg/day", days=91))


@pytest.mark.parametrize(("dose", "strength", "found"), [
    ("10 mg/day", "19 mg/mL", False), ("10.1 mg/day", "19 mg/mL", True),
    ("4 mg/day", "20 mg/mL", True)])  # fmt: skip
def test_much_morphine_or_a_high_strength_asks_for_one_too(dose: str, strength: str, found: bool):
    rx = read(order(RUNNING, infusion__daily_dose=dose, solution__drug__0__concentration=strength,
                    solution__drug__0__product=None, solution__drug__0__preservative_free=True,
                    limits=None))  # fmt: skip
    assert bool(list(granuloma_watch(rx, (), "better", DAY, OWN))) == found


# Acts ---------------------------------------------------------------------------------------------


def watches(course: Refilling) -> list[str]:
    return [e.body.watch for e in open_watches(course.person)]


def looked(*signs: str) -> b.NeurologyChecked:
    rest = tuple(s for s in SIGNS if s not in signs)
    return b.NeurologyChecked(signs, rest, "same")


@pytest.mark.pathway("PW-055")
def test_a_new_sign_is_raised_at_once_with_what_to_do_and_stands_on_the_list():
    course = Refilling()
    course.do(Step("check-neurology", NURSE, looked("numbness")))
    assert watches(course) == ["new-neurology"]
    (due,) = refill_tasks(course.person, RULES, course.at)
    assert (due.kind, due.overdue, "MRI" in due.says) == ("watch-new-neurology", True, True)
    course.do(Step("check-neurology", NURSE, looked("numbness")))
    assert watches(course) == ["new-neurology"]


@pytest.mark.parametrize(("told", "found"), [
    ([{"stalls": 1}], []), ([{"stalls": 1}, {"stalls": 1}], ["motor"]),
    ([{"resets": 1}], ["motor"]), ([{"replace_early": True}], ["motor"]),
    ([{"running": False}], ["pump-stopped"])])  # fmt: skip
def test_repeated_stalls_a_reset_or_an_early_end_ask_for_a_replacement(
    told: list[dict[str, Any]], found: list[str]
):
    course = Refilling()
    for one in told:
        kept = replace(report(), **one)
        course.do(Step("keep-report", NURSE, PumpRead(SERIAL, kept), minutes(1)))
    assert watches(course) == found


def test_the_report_of_another_pump_is_not_kept():
    with refused("other-pump"):
        Refilling().do(Step("keep-report", NURSE, PumpRead("NGP000001H", report())))


def test_a_review_raises_once_and_what_was_closed_does_not_come_back_the_next_day():
    course, text = Refilling(), toml(RUNNING)
    review = Step("review-monitoring", NURSE, text)
    course.do(review)
    assert watches(course) == ["granuloma-risk"]
    assert course.do(review) == ()
    raised = open_watches(course.person)[0]
    closed = b.WatchClosed("granuloma-risk", raised.id, "examined, nothing new")
    course.do(Step("close-watch", PHYSICIAN, closed))
    assert course.do(replace(review, later=timedelta(days=1))) == ()
    course.do(replace(review, later=timedelta(days=91)))
    assert watches(course) == ["granuloma-risk"]


def test_a_finding_is_closed_with_words_and_only_one_that_is_open():
    course = Refilling()
    course.do(Step("check-neurology", NURSE, looked("numbness")))
    raised = open_watches(course.person)[0]
    for asked, code in (
        (b.WatchClosed("new-neurology", raised.id, " "), "words-missing"),
        (b.WatchClosed("motor", raised.id, "so"), "no-watch"),
        (b.WatchClosed("new-neurology", "p1.1", "so"), "no-watch"),
    ):
        with refused(code):
            course.do(Step("close-watch", PHYSICIAN, asked))


def test_an_order_that_cannot_be_read_is_refused_in_words():
    with refused("order-unusable"):
        Refilling().do(Step("review-monitoring", NURSE, "x"))


def filled(course: Refilling, days: int, delivered: str) -> None:
    """A fill of 20 mL whose volume check is on record: programmed 10 mL, delivered as told."""
    course.at += timedelta(days=days)
    begun = b.RefillBegun("Test Patient", "", None, SERIAL, toml(RUNNING), toml(RUNNING))
    measured = b.ResidualMeasured(
        q("20 mL") - q(delivered), q("0.2 mL"), q("10 mL"), q("10 mL"), q(delivered), True,
        "accept", (),
    )  # fmt: skip
    for body in (begun, measured, b.RefillSigned(), b.RefillCountersigned("x")):
        course.keep(course.pen(NURSE).writes(body))


def test_a_creeping_over_infusion_is_found_across_refills_and_counted_anew_once_explained():
    course = Refilling()
    review = Step("review-monitoring", NURSE, toml(RUNNING))
    for _ in range(6):
        filled(course, 45, "11.3 mL")
    course.do(review)
    assert "residual-high" not in watches(course)
    filled(course, 45, "11.3 mL")
    course.do(review)
    assert "residual-high" in watches(course)
    raised = next(e for e in open_watches(course.person) if e.body.watch == "residual-high")
    closed = b.WatchClosed("residual-high", raised.id, "syringe read wrongly; new syringes")
    course.do(Step("close-watch", PHYSICIAN, closed))
    filled(course, 45, "10 mL")
    course.do(review)
    assert "residual-high" not in watches(course)


def test_the_figures_of_the_watches_are_those_of_the_book():
    told = {n: OWN.figure(n).text() for n in ("dose_rise", "dose_rise_window", "granuloma_dose")}
    assert told == {
        "dose_rise": "20 %",
        "dose_rise_window": "90 days",
        "granuloma_dose": "10 mg/day",
    }
    assert OWN.figure("granuloma_concentration").value == Quantity.parse("20 mg/mL")
    assert (OWN.count("dose_rises"), OWN.count("stalls_repeated"), OWN.count("resets")) == (2, 2, 1)
    assert not list(motor_watch((), OWN))
