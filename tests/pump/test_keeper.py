"""A pump that is kept on record survives a power loss at any write, and forgets no stroke.

The motor here counts what it really did. A power cut is an exception from the simulated disk: all
that was not synced is gone, and the pump is restored from what the disk still holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from cisterna.pump import events as e
from cisterna.pump import guard
from cisterna.pump import keeper as kept
from cisterna.pump.codec import Unreadable, event_bytes, read_event, read_state, state_bytes
from cisterna.pump.controller import new_pump, step
from cisterna.pump.journal import Journal
from cisterna.pump.keeper import Keeper
from cisterna.pump.programme import BridgeRule, Device, PatientRule, Programme, Slug
from cisterna.pump.recovery import JournalRefused
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.disk import Disk, Op

DEVICE = Device("SN1", 1000, 1_000_000, 20_000_000, 2 * DAY_MS, 2555 * DAY_MS, 90 * DAY_MS)
MINUTE = 60_000
PROGRAMME = Programme(
    serial="SN1",
    version=1,
    primary="morphine",
    ng_per_ml=10_000_000,
    mode="flex",
    cycle_ms=DAY_MS,
    zero_ms=0,
    steps=((0, 60_000), (6 * HOUR_MS, 20_000)),
    per_24h_fg=10**13,
    patient=PatientRule(5_000, 10 * MINUTE, HOUR_MS, 4),
    low_reservoir_nl=2_000_000,
    floor_nl_per_h=6_000,
)
HISTORY: tuple[e.Event, ...] = (
    e.SessionOpened(0, 1),
    e.Staged(0, 1, PROGRAMME),
    e.Confirmed(0, 1, PROGRAMME.digest),
    e.Activated(0, 1, 0),
    e.SessionEnded(1, 1),
    e.DoseAsked(7 * MINUTE + 1, 1, 8 * MINUTE),
    e.DoseAsked(40 * MINUTE + 1, 2, 41 * MINUTE),
    e.ClockSet(60 * MINUTE + 1, 5 * HOUR_MS),
    e.DoseAsked(75 * MINUTE + 1, 3, 76 * MINUTE),
    e.TimePasses(95 * MINUTE + 1),
)


class Cut(Exception):
    """The power is gone."""


@dataclass
class Bench:
    """A pump on a bench: a disk, a keeper, a motor that counts, and a clock that runs on."""

    disk: Disk
    keeper: Keeper
    moved: int = 0
    done: int = 0
    losses: int = 0
    closed: tuple[e.Closed, ...] = ()

    def run(self) -> None:
        """Live through the history from where it was."""
        while self.done < len(HISTORY):
            event = HISTORY[self.done]
            while (at := self.keeper.next_stroke_ms()) is not None and at < event.at_ms:
                if self.keeper.strike():
                    self.moved += 1
            if self.keeper.state.until_ms < event.at_ms:
                due = e.TimePasses(self.keeper.state.until_ms)
                self.closed += self.keeper.handle(due).closed
                continue
            now = max(event.at_ms, self.keeper.marked_ms + 1)
            self.closed += self.keeper.handle(replace(event, at_ms=now)).closed
            self.done += 1

    def power_returns(self) -> None:
        """After a cut: only what was synced is left; the clock has run on by a second."""
        self.disk = Disk(dict(self.disk.kept))
        now = max(self.keeper.marked_ms, HISTORY[self.done].at_ms) + 1000
        self.keeper, outcome = Keeper.restored(self.disk, "SN1", now)
        self.closed += outcome.closed
        self.losses += 1


def fresh() -> State:
    """A full pump without a programme."""
    return new_pump(DEVICE, 0, 0, 20_000_000, 10_000_000, (Slug(300_000, 10_000_000),))


def bench(fails: Callable[[int, Op], int | None] = lambda _, __: None) -> Bench:
    disk = Disk()
    made = Bench(disk, Keeper.new(disk, fresh()))
    disk.fails = fails
    return made


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small journal, so that its snapshots are renewed within the history."""
    monkeypatch.setattr(kept, "CAPACITY", 24_576)


