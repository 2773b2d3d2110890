"""A signed change reaches a hosted pump through TLS; where the link breaks, the state is clear."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from cisterna.clinic.event import Event
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.signer.call import SigningDesk
from cisterna.clinic.transmit import Way as Road
from cisterna.clinic.transmit import stop, transmit
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.pump import certificates as tls
from cisterna.pump.client import Line, NoAnswer
from cisterna.pump.link import frame as f
from cisterna.pump.link.command import Command
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role as LinkRole
from cisterna.pump.programmer import Programmer, knock
from tests.clinic.gate.people import NURSE, Way
from tests.clinic.refusals import refused
from tests.clinic.signer.process import signer
from tests.orders import LIBRARY
from tests.pump.served import EXAMPLES, Served, fleet_of, served

SERIAL = "NGV000005H"
TEXT = (EXAMPLES / "cancer-mixture.toml").read_text("utf-8")
STEPS = (
    "interrogate", "open_session", "stage", "read_back", "confirm", "activate", "interrogate",
    "close_session",
)  # fmt: skip


def text(dose: str) -> str:
    """The example's order with another dose, after the one of the example."""
    after = TEXT.replace('previous_daily_dose = "4.5', 'previous_daily_dose = "6')
    assert after != TEXT
    return after.replace(
        'daily_dose = "6 mg/day"\n\n[remote]', f'daily_dose = "{dose}"\n\n[remote]'
    )


def rx(dose: str) -> Prescription:
    """The order of that dose."""
    return prescription_from_text(text(dose), LIBRARY)


@dataclass
class Ward:
    """A hosted pump, a signer, and the record of the person who has the pump."""

    here: Served
    desk: SigningDesk
    way: Way = field(default_factory=lambda: Way(clock=lambda: datetime.now(UTC)))
    steps: list[str] = field(default_factory=list)

    def road(self, spoil: Callable[[Line], Line] = lambda line: line) -> Road:
        """The way to the pump, on which somebody may cut the line."""
        station = self.here.station()

        @contextmanager
        def connect() -> Iterator[Line]:
            with self._line() as line:
                yield spoil(line)

        return Road(
            connect, station.pumps[SERIAL], self.desk, lambda step, _: self.steps.append(step)
        )

    def _line(self) -> Line:
        station = self.here.station()
        key = tls.signing_key(station.folder)
        woken = knock(SERIAL, LinkRole.PROGRAMMER, key_id(public_of(key)), key.sign)
        return station.connect(SERIAL, woken)

    def runs(self) -> dict[str, Any]:
        """What the pump says that it runs, to another programmer."""
        station = self.here.station("programmer-2")
        key = tls.signing_key(station.folder)
        woken = knock(SERIAL, LinkRole.PROGRAMMER, key_id(public_of(key)), key.sign)
        with station.connect(SERIAL, woken) as line:
            return Programmer.at(station, line).read()

    def signed(self, dose: str) -> b.ChangeProposed:
        """All signatures for another dose after what runs now."""
        now = self.runs()
        old = rx({**DOSES}.get(now["digest"], "6 mg/day"))
        change = Wanted(SERIAL, now["version"], text(dose), old)
        chain = self.way.signed(change)
        body = next(e.body for e in chain if isinstance(e.body, b.ChangeProposed))
        DOSES[body.digest] = dose
        return body

    def sends(self, spoil: Callable[[Line], Line] = lambda line: line) -> b.TransmissionEnded:
        """The transmission, and its outcome."""
        found = transmit(self.way.standing, self.pen, self.keep, self.road(spoil)).body
        assert isinstance(found, b.TransmissionEnded)
        return found

    def pen(self) -> Pen:
        """The proposer's pen."""
        return self.way.pen()

    def keep(self, happened: Event) -> None:
        """On record."""
        self.way.keep(happened)


DOSES: dict[str, str] = {}
"""Which dose a programme's digest stands for, of those that these tests have made."""


@contextmanager
def hosting(folder: Path) -> Iterator[tuple[Served, Path]]:
    """A hosted pump and a signer with the key of its first programmer."""
    fleet = fleet_of(folder / "fleet", 1)
    short = Path(tempfile.mkdtemp(prefix="s-"))  # a socket's path is short
    with served(fleet) as here, signer(fleet.station("programmer-1"), short / "s"):
        yield here, short / "s"
    shutil.rmtree(short)


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """One for all tests that leave the pump running its solution."""
    with hosting(tmp_path_factory.mktemp("ward")) as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Ward]:
    """A person whose pump is nobody else's."""
    with hosting(tmp_path) as found:
        yield Ward(found[0], SigningDesk(found[1]))


