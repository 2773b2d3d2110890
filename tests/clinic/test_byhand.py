"""A signed deed reaches a hosted pump once; where the link breaks, a dose is unknown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cisterna.clinic.byhand import carry_out
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.deed import Deed, Running, bolus, proposed_deed, restart
from cisterna.clinic.interrogate import interrogate
from cisterna.clinic.signer.call import SigningDesk
from cisterna.clinic.transmit import stop, transmit
from cisterna.pump.client import Line
from cisterna.pump.programmer import Programmer
from cisterna.quantity import Quantity
from tests.clinic.gate.people import COLLEAGUE, NURSE, PHARMACIST
from tests.clinic.refusals import refused
from tests.clinic.test_transmit import SERIAL, Ward, cut, hosting, rx
from tests.orders import LIBRARY


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One pump and one signer for all."""
    with hosting(tmp_path_factory.mktemp("hand")) as found:
        yield found


@pytest.fixture
def ward(hosted: Any) -> Ward:
    """A person whose pump is hosted."""
    return Ward(hosted[0], SigningDesk(hosted[1]))


def signed(ward: Ward, make: Callable[[Running], Deed]) -> b.DeedProposed:
    """All signatures of a deed."""
    runs = Running(SERIAL, ward.runs()["version"], rx("6 mg/day"))
    body = proposed_deed(runs, make(runs))
    way = ward.way
    way.keep(acts.laid_down(way.standing, way.pen(), body))
    if body.second:
        way.reason()
        way.keep(acts.approve(way.standing, way.pen(COLLEAGUE), body.digest))
    way.prove()
    return body


def small_bolus(runs: Running) -> Deed:
    """A tenth of a milligram over five minutes."""
    return bolus(runs, Quantity.parse("0.1 mg"), Quantity.parse("5 min"), LIBRARY)


def sends(ward: Ward, spoil: Callable[[Line], Line] = lambda line: line) -> b.DeedEnded:
    """The deed is carried out, and its outcome."""
    found = carry_out(ward.way.standing, ward.pen, ward.keep, ward.road(spoil)).body
    assert isinstance(found, b.DeedEnded)
    return found


def boluses(ward: Ward) -> int:
    """How many boluses by a clinician the pump has begun, by its own log."""
    return sum(row["what"] == "clinician-begun" for row in ward.runs()["log"])


def test_a_stopped_pump_is_started_again_and_a_bolus_flows_once(ward: Ward):
    def nurse() -> Any:
        return ward.way.pen(NURSE, "drowsy after a step")

    stop(ward.way.standing, nurse, ward.keep, ward.road())
    assert ward.runs()["flows"]["stopped"]
    signed(ward, lambda _: restart())
    assert sends(ward).outcome == "done"
    assert not ward.runs()["flows"]["stopped"]
    before = boluses(ward)
    signed(ward, small_bolus)
    standing = ward.way.standing
    assert sends(ward).outcome == "done"
    assert boluses(ward) == before + 1
    ward.way.standing = standing  # the gate forgets; the signer does not
    again = sends(ward)
    assert again.outcome == "refused"
    assert "used already" in again.words
    assert boluses(ward) == before + 1


def test_what_the_pump_refuses_is_refused_in_its_words(ward: Ward):
    signed(ward, small_bolus)  # one is still flowing
    ended = sends(ward)
    assert ended.outcome == "refused"
    assert "clinician-running" in ended.words
    assert ward.way.standing.intent is None


@pytest.mark.parametrize("arrives", [False, True], ids=["never sent", "answer lost"])
def test_a_restart_whose_answer_is_lost_is_unknown_and_blocks(ward: Ward, arrives: bool):
    signed(ward, lambda _: restart())
    # hello and command: interrogate, open_session, restart
    ended = sends(ward, cut(6, arrives))
    assert ended.outcome == "unknown"
    with refused("unknown-outcome"):
        acts.laid_down(ward.way.standing, ward.way.pen(), _any(ward))
    why = "the log of the pump"
    ward.keep(acts.reconcile_deed(ward.way.standing, ward.way.pen(NURSE, why), arrives))
    assert ward.way.standing.intent is None


def _any(ward: Ward) -> b.DeedProposed:
    return proposed_deed(Running(SERIAL, 1, rx("6 mg/day")), restart())


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_before_it_is_sent_a_broken_link_leaves_nothing_done(ward: Ward, at: int):
    signed(ward, lambda _: restart())
    assert sends(ward, cut(at, arrives=False)).outcome == "refused"
    assert ward.way.standing.intent is None


def test_a_programme_and_a_deed_do_not_take_each_others_way(ward: Ward):
    signed(ward, lambda _: restart())
    with refused("other-act"):
        transmit(ward.way.standing, ward.pen, ward.keep, ward.road())
    ward.signed("6.1 mg/day")
    with refused("other-act"):
        carry_out(ward.way.standing, ward.pen, ward.keep, ward.road())
    assert ward.way.standing.intent is None


def test_what_a_pump_says_of_itself_goes_on_record(ward: Ward, tmp_path: Path):
    read = interrogate(ward.way.pen(NURSE), ward.road()).body
    now = ward.runs()
    assert (read.serial, read.version, read.digest) == (SERIAL, now["version"], now["digest"])
    assert read.reservoir_nl > 0
    with refused("role"):
        interrogate(ward.way.pen(PHARMACIST), ward.road())
    with refused("no-answer"):
        interrogate(ward.way.pen(NURSE), ward.road(cut(2, arrives=False)))


def test_without_its_signer_nothing_is_done(ward: Ward, tmp_path: Path):
    signed(ward, lambda _: restart())
    ward.desk = SigningDesk(tmp_path / "nobody")
    ended = sends(ward)
    assert ended.outcome == "refused"
    assert "signer does not answer" in ended.words


def test_another_version_than_was_proposed_on_is_not_acted_on(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
):
    signed(ward, lambda _: restart())
    real = Programmer.read
    monkeypatch.setattr(Programmer, "read", lambda self: real(self) | {"version": 99})
    ended = sends(ward)
    assert ended.outcome == "refused"
    assert "propose it anew" in ended.words