def used(state: State) -> int:
    """Strokes that the pump says it made."""
    return (20_000_000 - state.flow.reservoir_nl) // 1000


def test_without_a_power_loss_the_books_are_the_motor():
    made = bench()
    made.run()
    assert used(made.keeper.state) == made.moved
    assert {c.number for c in made.closed if c.kind == "patient"} == {1, 3}


def operations() -> int:
    made = bench()
    begin = len(made.disk.trace)
    made.run()
    return len(made.disk.trace) - begin


def cut_at(number: int) -> Bench:
    """The power goes in the n-th operation on the disk after the pump was made."""
    seen = [0]

    def fails(_: int, __: Op) -> int | None:
        seen[0] += 1
        if seen[0] == number:
            raise Cut
        return None

    made = bench(fails)
    try:
        made.run()
    except Cut:
        made.power_returns()
        made.run()
    return made


@pytest.mark.requirement("SR-45", "SR-46", "H10")
def test_a_power_loss_at_any_operation_repeats_nothing_and_loses_one_stroke_at_most():
    every = operations()
    assert every > 400
    for number in range(1, every + 1, 3):
        made = cut_at(number)
        said = used(made.keeper.state)
        assert made.moved <= said <= made.moved + 1, number
        doses = [c.number for c in made.closed if c.kind == "patient"]
        assert len(doses) == len(set(doses)), number
        assert made.keeper.state.programme in (PROGRAMME, None), number


def test_power_loss_in_a_dose_closes_it_within_bounds_and_blocks_the_next_one():
    made = bench()
    seen = [0]

    def fails(_: int, op: Op) -> int | None:
        if made.keeper.state.flow.once and op.data is not None:
            seen[0] += 1
            if seen[0] == 9:
                raise Cut
        return None

    made.disk.fails = fails
    with pytest.raises(Cut):
        made.run()
    made.power_returns()
    unknown = made.keeper.state.unknown
    assert unknown is not None
    assert unknown.number == 1
    assert 0 <= unknown.least_nl <= unknown.most_nl < unknown.asked_nl == 5_000
    assert made.keeper.state.flow.once is None
    later = made.keeper.marked_ms + 2 * HOUR_MS
    refused = made.keeper.handle(e.DoseAsked(later, 9, later + 5000)).refused
    assert refused is not None
    assert refused.code == "unknown-outcome"
    assert made.keeper.handle(e.Reconciled(later + 1)).refused is None
    assert made.keeper.handle(e.DoseAsked(later + 2, 10, later + 5000)).refused is None


@pytest.mark.requirement("A31", "H19")
def test_a_full_disk_refuses_commands_and_the_programme_runs_on():
    made = bench()
    made.run()
    made.disk.fails = lambda _, __: 0
    now = made.keeper.marked_ms + HOUR_MS
    refused = made.keeper.handle(e.SessionOpened(now, 2)).refused
    assert refused == e.Refusal("storage", "The pump cannot store it. What runs goes on.")
    assert made.keeper.state.programme == PROGRAMME
    assert made.keeper.handle(e.Stopped(now)).refused is None
    assert made.keeper.state.stopped_ms == now
    assert made.keeper.ahead, "the stop is in the books and not on record"


def test_a_command_that_finds_no_room_and_no_new_snapshot_is_refused():
    made = bench()
    made.run()
    made.keeper.keep(b"x" * (made.keeper.journal.room - 1))
    assert made.keeper.journal.room < 0
    made.disk.fails = lambda _, __: 0
    refused = made.keeper.handle(e.SessionOpened(made.keeper.marked_ms + 1, 2)).refused
    assert refused is not None
    assert made.keeper.state.session is None