@pytest.fixture
def ward(hosted: tuple[Served, Path]) -> Ward:
    """A person whose pump is hosted."""
    return Ward(hosted[0], SigningDesk(hosted[1]))


def cut(at: int, arrives: bool) -> Callable[[Line], Line]:
    """The line breaks at the n-th question, before it is sent or before the answer is here."""
    left = [at]

    class Cut:
        def __init__(self, line: Line) -> None:
            self.line, self.serial = line, line.serial

        def ask(self, content: bytes) -> bytes:
            left[0] -= 1
            if left[0] > 0:
                return self.line.ask(content)
            if left[0] == 0 and arrives:
                self.line.ask(content)
            self.line.close()
            raise NoAnswer("the line is cut")

    return lambda line: cast("Line", Cut(line))


def test_a_signed_change_runs_in_the_pump_and_every_stage_was_seen(ward: Ward):
    body = ward.signed("6.1 mg/day")
    ended = ward.sends()
    assert (ended.outcome, ended.running) == ("activated", body.digest)
    assert tuple(ward.steps) == STEPS
    assert ward.runs()["digest"] == body.digest
    kinds = [e.kind for e in ward.way.events[-2:]]
    assert kinds == ["transmission-intended", "transmission-ended"]
    assert ward.way.standing.intent is None


def test_what_was_sent_once_is_not_sent_again_though_the_gate_forgets(ward: Ward):
    ward.signed("6.2 mg/day")
    before = ward.way.standing
    assert ward.sends().outcome == "activated"
    version = ward.runs()["version"]
    ward.way.standing = before
    again = ward.sends()
    assert (again.outcome, again.stage) == ("refused", "interrogate")
    assert ward.runs()["version"] == version


def questions(ward: Ward) -> list[str]:
    """What is asked of the pump in a whole transmission, in its order."""
    asked: list[str] = []

    class Listening:
        def __init__(self, line: Line) -> None:
            self.line, self.serial = line, line.serial

        def ask(self, content: bytes) -> bytes:
            found = f.inbound(content)
            asked.append(found.head.verb if isinstance(found, Command) else "hello")
            return self.line.ask(content)

    ward.signed("6.15 mg/day")
    assert ward.sends(lambda line: cast("Line", Listening(line))).outcome == "activated"
    return asked


@pytest.mark.parametrize("arrives", [False, True], ids=["never sent", "answer lost"])
def test_a_link_cut_at_each_question_leaves_a_clear_state_and_a_safe_pump(
    ward: Ward, arrives: bool
):
    asked = questions(ward)
    activated = asked.index("activate")
    outcomes = []
    for n, verb in enumerate(asked):
        before = ward.runs()
        dose = "6 mg/day" if n % 2 else "6.1 mg/day"
        body = ward.signed(dose)
        ended = ward.sends(cut(n + 1, arrives))
        after = ward.runs()
        outcomes.append(ended.outcome)
        assert after["digest"] in (before["digest"], body.digest), verb
        assert after["flow_nl_per_h"] > 0, verb
        if ended.outcome == "refused":
            assert after["digest"] == before["digest"], verb
            assert ward.way.standing.intent is None, verb
        if ended.outcome == "activated":
            assert after["digest"] == body.digest, verb
        if ended.outcome == "unknown":
            _blocked_until_somebody_looked(ward, after, body)
    closing = asked.index("close_session") - 1
    assert set(outcomes[:activated]) == {"refused"}
    assert set(outcomes[activated:closing]) == {"unknown"}
    assert set(outcomes[closing:]) == {"activated"}


def _blocked_until_somebody_looked(
    ward: Ward, after: dict[str, Any], body: b.ChangeProposed
) -> None:
    s = ward.way.standing
    with refused("unknown-outcome"):
        acts.laid_down(s, ward.way.pen(), body)
    found = acts.reconcile(s, ward.way.pen(NURSE), after["version"], after["digest"])
    assert found.body.runs == ("new" if after["digest"] == body.digest else "old")
    ward.keep(found)
    assert ward.way.standing.intent is None


