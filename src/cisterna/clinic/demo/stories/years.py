"""The years with a pump: visits, laboratory and reviews on their schedule, and what goes wrong.

What is due is asked of the clinic's own schedule, so somebody who is up to date here is up to date
on the list of the day.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction

from cisterna.clinic.acts.act import house
from cisterna.clinic.acts.monitor import open_watches
from cisterna.clinic.acts.study import Reported
from cisterna.clinic.bodies import visit as b
from cisterna.clinic.bodies.emergency import EmergencyOpened
from cisterna.clinic.bodies.mri import ScanCleared, ScanPrepared, ScanRequested
from cisterna.clinic.bodies.refill import NeurologyChecked, WatchClosed
from cisterna.clinic.bodies.revision import (
    Cover,
    Ending,
    PlannedPart,
    RevisionPlanned,
    TherapyEnded,
)
from cisterna.clinic.bodies.titration import AdjustmentBegun
from cisterna.clinic.bodies.trouble import Fault as Found
from cisterna.clinic.bodies.trouble import TroubleJudged, TroubleOpened, TroubleStepRecorded
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act, read
from cisterna.clinic.demo.stories.ordering import (
    change,
    comes_back,
    daily,
    running,
    with_dose,
)
from cisterna.clinic.demo.stories.planning import (
    DAY,
    HOUR,
    morning_of,
    next_morning,
    plan_of,
    staff,
)
from cisterna.clinic.demo.stories.refill import refill
from cisterna.clinic.devices import devices
from cisterna.clinic.due import visit_tasks
from cisterna.clinic.since import kinds_of
from cisterna.facts import Follow
from cisterna.facts.refill import RefillRules
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity, show

CAUSES = ("drug", "device", "catheter", "procedure", "human")
_REST = timedelta(days=5)
"""Between laboratory and its report (invented)."""


def cared(player: Player, until: datetime) -> Iterator[Step]:
    """Refills, visits, laboratory and reviews, each when it is due, up to a time."""
    done: set[tuple[str, datetime]] = set()
    while True:
        back = comes_back(player, running(player))
        due = sorted((d.due, d.what) for d in visit_tasks(player.person, house(), player.at))
        due = [(at, what) for at, what in due if (what, at) not in done and at < back]
        if not due:
            if back >= until:
                return
            yield from refill(player, player.until(morning_of(player, back)))
            continue
        at, what = due[0]
        if at >= until:
            return
        done.add((what, at))
        yield from _routine(player, what, player.until(morning_of(player, at - DAY)))


def _routine(player: Player, what: str, later: timedelta) -> Iterator[Step]:
    facts, drugs = Follow(house().library), (dose.drug for dose in now(player))
    rows = {r.what: r.met_by for r in facts.schedule(kinds_of(drugs, house().library))}
    met_by = rows.get(what, "")
    if met_by == "visit-recorded":
        yield Act("record-visit", staff("nurse"), visit, later)
    elif met_by == "year-reviewed":
        words = ("reached on most days", "as a year ago", "normal", "runs; accuracy within limits")
        reviewed = b.YearReviewed(*words, True, "relief, and no harm that outweighs it")
        yield Act("review-year", staff("physician"), reviewed, later)
    elif met_by:
        yield from study(met_by, "as the schedule asks", later)


def study(kind: str, question: str, later: timedelta) -> Iterator[Step]:
    """A study ordered and reported."""

    def ordered(player: Player) -> b.StudyOrdered:
        return b.StudyOrdered(kind, question, player.at + 14 * DAY)

    def reported(player: Player) -> Reported:
        order = player.person.last(b.StudyOrdered, None)
        if order is None:
            raise LookupError("no study is ordered")
        items = Follow(house().library).panel() if kind == "endocrine" else ()
        rows = tuple(b.Result(item, "in the range of the laboratory") for item in items)
        return Reported(b.StudyReported(order.id, kind, player.at, rows, "nothing abnormal"))

    yield Act("order-study", staff("nurse"), ordered, later)
    yield Act("report-study", staff("nurse"), reported, _REST)


def now(player: Player) -> tuple[b.DrugDose, ...]:
    """What the pump gives a day."""
    rx = read(player, running(player), None)
    doses = rx.doses_of(schedule(rx).mean)
    return tuple(b.DrugDose(drug, daily) for drug, daily in doses.items())


def visit(player: Player) -> b.VisitRecorded:
    """A visit on which she does well, with her own chance of a little more or less."""
    facts, doses = Follow(house().library), now(player)
    kinds = kinds_of((d.drug for d in doses), house().library)
    asked = facts.symptoms_asked(kinds)
    symptoms = tuple(b.Graded(name, "none") for name in asked)
    if player.random.random() < 0.25:
        symptoms = (b.Graded(asked[-1], "mild"), *symptoms[:-1])
    return b.VisitRecorded(player.at, False, doses, tuple(_scores(player, facts)), symptoms, 14)


def _scores(player: Player, facts: Follow) -> Iterator[b.Score]:
    for name in player.person.indication(house()).scales:
        scale, steps = facts.scoring(name), house().scale(name)
        for item in scale.items:
            at = len(steps) * 3 // 10 + player.random.randrange(2)
            yield b.Score(name, item, steps[min(at, len(steps) - 1)])


def opioids(player: Player) -> Iterator[Step]:
    """What she still swallows: less and less, by a plan that holds where withdrawal shows."""
    yield Act("plan-taper", staff("physician"), _by_mouth, next_morning(player, 1), _FASTER)
    for amount, later in (("60 mg/day", 7), ("30 mg/day", 28), ("0 mg/day", 28)):
        words = "" if amount.startswith("0") else "morphine by mouth"

        def said(p: Player, amount: str = amount, words: str = words) -> b.OpioidsRecorded:
            return b.OpioidsRecorded(p.at.date(), Quantity.parse(amount), words)

        yield Act("record-opioids", staff("nurse"), said, next_morning(player, later))


def adverse(player: Player) -> Iterator[Step]:
    """Nausea for some days after a rise."""

    def told(p: Player) -> b.AdverseEventRecorded:
        related = tuple(b.Relation(c, "possible" if c == "drug" else "unrelated") for c in CAUSES)
        onset = p.at - 3 * DAY
        return b.AdverseEventRecorded(
            *("nausea", onset, 1, False, related, True, "none", "recovered", now(p))
        )

    yield Act("record-adverse-event", staff("nurse"), told, next_morning(player, 10))


_FASTER = "she asked for it herself; seen each week"
_HOLD_AT = 8
"""At which withdrawal score a taper of these stories holds (invented)."""


def _by_mouth(player: Player) -> b.TaperPlanned:
    """The tablets, in three steps."""
    days = (7, 35, 63)
    doses = [Quantity.parse(text) for text in ("40 mg/day", "20 mg/day", "0 mg/day")]
    first = player.at.date()
    steps = tuple(
        b.TaperStep(first + timedelta(days=day), dose)
        for day, dose in zip(days, doses, strict=True)
    )
    before = Quantity.parse("60 mg/day")
    reason = "the pump covers what the tablets did"
    return b.TaperPlanned("morphine by mouth", False, before, steps, _HOLD_AT, reason)


# What goes wrong --------------------------------------------------------------------------------


def _before_end(player: Player, before: timedelta) -> timedelta:
    return player.until(player.end - before)


def emergency(player: Player) -> Iterator[Step]:
    """Drowsy at home this morning: the emergency is open."""
    yield from cared(player, player.end - 2 * DAY)
    says = "her husband calls: drowsy since breakfast, answers slowly, breathes 9 a minute"
    opened = EmergencyOpened(("A",), says)
    yield Act("open-emergency", staff("nurse"), opened, _before_end(player, HOUR))


def prepared(player: Player) -> Iterator[Step]:
    """A scan is asked for, cleared and prepared: she is held until the pump is seen to run."""
    yield from cared(player, player.end - 8 * DAY)
    asked = ScanRequested("a new pain in the leg", "lumbar spine", "1.5 T", player.end + DAY)
    yield Act("request-scan", staff("physician"), asked, _before_end(player, 6 * DAY))

    def cleared(p: Player) -> ScanCleared:
        drugs, model = tuple(d.drug for d in now(p)), running(p).device.model
        return ScanCleared(model, "1.5 T", drugs, (), "tablets for the hours without")

    yield Act("clear-scan", staff("physician"), cleared, DAY)
    done = ("interrogated-before", "not-in-stopped-mode", "cover-planned")
    yield Act("prepare-scan", staff("nurse"), ScanPrepared(done), _before_end(player, HOUR))


def trouble(player: Player) -> Iterator[Step]:
    """Relief is lost, and the search for the fault is under way."""
    yield from cared(player, player.end - 10 * DAY)
    opened = TroubleOpened("no relief for a week, though the dose is what it was")
    yield Act("open-trouble", staff("nurse"), opened, _before_end(player, 4 * DAY))
    yield from _searched(("safe", "history", "interrogate", "residual"))


def _searched(steps: tuple[str, ...]) -> Iterator[Step]:
    results = {"safe": "stable", "history": "normal", "interrogate": "normal", "residual": "more",
               "film": "abnormal", "functional": "no-effect"}  # fmt: skip
    for name in steps:
        found = TroubleStepRecorded(name, results[name], "written down at the visit")
        yield Act("record-trouble-step", staff("physician"), found, 3 * HOUR)


def revision(player: Player) -> Iterator[Step]:
    """The film shows a broken catheter: a revision is planned."""
    yield from cared(player, player.end - 30 * DAY)
    opened = TroubleOpened("relief comes and goes; more came back than was expected")
    yield Act("open-trouble", staff("nurse"), opened, _before_end(player, 12 * DAY))
    yield from _searched(("safe", "history", "interrogate", "residual", "film", "functional"))
    cover = "morphine by mouth, and who to call"
    judged = TroubleJudged(Found.CATHETER, "the film shows a break at the anchor", cover)
    yield Act("judge-trouble", staff("physician"), judged, HOUR)

    def planned(p: Player) -> RevisionPlanned:
        part = PlannedPart("catheter", devices(p.person).segments[0].lot, "replace")
        return RevisionPlanned((part,), "broken at the anchor", cover)

    yield Act("plan-revision", staff("surgeon"), planned, 2 * DAY)


def adjusting(player: Player) -> Iterator[Step]:
    """A little more is tried: the dose was raised this morning, and she is seen tomorrow."""
    yield from cared(player, player.end - 6 * DAY)
    begun = AdjustmentBegun("more spasms at night since the cold came")
    yield Act("begin-adjustment", staff("physician"), begun, _before_end(player, 5 * HOUR))
    more = show(Quantity.parse(daily(player)) * Fraction(11, 10))
    yield change(with_dose(more, "maintenance"), "more spasms at night", later=HOUR)


# How it ends ------------------------------------------------------------------------------------


_STEPS = ((1, "3/4"), (29, "1/2"), (57, "3/10"), (85, "0"))
"""The steps of a taper of the pump's drug: on which day, and which share is left (invented)."""