def test_an_event_in_the_millisecond_of_a_single_stroke_comes_too_late():
    made = bench()
    made.run()
    assert made.keeper.struck == 0
    assert made.keeper.strike()
    assert made.keeper.struck == 1
    with pytest.raises(ValueError, match="after the last stroke"):
        made.keeper.handle(e.Stopped(made.keeper.marked_ms))
    assert made.keeper.handle(e.Stopped(made.keeper.marked_ms + 1)).refused is None


def test_an_event_that_was_refused_never_comes_back_from_the_disk():
    made = bench()
    made.run()
    failing = [True]
    made.disk.broken = True
    made.disk.fails = lambda _, op: 1 << 30 if failing[0] and op.data is None else None
    now = made.keeper.marked_ms + HOUR_MS
    refused = made.keeper.handle(e.SessionOpened(now, 7)).refused
    assert refused is not None
    failing[0] = False
    assert made.keeper.handle(e.Interrogated(now + 1)).refused is None
    found, _ = Keeper.restored(Disk(dict(made.disk.kept)), "SN1", now + 2)
    assert found.state.session is None


def test_a_stroke_that_cannot_be_recorded_is_not_made_and_the_floor_runs():
    made = bench()
    made.run()
    made.disk.fails = lambda _, __: 0
    before = used(made.keeper.state)
    assert made.keeper.strike() is False
    assert made.keeper.state.flow.floor_nl_per_h == PROGRAMME.floor_nl_per_h
    assert used(made.keeper.state) >= before
    assert [a.code for a in made.keeper.state.alarms] == ["memory"]
    assert made.keeper.ahead, "the alarm is in the books and not on record"


def test_a_write_that_fails_once_costs_no_later_event():
    """Both copies refuse one write, and what they hold of it is taken back."""
    made = bench()
    made.run()
    left = [2]

    def fails(_: int, op: Op) -> int | None:
        if op.data is None or not left[0]:
            return None
        left[0] -= 1
        return 0

    made.disk.fails = fails
    now = made.keeper.marked_ms + 1
    assert made.keeper.handle(e.SessionOpened(now, 7)).refused is not None
    assert made.keeper.handle(e.SessionOpened(now, 8)).refused is None
    assert not made.keeper.ahead
    assert not made.keeper.refused_on_disk
    found, _ = Keeper.restored(Disk(dict(made.disk.kept)), "SN1", now + 1)
    assert found.state.session is not None
    assert found.state.session.number == 8


@pytest.mark.requirement("SR-33", "SR-34", "H19")
def test_while_nothing_can_be_recorded_the_floor_flows_and_is_on_record_afterwards():
    """6,000 nL/h for ten hours are 60,000 nL; the motor makes what the books count."""
    made = bench()
    made.run()
    kept, end = made.keeper, made.keeper.marked_ms + 10 * HOUR_MS
    made.disk.fails = lambda _, __: 0
    assert kept.strike() is False
    before, turned = used(kept.state), 0
    while (due := kept.next_stroke_ms()) is not None and due < end:
        turned += kept.strike()
    kept.handle(e.TimePasses(end))
    stroke = kept.state.device.stroke_nl
    assert used(kept.state) - before == turned
    assert abs(turned * stroke - 60_000) <= stroke
    assert kept.handle(e.DoseAsked(end + 1, 9, end + 9)).refused
    made.disk.fails = lambda _, __: None
    kept.handle(e.Interrogated(end + 2))
    found, _ = Keeper.restored(Disk(dict(made.disk.kept)), "SN1", end + 2)
    assert used(found.state) - used(kept.state) in (0, 1)