def test_a_crash_between_intent_and_outcome_blocks(ward: Ward):
    ward.signed("6.05 mg/day")

    def lost(happened: Event) -> None:
        if isinstance(happened.body, b.TransmissionEnded):
            raise OSError("the server is gone")
        ward.keep(happened)

    with pytest.raises(OSError, match="gone"):
        transmit(ward.way.standing, ward.pen, lost, ward.road())
    after = ward.runs()
    assert ward.way.standing.intent is not None
    found = acts.reconcile(ward.way.standing, ward.way.pen(), after["version"], after["digest"])
    assert found.body.runs == "new"


def test_nothing_is_sent_where_the_intent_cannot_be_kept(ward: Ward):
    before = ward.runs()
    ward.signed("6.3 mg/day")

    def full(happened: Event) -> None:
        raise OSError(f"no room for {happened.kind}")

    with pytest.raises(OSError, match="transmission-intended"):
        transmit(ward.way.standing, ward.pen, full, ward.road())
    assert ward.steps == []
    assert ward.runs()["digest"] == before["digest"]


@pytest.mark.pathway("PW-007")
def test_a_pump_that_reads_back_another_programme_is_not_activated(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
):
    before = ward.runs()
    body = ward.signed("6.2 mg/day")
    real = Programmer.do

    def other(self: Programmer, verb: Any) -> Any:
        found = real(self, verb)
        if type(verb).__name__ != "ReadBack":
            return found
        return replace(found, content={"programme": {}, "digest": body.digest})

    monkeypatch.setattr(Programmer, "do", other)
    ended = ward.sends()
    assert (ended.outcome, ended.stage) == ("refused", "read_back")
    assert ward.runs()["digest"] == before["digest"]


def test_without_its_signer_nothing_is_sent(ward: Ward, tmp_path: Path):
    ward.signed("6.4 mg/day")
    ward.desk = SigningDesk(tmp_path / "nobody")
    ended = ward.sends()
    assert ended.outcome == "refused"
    assert "signer does not answer" in ended.words


def weaker(ward: Ward, now: dict[str, Any]) -> b.ChangeProposed:
    """All signatures for a weaker solution, with what is refilled before."""
    order = text("6 mg/day").replace('concentration = "12 mg/mL"', 'concentration = "10 mg/mL"')
    refill = b.RefillTerms(now["reservoir_nl"], 40_000_000, 10_000_000)
    change = Wanted(SERIAL, now["version"], order, rx("6 mg/day"), refill=refill)
    chain = ward.way.signed(change)
    body = next(e.body for e in chain if isinstance(e.body, b.ChangeProposed))
    assert body.second == ("drug-or-concentration",)
    return body


def test_a_weaker_solution_comes_with_its_refill_and_its_bridge(own: Ward):
    body = weaker(own, own.runs())
    assert own.sends().outcome == "activated"
    assert own.steps[2:4] == ["refill", "stage"]
    after = own.runs()
    assert after["digest"] == body.digest
    assert after["programme"]["bridge"] is not None


@pytest.mark.parametrize("arrives", [False, True], ids=["never sent", "answer lost"])
def test_a_refill_whose_answer_is_lost_is_unknown_and_the_old_programme_runs(
    own: Ward, arrives: bool
):
    before = own.runs()
    weaker(own, before)
    ended = own.sends(cut(6, arrives))  # hello and command: interrogate, open_session, refill
    assert (ended.stage, ended.outcome) == ("refill", "unknown")
    assert own.runs()["digest"] == before["digest"]


def test_after_a_refill_that_stands_alone_the_words_say_so(own: Ward):
    before = own.runs()
    weaker(own, before)
    ended = own.sends(cut(7, arrives=False))
    assert ended.outcome == "refused"
    assert "The refill is on the pump's record." in ended.words
    alarms = {row["code"] for row in own.runs()["alarms"]}
    assert "other-solution" in alarms


def test_one_nurse_stops_the_pump_and_it_is_on_record_for_review(ward: Ward):
    def pen() -> Pen:
        return ward.way.pen(NURSE, "breathing 6 a minute")

    sent = stop(ward.way.standing, pen, ward.keep, ward.road())
    assert sent.body.outcome == "stopped"
    assert len(ward.way.standing.unreviewed) == 1
    lost = stop(ward.way.standing, pen, ward.keep, ward.road(cut(2, arrives=False)))
    assert lost.body.outcome == "unknown"
    assert "Stop again" in lost.body.words