def tapered(player: Player) -> Iterator[Step]:
    """She no longer needs it: the dose goes down month by month, and then it ends."""
    yield from cared(player, player.end - 150 * DAY)
    start = morning_of(player, player.at + 2 * DAY)
    whole = Quantity.parse(daily(player))
    shares = [(start + days * DAY, whole * Fraction(share)) for days, share in _STEPS]

    def planned(p: Player) -> b.TaperPlanned:
        steps = tuple(b.TaperStep(at.date(), dose) for at, dose in shares)
        drug = running(p).drugs[0].name
        return b.TaperPlanned(drug, True, whole, steps, _HOLD_AT, "well for a year after surgery")

    yield Act("plan-taper", staff("physician"), planned, player.until(start), _FASTER)
    for at, dose in shares[:-1]:
        yield from cared(player, at)
        makes = with_dose(show(dose), "maintenance")
        yield change(makes, "the next step of her taper", later=player.until(at + HOUR))
        scored = b.WithdrawalScored(2, "a little restless at night, no more")
        yield Act("score-withdrawal", staff("nurse"), scored, 7 * DAY)
    yield from cared(player, shares[-1][0])
    yield _ended(Ending.TAPER, "not-needed", "tapered to nothing; walks and sleeps as before",
                 player.until(shares[-1][0] + HOUR))  # fmt: skip