@pytest.mark.requirement("SR-33", "H11", "A07")
@pytest.mark.parametrize("copy", ["a", "b"])
def test_a_flipped_bit_in_one_copy_changes_nothing_and_is_told(copy: str):
    made = bench()
    made.run()
    state = made.keeper.state
    names = [area for area in made.disk.kept if area.startswith(copy)]
    for area in names:
        image = bytearray(made.disk.kept[area])
        image[len(image) // 64] ^= 0x10
        disk = Disk({**made.disk.kept, area: bytes(image)})
        found, _ = Keeper.restored(disk, "SN1", made.keeper.marked_ms + 1)
        assert found.state.programme == state.programme
        assert used(found.state) - used(state) in (0, 1)
        assert [(a.code, a.over) for a in found.state.alarms] == [("memory", True)]


def test_the_journal_of_another_pump_is_refused():
    made = bench()
    made.run()
    with pytest.raises(JournalRefused):
        Keeper.restored(Disk(dict(made.disk.kept)), "SN2", made.keeper.marked_ms + 1)


def test_a_state_and_every_event_come_back_as_they_were_written():
    state = fresh()
    for event in HISTORY:
        state, _ = step(state, event)
        assert read_event(event_bytes(event)) == event
        assert read_state(state_bytes(state)) == state
    bridge = replace(PROGRAMME, bridge=BridgeRule(300_000, 12_000))
    assert read_event(event_bytes(e.Staged(3, 1, bridge))) == e.Staged(3, 1, bridge)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'["Stopped"]', b'["Stopped",[1.5]]', b'["X",[]]']
)
def test_bytes_that_are_no_event_are_unreadable(body: bytes):
    with pytest.raises(Unreadable):
        read_event(body)


def test_a_value_beside_the_state_survives_entries_snapshots_and_a_power_loss():
    disk = Disk()
    keeper = Keeper.new(disk, fresh(), b"one\ntwo 3")
    assert Keeper.restored(Disk(dict(disk.kept)), "SN1", 5)[0].side == b"one\ntwo 3"
    for number in range(40):  # more than one slot holds: snapshots take the value along
        assert keeper.keep(b"%d " % number * 500)
        assert keeper.handle(e.ClockSet(number, number)).refused is None
    again, _ = Keeper.restored(Disk(dict(disk.kept)), "SN1", 50)
    assert again.side == keeper.side == b"39 " * 500


def test_a_value_that_cannot_be_kept_leaves_the_old_one():
    disk = Disk()
    keeper = Keeper.new(disk, fresh(), b"old")
    assert not keeper.keep(b"x" * 30_000)
    assert keeper.side == b"old"
    assert keeper.keep(b"new")
    disk.fails = lambda _, __: 0
    assert not keeper.keep(b"newer")
    assert Keeper.restored(Disk(dict(disk.kept)), "SN1", 5)[0].side == b"new"


def test_strokes_that_are_due_share_a_mark_and_all_of_them_count_after_a_power_loss():
    made = bench()
    made.run()
    keeper, begin = made.keeper, used(made.keeper.state)
    writes = len(made.disk.trace)
    assert keeper.strike(keeper.marked_ms + 10 * MINUTE)
    assert len(made.disk.trace) - writes == 4  # two copies, written and synced
    marked, struck = keeper.marked_ms, keeper.struck
    assert struck > 5
    after = keeper.next_stroke_ms()
    assert after is not None
    assert after > marked
    with pytest.raises(ValueError, match="after the last stroke"):
        keeper.handle(e.Stopped(marked))
    again, _ = Keeper.restored(Disk(dict(made.disk.kept)), "SN1", marked + 5)
    assert used(again.state) == begin + struck


def test_a_stroke_is_due_in_the_millisecond_in_which_it_happens_and_not_before():
    made = bench()
    made.run()
    keeper = made.keeper
    tip = keeper.state.tip
    assert tip is not None
    fifth = tip.run.at_ms(keeper.struck + 4)
    before = keeper.struck
    assert keeper.strike(fifth - 1)
    assert (keeper.struck, keeper.marked_ms) == (before + 4, tip.run.at_ms(before + 3))
    assert keeper.strike(fifth)
    assert (keeper.struck, keeper.marked_ms) == (before + 5, fifth)


