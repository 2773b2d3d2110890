"""From the referral to the planned implant, and the ways that lead elsewhere."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cisterna.clinic.acts.act import house
from cisterna.clinic.bodies import planning as b
from cisterna.clinic.bodies.painmap import PainMapped
from cisterna.clinic.candidacy import items
from cisterna.clinic.demo.cast import Plan, whole_cast
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act
from cisterna.clinic.demo.stories import trial
from cisterna.clinic.event import Actor
from cisterna.quantity import Quantity

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CLINIC = "demonstration"
"""Where everybody of the demonstration belongs."""
GOES_ON_AT = 8
"""The hour of the day at which a clinic begins (invented)."""


def staff(name: str) -> Actor:
    """One of the invented staff."""
    return whole_cast().staff[name]


def plan_of(player: Player) -> Plan:
    """What she is treated with."""
    return whole_cast().plans[player.role.plan]


def purpose(player: Player) -> str:
    """`pain` or `spasticity`."""
    return house().indication(player.role.indication).term.purpose


def cancer(player: Player) -> bool:
    """Whether she is on the fast track of cancer."""
    return house().indication(player.role.indication).fast_track


def next_morning(player: Player, days: int) -> timedelta:
    """How long it is until so many days on, in the morning."""
    return player.until(morning_of(player, player.at + days * DAY))


def morning_of(player: Player, day: datetime) -> datetime:
    """The time at which she is seen on that day."""
    minute = player.random.randrange(60)
    hour = GOES_ON_AT + player.random.randrange(5)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


# One part after the other ------------------------------------------------------------------------


def referred(player: Player) -> Iterator[Step]:
    """She is entered, and referred."""
    who = player.role
    phone = f"+1 555 01{who.id[-2:]}"  # a number that is kept for stories
    entry = (who.name, who.born, who.sex, who.number, CLINIC, "UTC", "en", False, phone)
    yield Act("register", staff("nurse"), b.Registered(*entry), timedelta(0))
    by = player.random.choice(("Dr Fennel", "Dr Sorrel", "Dr Yarrow"))
    asked = b.Referred(player.role.indication, by, "Is intrathecal therapy an option?")
    yield Act("refer", staff("nurse"), asked)


def evaluating(player: Player) -> Iterator[Step]:
    """An evaluation is under way."""
    yield from referred(player)
    begun = b.EvaluationBegun("pump clinic")
    yield Act("begin-evaluation", staff("physician"), begun, next_morning(player, 3))
    yield Act("set-goals", staff("patient"), b.GoalsSet((player.role.goal,)))
    yield from _treatments(player)
    if purpose(player) == "pain":
        yield Act("map-pain", staff("nurse"), _mapped(player))


def _mapped(player: Player) -> PainMapped:
    """Where it hurts: over the abdomen where her indication asks for that, else the back."""
    found = house().indication(player.role.indication)
    if found.map:
        return PainMapped(("upper-abdomen-middle", "upper-back"), "visceral", "localised")
    nature = "neuropathic" if found.group == "neuropathic-pain" else "mixed"
    return PainMapped(("low-back", "left-thigh", "left-lower-leg"), nature, "diffuse")


def _treatments(player: Player) -> Iterator[Step]:
    words = ("three months at the highest dose that she bore", "no lasting relief", "")
    for name in house().treatments_asked(purpose(player)):
        had = b.TreatmentRecorded(name, b.Answer.TRIED, *words)
        if name == "spinal-cord-stimulation":
            had = b.TreatmentRecorded(name, b.Answer.DECLINED, "", "", "she wants no leads")
        yield Act("record-treatment", staff("nurse"), had)


def team_review(player: Player) -> Iterator[Step]:
    """The evaluation is signed, and the team has begun to write."""
    yield from evaluated(player)
    yield opinion("physician", b.Vote.FOR, "examined; the findings fit the imaging")


def evaluated(player: Player) -> Iterator[Step]:
    """The whole evaluation, signed."""
    yield from evaluating(player)
    yield from _evidence(player)
    if house().psychology_asked(house().indication(player.role.indication)):
        cleared = b.PsychologyCleared(True, "no exclusion; expectations are realistic")
        yield Act("clear-psychology", staff("psychologist"), cleared, HOUR)
    yield screened(player)
    none = b.AnticoagulantsAnswered(())
    yield Act("answer-anticoagulants", staff("nurse"), none)
    far = ("C", "oncologist: 6 to 9 months") if cancer(player) else ("D", "no end in sight")
    yield Act("give-prognosis", staff("physician"), b.PrognosisGiven(*far))
    yield _risk(player)
    summary = "candidate in my view"
    yield Act("sign-evaluation", staff("physician"), summary, next_morning(player, 1))


def _evidence(player: Player) -> Iterator[Step]:
    rules = house()
    for name in rules.ids("criterion"):
        for item in items(player.person, rules, name):
            if item == "systemic-failure":
                continue
            says = b.EvidenceRecorded(name, item, f"{item.replace('-', ' ')}: see the letter")
            yield Act("record-evidence", staff("nurse"), says)
    if cancer(player):
        failed = b.EvidenceRecorded("uncontrolled", "systemic-failure", "vomits on every opioid")
        yield Act("record-evidence", staff("nurse"), failed)
    told = b.TeachBackDone(True, "told back refills, infection and what sudden stopping does")
    yield Act("teach-back", staff("nurse"), told)
    comes = b.Committed("I will come to every refill")
    yield Act("commit", staff("patient"), comes)


def _risk(player: Player) -> Step:
    pain = purpose(player) == "pain"
    daily = Quantity.parse("60 mg/day" if pain else "0 mg/day")
    at_risk = () if pain else ("opioid-naive",)
    rest = tuple(i for i in house().breathing_asked() if i not in at_risk)
    found = b.RiskAssessed(daily, "oral", True, True, at_risk, rest)
    return Act("assess-risk", staff("physician"), found)


def screened(player: Player, later: timedelta = timedelta(minutes=10)) -> Step:
    """A whole screen without a finding."""
    names = tuple(c.id for c in house().screen(purpose(player)))
    return Act("screen", staff("nurse"), b.Screened((), names), later)


def opinion(name: str, vote: b.Vote, says: str) -> Step:
    """One profession's opinion."""
    return Act("give-opinion", staff(name), b.OpinionGiven(vote, says), HOUR)