def reviewed(player: Player) -> Iterator[Step]:
    """A strength at which a granuloma is watched for: examined, answered, reviewed again."""
    yield from cared(player, player.end - 100 * DAY)
    yield from refill(player, next_morning(player, 2), plan_of(player).then)
    signs = tuple(RefillRules(house().library).words("signs"))
    looked = NeurologyChecked((), signs, "same", "strength, reflexes, sensation at T10 as before")
    yield Act("check-neurology", staff("physician"), looked, next_morning(player, 3))
    for raised in open_watches(player.person):
        closed = WatchClosed(raised.body.watch, raised.id, "examined: nothing new; next in a year")
        yield Act("close-watch", staff("physician"), closed, HOUR)
    yield from cared(player, player.end - 3 * DAY)
    yield Act(
        "review-monitoring", staff("physician"), lambda p: running(p).text(),
        _before_end(player, 2 * DAY),
    )  # fmt: skip


def explanted(player: Player) -> Iterator[Step]:
    """She no longer wants it: out, with cover for what the drug leaves behind."""
    yield from cared(player, player.end - 60 * DAY)
    yield _ended(Ending.EXPLANT, "no-effect", "little relief in a year; she decided with the team",
                 player.until(player.end - 40 * DAY))  # fmt: skip


def died(player: Player) -> Iterator[Step]:
    """She died of her cancer, at home, with the pump running."""
    yield from cared(player, player.end - 12 * DAY)
    says = "died of her cancer, at home and without pain"
    yield _ended(Ending.DEATH, "death", says, player.until(player.end - 5 * DAY))


def _ended(how: Ending, reason: str, says: str, later: timedelta) -> Act:
    def ended(p: Player) -> TherapyEnded:
        doses = now(p)
        cover = (
            ()
            if how is Ending.DEATH
            else tuple(Cover(d.drug, "by mouth, less from week to week") for d in doses)
        )
        return TherapyEnded(how, reason, says, doses, cover)

    return Act("end-therapy", staff("physician"), ended, later)
