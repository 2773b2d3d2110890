"""A programmer believes the pump and nobody in between."""

import time
from collections.abc import Callable
from typing import cast

import pytest

from cisterna.pump.client import Line, NoAnswer
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import SignedAnswer
from cisterna.pump.programmer import Programmer, PumpRefused, offer_key
from cisterna.pump.terms import programme_terms, read_terms
from tests.pump.hosted import Bench, bench, next_programme
from tests.pump.link.people import ADA, BEN, PUMP, PUMP_PUBLIC, secret

Spoil = Callable[[bytes, bytes], bytes]


class Between:
    """A line straight into a unit, with somebody in between."""

    serial = PUMP

    def __init__(self, made: Bench, spoil: Spoil = lambda asked, answer: answer) -> None:
        self.made, self.spoil = made, spoil

    def ask(self, content: bytes) -> bytes:
        """The answer's bytes, as they arrive."""
        self.made.now += 1
        content_back, _ = f.take(self.made.hear(content).frame)
        assert isinstance(content_back, bytes)
        return self.spoil(content, content_back)


def programmer(made: Bench, spoil: Spoil = lambda asked, answer: answer) -> Programmer:
    """Ada, over such a line."""
    line = cast("Line", Between(made, spoil))
    return Programmer(line, PUMP_PUBLIC, ADA.key, secret("ada").sign)


def test_a_whole_session_in_memory():
    made = bench()
    who = programmer(made)
    who.programme(next_programme, lambda back: back == next_programme(2))
    assert made.unit.state.programme == next_programme(2)


@pytest.mark.requirement("ST-02", "ST-05")
@pytest.mark.parametrize("at", range(0, 400, 7))
def test_no_flipped_bit_in_an_answer_is_believed(at: int):
    def flipped(_: bytes, answer: bytes) -> bytes:
        position = at % len(answer)
        return answer[:position] + bytes([answer[position] ^ 1]) + answer[position + 1 :]

    with pytest.raises(NoAnswer):
        programmer(bench(), flipped).do(v.Interrogate())


@pytest.mark.requirement("ST-05")
def test_an_old_answer_is_not_taken_for_a_new_one():
    seen: list[bytes] = []

    def replayed(asked: bytes, answer: bytes) -> bytes:
        seen.append(answer)
        is_command = isinstance(f.outbound(answer), SignedAnswer)
        old = next((a for a in seen[:-1] if isinstance(f.outbound(a), SignedAnswer)), None)
        return old if old and is_command else answer

    who = programmer(bench(), replayed)
    who.do(v.Interrogate())
    with pytest.raises(NoAnswer, match="another command"):
        who.do(v.Interrogate())


def test_the_answer_of_another_pump_is_not_believed():
    who = programmer(bench())
    who.pump_public = BEN.public
    with pytest.raises(NoAnswer, match="does not come from the pump"):
        who.now()


def test_a_read_back_of_another_programme_is_never_confirmed(monkeypatch: pytest.MonkeyPatch):
    made = bench()

    def other(terms: object) -> object:
        return read_terms(programme_terms(next_programme(2, low_reservoir_nl=1)))

    monkeypatch.setattr("cisterna.pump.programmer.read_terms", other)
    with pytest.raises(NoAnswer, match="read back another"):
        programmer(made).programme(next_programme, lambda _: True)
    assert made.unit.state.version == 1
    assert made.unit.state.session is None


def test_a_counter_that_was_used_elsewhere_is_followed_up():
    made = bench()
    first, second = programmer(made), programmer(made)
    first.used = 1000
    second.used = 2000
    second.do(v.Interrogate())
    first.do(v.Interrogate())
    assert first.used > 2000


def test_the_session_stays_while_a_person_compares(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cisterna.pump.programmer.ALIVE_S", 0.01)
    made, steps = bench(), list[str]()
    who = programmer(made)
    who.seen = lambda step, answer: steps.append(step)

    def slowly(_: object) -> bool:
        end = time.monotonic() + 10
        while steps.count("read_back") < 4 and time.monotonic() < end:
            time.sleep(0.005)
        return True

    who.programme(next_programme, slowly)
    assert made.unit.state.version == 2
    assert steps.count("read_back") >= 4


def test_a_refusal_carries_the_pumps_own_words():
    with pytest.raises(PumpRefused, match="no-session") as caught:
        programmer(bench()).do(v.CloseSession())
    assert caught.value.response.code == "no-session"


def test_what_is_no_frame_is_no_answer():
    with pytest.raises(NoAnswer, match="no frame"):
        programmer(bench(), lambda *_: b"{}").now()
    with pytest.raises(NoAnswer, match="no greeting"):
        programmer(bench(), lambda *_: f.body(f.Rejected())).now()
    made = bench()
    line = cast("Line", Between(made))
    with pytest.raises(NoAnswer, match="did not take the key"):
        offer_key(line, v.Role.REMOTE, "x", BEN.public)