def concluded(player: Player, outcome: b.Outcome) -> Iterator[Step]:
    """The team's opinions and its outcome; one who sees it otherwise is answered."""
    yield from evaluated(player)
    found = outcome is b.Outcome.CANDIDATE
    vote = b.Vote.FOR if found else b.Vote.AGAINST
    yield opinion("physician", b.Vote.FOR, "examined; the findings fit the imaging")
    yield opinion("surgeon", vote, "the spine can be reached" if found else "the canal is narrow")
    yield opinion("therapist", vote, "trained for six weeks" if found else "training has not begun")
    answer = "" if found else "the narrow canal weighs more than the wish for a pump"
    said = b.TeamConcluded(outcome, (player.role.goal,), answer)
    yield Act("conclude-team", staff("physician"), said, next_morning(player, 1))


def not_candidate(player: Player) -> Iterator[Step]:
    """The team says no."""
    yield from concluded(player, b.Outcome.NOT_CANDIDATE)


def alternatives(player: Player) -> Iterator[Step]:
    """The team says no, and other therapies go on."""
    yield from not_candidate(player)
    why = "training in water, and a second look at the drugs"
    yield Act("open-alternatives", staff("physician"), why, next_morning(player, 7))


def candidate(player: Player) -> Iterator[Step]:
    """The team says yes."""
    yield from concluded(player, b.Outcome.CANDIDATE)


def trial_planned(player: Player) -> Iterator[Step]:
    """A trial is planned."""
    yield from candidate(player)
    yield from trial.planned(plan_of(player), staff)


def trial_waived(player: Player) -> Iterator[Step]:
    """Two waive the trial: time is short."""
    yield from candidate(player)
    reason = "each puncture costs a day of few"
    asked = b.WaiverProposed(b.Waived.TRIAL, "", reason)
    yield Act("propose-waiver", staff("physician"), asked)
    yield Act("sign-waiver", staff("surgeon"), lambda p: p.latest, timedelta(minutes=5))


def trial_running(player: Player) -> Iterator[Step]:
    """The dose of the trial was given this morning."""
    yield from trial_planned(player)
    yield screened(player, player.until(player.end - 3 * HOUR))
    yield from trial.given(plan_of(player), staff, purpose(player))


def trial_failed(player: Player) -> Iterator[Step]:
    """The trial brought too little."""
    yield from trial_planned(player)
    yield screened(player, next_morning(player, 6))
    yield from trial.given(plan_of(player), staff, purpose(player))
    yield from trial.watched(staff, purpose(player), better=False)


def implant_planned(player: Player) -> Iterator[Step]:
    """A successful trial, or two who waive it; a decision; the order for the implant."""
    if cancer(player):
        yield from trial_waived(player)
    else:
        yield from trial_planned(player)
        yield screened(player, next_morning(player, 6))
        yield from trial.given(plan_of(player), staff, purpose(player))
        yield from trial.watched(staff, purpose(player), better=True)
    weighed = "relief against an operation, refills for years and what can go wrong"
    decided = b.DecisionRecorded(b.Choice.IMPLANT, "decision aid 1", weighed, ("she", "a friend"))
    yield Act("record-decision", staff("physician"), decided, next_morning(player, 1))
    device = player.role.device
    pump, tip = (device.model, device.tip) if device else ("synchromed-ii-20", "T10")
    ordered = b.ImplantPlanned(plan_of(player).drugs[0].name, pump, tip, "left abdomen")
    yield Act("plan-implant", staff("surgeon"), ordered, next_morning(player, 1))