def test_no_stroke_is_marked_beyond_what_is_planned():
    """Where something must be looked at sooner, the run goes on from there by a plan of its own."""
    made = bench()
    made.run()
    keeper = made.keeper
    keeper.handle(e.SessionOpened(keeper.marked_ms + 1, 7))
    until = keeper.state.until_ms
    tip = keeper.state.tip
    assert tip is not None
    assert tip.run.at_ms(tip.run.count - 1) > until, "the run would go on"
    assert keeper.strike(until + HOUR_MS)
    assert keeper.marked_ms < until
    assert keeper.next_stroke_ms() is None
    assert keeper.handle(e.TimePasses(until)).refused is None


def test_a_pump_without_a_plan_makes_no_stroke():
    assert Keeper.new(Disk(), fresh()).strike(DAY_MS) is False


def test_doses_that_ended_since_the_last_snapshot_are_told_after_a_power_loss():
    disk = Disk()
    made = Bench(disk, Keeper.new(disk, fresh(), capacity=1 << 20))
    made.run()
    again = kept.recall(Disk(dict(disk.kept)), "SN1")
    assert [c.number for c in again.closed if c.kind == "patient"] == [1, 3]


def test_a_due_time_before_the_next_stroke_marks_that_stroke_alone():
    made = bench()
    made.run()
    at = made.keeper.next_stroke_ms()
    assert at is not None
    assert made.keeper.strike(at - 1)
    assert made.keeper.marked_ms == at


def test_an_event_that_the_controller_raises_at_is_not_on_record(monkeypatch: pytest.MonkeyPatch):
    made = bench()

    def raises(*_: object) -> None:
        raise AssertionError("cannot be")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "step", raises)
        with pytest.raises(AssertionError):
            made.keeper.handle(e.Stopped(1))
    again, _ = Keeper.restored(Disk(dict(made.disk.kept)), "SN1", 5)
    assert again.state.stopped_ms is None


@pytest.mark.parametrize("head", [b"", b"5", b"5 ", b" 5", b"x 5", b"5 x", b"5 5 5"])
def test_a_snapshot_that_does_not_begin_as_it_is_written_is_unreadable(head: bytes):
    disk = Disk()
    Journal.create(disk, "SN1", head + b"\n" + state_bytes(fresh()), 1 << 16)
    with pytest.raises(Unreadable):
        Keeper.restored(Disk(dict(disk.kept)), "SN1", 5)


@pytest.mark.parametrize("entry", [b"?", b"?12", b"m", b"mx", b"m-1"])
def test_an_entry_of_no_kind_is_unreadable(entry: bytes):
    disk = Disk()
    Keeper.new(disk, fresh()).journal.append(entry)
    with pytest.raises(Unreadable):
        Keeper.restored(Disk(dict(disk.kept)), "SN1", 5)


def test_with_another_primary_drug_the_line_holds_none_of_it():
    made = bench()
    made.run()
    now = made.keeper.marked_ms + HOUR_MS
    other = replace(PROGRAMME, version=2, primary="hydromorphone", patient=None)
    for event in (
        e.SessionOpened(now, 5),
        e.Staged(now, 5, other),
        e.Confirmed(now, 5, other.digest),
        e.Activated(now, 5, 1),
    ):
        assert made.keeper.handle(event).refused is None
    assert {slug.ng_per_ml for slug in made.keeper.state.flow.line} == {0}


@pytest.mark.requirement("SR-72")
def test_a_guard_that_contradicts_its_own_plan_stops_the_pump(monkeypatch: pytest.MonkeyPatch):
    made = bench()
    made.run()
    state = replace(made.keeper.state, then=None)
    now = state.now_ms + 20 * MINUTE
    honest = guard.commanded
    once = [True]

    def wrong(*given):
        if once.pop() if once else False:
            return guard.Inhibited("flow", 1, 0)
        return honest(*given)

    monkeypatch.setattr(guard, "commanded", wrong)
    after, outcome = step(state, e.TimePasses(now))
    assert "guard-contradicted" in [entry.what for entry in outcome.log]
    assert after.stopped_ms == now
    assert after.tip is None
    assert "flow" in [alarm.code for alarm in after.alarms]
