"""The pump's journal: SR-33, SR-45, SR-46; hazards H10, H11, H19; scenarios A05, A06, A07, A31."""

import re
import struct
from functools import partial
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cisterna.pump.journal import Journal, JournalRefused, NotDurable
from cisterna.pump.records import (
    COPIES_SIZE,
    HEADER_SIZE,
    MAX_CAPACITY,
    MIN_CAPACITY,
    RECORD_OVERHEAD,
    SERIAL_BYTES,
    Header,
    Kind,
    encode,
    record_link,
)
from tests.pump.disk import Disk, Op, PowerCut, cuts, survivors
from tests.pump.journal_sweep import (
    AREAS,
    CAPACITY,
    SERIAL,
    Content,
    Step,
    Tally,
    failing,
    flipped,
    history,
    opened,
    play,
    sweep,
    sweep_cuts,
    sweep_flips,
)

ENTRY = b"bolus 17 begins"
SIZE = RECORD_OVERHEAD + len(ENTRY)


def written(*entries: bytes, state: bytes = b"state", disk: Disk | None = None) -> Disk:
    """A disk with one snapshot in slot 0, an older one in slot 1, and the entries."""
    disk = disk or Disk()
    journal = Journal.create(disk, SERIAL, b"first", CAPACITY)
    journal.snapshot(b"older")
    journal.snapshot(state)
    for entry in entries:
        journal.append(entry)
    return disk


def refused(images: dict[str, bytes], serial: str = SERIAL) -> str:
    with pytest.raises(JournalRefused) as caught:
        Journal.open(Disk(dict(images)), serial)
    return told(caught.value)


def told(problem: JournalRefused | NotDurable) -> str:
    """The code of a refusal, which says in sentences what is wrong and what to do."""
    for words in (problem.message, problem.way_out):
        assert re.fullmatch(r"[A-Z].*[a-z]{2}.*\.", words), problem
    assert str(problem) == f"{problem.message} {problem.way_out}"
    return problem.code


def broken(images: dict[str, bytes], copies: str, slot: int, at: int) -> dict[str, bytes]:
    """The images with the byte `at` of a slot destroyed in these copies."""
    for copy in copies:
        images = flipped(images, f"{copy}{slot}", 8 * at + 3)
    return images


# What is confirmed stays -------------------------------------------------------------------------


def test_an_intent_outlives_a_power_cut_as_soon_as_append_has_returned():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    done = journal.append(ENTRY)
    assert done.missing == ()
    assert disk.waiting == []
    assert opened(disk.kept)[:2] == (Content(b"state", (ENTRY,)), ())


def test_sequence_numbers_rise_through_snapshots_and_openings():
    disk = written(ENTRY)
    seqs = []
    for payload in (b"x", b"y", b"z"):
        journal, _ = Journal.open(disk, SERIAL)
        seqs += [journal.append(payload).seq, journal.snapshot(payload).seq]
    assert seqs == list(range(5, 11))


def test_after_a_cut_of_power_at_any_byte_the_state_is_that_before_or_after_the_write():
    tally = Tally()
    sweep_cuts(play(history(1, 30)), tally, every=5)
    assert tally.cuts > 15_000
    assert tally.opened > 10_000


def test_a_cut_while_a_cut_is_put_right_changes_nothing():
    tally = Tally()
    sweep_cuts(play([Step(False, ENTRY), Step(True, b"next")]), tally, every_nested=211)
    assert tally.nested > 5_000


def test_what_a_reader_has_seen_stays_even_if_it_was_never_synced():
    played = play(history(2, 12))
    kept = Disk(dict(played.start))
    for op in played.trace:
        if op.data is None:
            kept.sync(op.area)
            continue
        kept.write(op.area, op.offset, op.data)
        reader = Disk(dict(kept.kept), list(kept.waiting))
        _, found = Journal.open(reader, SERIAL)
        assert opened(reader.kept)[0] == Content(found.snapshot, found.entries)


def test_a_creation_that_was_cut_short_gives_the_first_state_or_is_done_again():
    disk = Disk()
    Journal.create(disk, SERIAL, b"first", MIN_CAPACITY + 40)
    outcomes, seen = set(), set()
    for _, images in cuts({}, disk.trace):
        key = tuple(sorted(images.items()))
        if key in seen:
            continue
        seen.add(key)
        try:
            assert opened(images)[0] == Content(b"first")
            outcomes.add("first")
        except JournalRefused as reason:
            outcomes.add(reason.code)
            again = Disk(dict(images))
            if reason.code == "absent":
                Journal.create(again, SERIAL, b"second", MIN_CAPACITY + 40)
                assert opened(again.kept)[:2] == (Content(b"second"), ())
    assert outcomes == {"absent", "first", "truncated", "unreadable"}  # blanks turned to garbage


def test_one_copy_that_holds_a_whole_state_is_a_journal_and_is_not_written_over():
    """All else was blanked; a creation that was cut short holds no whole state."""
    disk = Disk()
    Journal.create(disk, SERIAL, b"first", CAPACITY)
    left = {name: image if name == "a0" else bytes(CAPACITY) for name, image in disk.kept.items()}
    alone = Disk(dict(left))
    with pytest.raises(JournalRefused) as caught:
        Journal.create(alone, SERIAL, b"second", CAPACITY)
    assert told(caught.value) == "exists"
    assert alone.kept == left
    assert opened(left)[0] == Content(b"first")


def test_the_journal_never_grows():
    disk = written()
    sizes = {area: disk.size(area) for area in AREAS}
    journal, _ = Journal.open(disk, SERIAL)
    for number in range(500):
        if journal.room < len(ENTRY):
            journal.snapshot(b"after %d" % number)
        journal.append(ENTRY)
        disk.trace.clear()
    assert {area: disk.size(area) for area in AREAS} == sizes == dict.fromkeys(AREAS, CAPACITY)


# One damaged copy --------------------------------------------------------------------------------


def test_any_flipped_bit_of_one_copy_is_reported_and_put_right():
    disk, tally = written(ENTRY, b"stroke run begins"), Tally()
    sweep_flips(disk.kept, Content(b"state", (ENTRY, b"stroke run begins")), tally)
    assert tally.flips == 4 * 8 * CAPACITY


@pytest.mark.parametrize("copy", ["a", "b"])
@pytest.mark.parametrize("content", [None, b"", bytes(CAPACITY), b"\xff" * CAPACITY])
def test_a_copy_that_is_gone_is_made_again_from_the_other(copy, content):
    sound = written(ENTRY).kept
    images = dict(sound)
    for slot in "01":
        images[copy + slot] = content or b""
        if content is None:
            del images[copy + slot]
    found, codes, disk = opened(images)
    assert found == Content(b"state", (ENTRY,))
    assert set(codes) == {"copy-repaired"}
    assert disk.kept == sound


def test_one_copy_cut_off_at_any_length_is_made_again():
    sound = written(ENTRY).kept
    for area in AREAS:
        for length in range(CAPACITY):
            found, codes, disk = opened({**sound, area: sound[area][:length]})
            assert (found, codes) == (Content(b"state", (ENTRY,)), ("copy-repaired",))
            assert disk.kept == sound


def test_a_finding_says_where_and_what_became_of_it():
    sound = written(ENTRY, b"x").kept
    end = HEADER_SIZE + RECORD_OVERHEAD + len(b"state")

    def found(images: dict[str, bytes]) -> list[tuple[str, str]]:
        return [(f.code, f.message) for f in Journal.open(Disk(dict(images)), SERIAL)[1].findings]

    assert found(sound) == []
    assert found(broken(sound, "b", 0, end + 3)) == [
        ("copy-repaired", "What was damaged in copy b of slot 0 is taken from the other copy.")
    ]
    torn = {**sound, "a0": sound["a0"][: end + 2 * SIZE] + b"?" + sound["a0"][end + 2 * SIZE + 1 :]}
    assert found(torn) == [
        ("torn-tail", "A write in copy a of slot 0 was never confirmed; it is cleared.")
    ]
    last = "Records after number 3 were confirmed and are destroyed in both copies."
    assert found(broken(sound, "ab", 0, end + 3)) == [("lost-records", last)]
    disk = Disk(dict(sound), unreadable=frozenset({"a0", "a1"}))
    out = Journal.open(disk, SERIAL)[1].findings
    assert ("copy-out", "Copy a cannot be read or written.") in [(f.code, f.message) for f in out]


def test_a_journal_is_read_again_while_it_is_open():
    disk = written(ENTRY)
    journal, _ = Journal.open(disk, SERIAL)
    journal.append(b"x")
    again, found = journal.reread()
    assert (found.snapshot, found.entries) == (b"state", (ENTRY, b"x"))
    assert again.append(b"y").seq == journal.append(b"z").seq


def test_each_copy_may_be_damaged_in_another_record():
    sound = written(ENTRY, b"x", b"y").kept
    end = HEADER_SIZE + RECORD_OVERHEAD + len(b"state")
    images = broken(broken(sound, "a", 0, end + 3), "b", 0, end + SIZE + 3)
    found, codes, disk = opened(images)
    assert found == Content(b"state", (ENTRY, b"x", b"y"))
    assert codes == ("copy-repaired", "copy-repaired")
    assert disk.kept == sound


@pytest.mark.parametrize("copy", ["a", "b"])
def test_a_copy_that_cannot_be_read_is_left_out_and_tried_again_at_the_next_snapshot(copy):
    disk = written(ENTRY)
    disk.unreadable = frozenset({f"{copy}0", f"{copy}1"})
    journal, found = Journal.open(disk, SERIAL)
    assert (found.entries, found.lost, journal.copies) == ((ENTRY,), False, ())
    assert "copy-out" in {f.code for f in found.findings}
    disk.fails = lambda _, op: 0 if op.area[0] == copy else None
    assert journal.snapshot(b"next").missing == (copy,)
    assert journal.append(b"x").missing == (copy,)
    disk.unreadable, disk.fails = frozenset(), lambda _, __: None
    assert opened(disk.kept)[0] == Content(b"next", (b"x",))
    assert journal.snapshot(b"last").missing == ()
    assert journal.copies == ("a", "b")
    assert opened(disk.kept)[0] == Content(b"last")


# Both copies damaged: the safe direction ---------------------------------------------------------


def test_a_record_destroyed_in_both_copies_is_a_loss_and_the_state_before_it_is_given():
    sound = written(ENTRY, b"x", b"y").kept
    state_end = HEADER_SIZE + RECORD_OVERHEAD + len(b"state")
    ends = [state_end, state_end + SIZE, state_end + SIZE + RECORD_OVERHEAD + 1]
    ends.append(ends[-1] + RECORD_OVERHEAD + 1)
    for at in range(HEADER_SIZE, ends[-1]):
        found, codes, _ = opened(broken(sound, "ab", 0, at))
        whole = sum(at >= end for end in ends)
        expected = Content(b"state", (ENTRY, b"x", b"y")[: whole - 1]) if whole else None
        assert found == (expected or Content(b"older"))
        assert codes == ("lost-records",)


def test_a_record_cut_off_in_one_copy_and_destroyed_in_the_other_is_a_loss():
    sound = written(ENTRY).kept
    end = HEADER_SIZE + RECORD_OVERHEAD + len(b"state")
    images = broken({**sound, "a0": sound["a0"][:end]}, "b", 0, end + 9)
    assert opened(images)[:2] == (Content(b"state"), ("lost-records",))


def test_a_header_destroyed_in_both_copies_is_a_loss_and_the_older_state_is_given():
    sound = written(ENTRY).kept
    for at in range(HEADER_SIZE):
        assert opened(broken(sound, "ab", 0, at))[:2] == (Content(b"older"), ("lost-records",))


def test_after_a_loss_no_entry_is_taken_until_a_snapshot_accounts_for_it():
    disk = Disk(broken(written(ENTRY, b"x").kept, "ab", 0, HEADER_SIZE + 5))
    for _ in range(2):  # and it is not forgotten by being read
        journal, found = Journal.open(disk, SERIAL)
        assert found.lost
        assert journal.copies == ()
        with pytest.raises(NotDurable, match="Write a snapshot") as caught:
            journal.append(b"y")
        assert told(caught.value) == "snapshot-due"
    journal.snapshot(b"accounted")
    journal.append(b"y")
    assert opened(disk.kept)[:2] == (Content(b"accounted", (b"y",)), ())


@pytest.mark.parametrize("slot_byte", [3, HEADER_SIZE + 5, HEADER_SIZE + RECORD_OVERHEAD + 5 + 9])
def test_a_cut_while_a_loss_is_accounted_for_does_not_hide_the_loss(slot_byte):
    images = broken(written(ENTRY, b"x").kept, "ab", 0, slot_byte)
    before, whole = opened(images)[0], Content(b"state", (ENTRY, b"x"))  # writing may mend it
    disk = Disk(dict(images))
    journal, _ = Journal.open(disk, SERIAL)
    disk.trace.clear()
    journal.snapshot(b"accounted")
    for _, after in cuts(images, disk.trace):
        found, codes, _ = opened(after)
        assert found in {Content(b"accounted"), whole} or (
            found == before and "lost-records" in codes
        )


def test_a_failed_snapshot_does_not_hide_a_loss():
    disk = Disk(broken(written(ENTRY).kept, "ab", 0, HEADER_SIZE + 5))
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 9 if op.data and any(op.data) else None
    with pytest.raises(NotDurable) as caught:
        journal.snapshot(b"accounted")
    assert caught.value.may_reappear
    assert opened(disk.seen())[1] == ("lost-records",)


def test_the_numbers_of_lost_records_are_not_given_again():
    disk = written(ENTRY)
    last = Journal.open(disk, SERIAL)[0].append(b"x").seq
    lost = Disk(broken(disk.kept, "ab", 0, HEADER_SIZE + RECORD_OVERHEAD + 5 + 9))
    journal, found = Journal.open(lost, SERIAL)
    assert found.entries == ()
    assert journal.snapshot(b"next").seq > last


def test_copies_that_go_on_differently_are_followed_no_further_than_they_agree():
    left, right = written(ENTRY, b"left"), written(ENTRY, b"right")
    images = {area: (left if area[0] == "a" else right).kept[area] for area in AREAS}
    found, codes, _ = opened(images)
    assert found == Content(b"state", (ENTRY,))
    assert codes == ("copies-disagree", "lost-records")


def test_a_state_that_settles_a_disagreement_holds_in_one_copy_alone():
    left, right = written(state=b"left"), written(state=b"right")
    disk = Disk({area: (left if area[0] == "a" else right).kept[area] for area in AREAS})
    journal, found = Journal.open(disk, SERIAL)
    assert (found.snapshot, found.lost) == (b"older", True)
    disk.fails = lambda _, op: 0 if op.area[0] == "b" else None
    assert journal.snapshot(b"settled").missing == ("b",)
    assert opened(disk.kept)[0] == Content(b"settled")


def test_a_record_whose_number_does_not_rise_is_not_followed():
    for seq, whole in ((4, True), (3, False), (2, False)):  # the snapshot has number 3
        images = dict(written().kept)
        end = HEADER_SIZE + RECORD_OVERHEAD + len(b"state")
        after = record_link(images["a0"][HEADER_SIZE:end])
        record = encode(Kind.ENTRY, seq, ENTRY, after)
        for name in ("a0", "b0"):
            images[name] = images[name][:end] + record + images[name][end + len(record) :]
        assert opened(images)[0] == Content(b"state", (ENTRY,) if whole else ())


def test_an_old_copy_put_back_does_not_bring_the_old_state_back():
    disk = written(ENTRY)
    old = dict(disk.kept)
    journal, _ = Journal.open(disk, SERIAL)
    journal.append(b"x")
    journal.snapshot(b"next")
    journal.append(b"y")
    for copy in "ab":
        images = {area: (old if area[0] == copy else disk.kept)[area] for area in AREAS}
        found, codes, _ = opened(images)
        assert found == Content(b"next", (b"y",))
        assert "lost-records" not in codes


# Storage that is full or fails -------------------------------------------------------------------


@pytest.mark.parametrize("is_broken", [False, True])
@pytest.mark.parametrize("copies", ["a", "b", "ab"])
@pytest.mark.parametrize("times", [1, 2, 10**9])
def test_storage_that_fails_at_any_operation_costs_nothing_that_was_confirmed(
    copies, times, is_broken
):
    calls = [Step(False, ENTRY), Step(True, b"next"), Step(False, b"x"), Step(True, b"last")]
    for first in range(16):
        for part in (0, 1, 40, CAPACITY):
            disk = written(disk=Disk(broken=is_broken))
            journal, _ = Journal.open(disk, SERIAL)
            disk.trace.clear()
            disk.fails = partial(_fails, range(first, first + times), copies, part)
            _go_on(journal, disk, calls)


def _fails(when: range, copies: str, part: int, index: int, op: Op) -> int | None:
    return part if index in when and op.area[0] in copies else None


def _go_on(journal: Journal, disk: Disk, calls: list[Step]) -> None:
    content, maybe = Content(b"state"), set[Content]()
    for call in calls:
        after = call.after(content)
        try:
            (journal.snapshot if call.whole else journal.append)(call.payload)
            content, maybe = after, set()
        except NotDurable as reason:
            maybe |= {after} if reason.may_reappear else set()
        for images in (disk.seen(), *survivors(disk.kept, disk.waiting)):
            assert opened(images)[0] in {content, *maybe}


def test_seeded_failures_of_longer_histories_cost_nothing_that_was_confirmed():
    tally = Tally()
    for seed in range(60):
        failing(seed, history(seed, 24), tally)
    assert min(tally.failures, tally.degraded) > 10


def test_an_entry_in_one_copy_alone_is_reported_and_mended_at_the_next_opening():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 5 if op.area[0] == "b" else None
    assert journal.append(ENTRY).missing == ("b",)
    assert journal.append(b"x").missing == ("b",)
    disk.fails = lambda _, __: None
    journal, found = Journal.open(disk, SERIAL)
    assert (found.entries, found.lost, journal.copies) == ((ENTRY, b"x"), False, ("a", "b"))
    assert opened({**disk.kept, "a0": b"", "a1": b""})[0].entries == (ENTRY, b"x")


@pytest.mark.parametrize("alone", ["a", "b"])
@pytest.mark.parametrize("kind", ["append", "snapshot"])
def test_what_one_copy_alone_held_is_missed_when_that_copy_is_damaged(alone, kind):
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area[0] != alone else None
    getattr(journal, kind)(ENTRY)
    slot = 0 if kind == "append" else 1
    start = HEADER_SIZE + (RECORD_OVERHEAD + len(b"state") if kind == "append" else 0)
    for at in range(start, start + SIZE):
        found, codes, _ = opened(broken(disk.seen(), alone, slot, at))
        assert found == Content(b"state")
        assert codes == ("lost-records",)


def test_the_last_entry_of_a_copy_alone_is_missed_when_it_is_damaged():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area[0] == "b" else None
    journal.append(ENTRY)
    end = CAPACITY - journal.room - RECORD_OVERHEAD - COPIES_SIZE
    journal.append(b"x")
    found, codes, _ = opened(broken(disk.seen(), "a", 0, end + 9))
    assert found == Content(b"state", (ENTRY,))
    assert codes == ("lost-records",)


def test_a_refused_entry_is_taken_back_so_that_it_cannot_come_true_later():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.trace.clear()
    disk.fails = lambda _, op: 5 if op.data and any(op.data) else None  # full, but it can blank
    with pytest.raises(NotDurable) as caught:
        journal.append(ENTRY)
    assert (told(caught.value), caught.value.may_reappear) == ("storage-full", False)
    for images in survivors(disk.kept, disk.waiting):
        assert opened(images)[:2] == (Content(b"state"), ())


def test_what_cannot_be_taken_back_stays_in_sight_until_it_is_superseded():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: None if op.data else 0  # all is put, nothing is synced
    with pytest.raises(NotDurable) as caught:
        journal.append(ENTRY)
    assert caught.value.may_reappear
    assert opened(disk.seen())[0] == Content(b"state", (ENTRY,))
    disk.fails = lambda _, __: None
    journal.snapshot(b"next")
    for images in survivors(disk.kept, disk.waiting):
        assert opened(images)[0] == Content(b"next")


def test_where_only_the_slot_in_use_is_not_synced_what_was_put_there_stays_in_sight_too():
    """The other areas sync: that says nothing about those that hold the bytes."""
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: None if op.data or op.area not in ("a0", "b0") else 0
    with pytest.raises(NotDurable) as caught:
        journal.append(ENTRY)
    assert caught.value.may_reappear
    assert opened(disk.seen())[0] == Content(b"state", (ENTRY,))


@pytest.mark.parametrize(("broken", "code"), [(False, "storage-full"), (True, "storage-failed")])
def test_a_full_storage_is_told_from_a_broken_one(broken: bool, code: str):
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails, disk.broken = (lambda _, __: 0), broken
    with pytest.raises(NotDurable) as caught:
        journal.append(ENTRY)
    assert told(caught.value) == code


def test_a_slot_that_is_full_to_the_byte_says_which_copy_has_all_and_does_not_grow():
    """The last entry takes all the room but that of saying that copy a alone holds it."""
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area == "b0" else None
    assert journal.append(b"x" * journal.room).missing == ("b",)
    alone = broken(disk.kept, "a", 0, CAPACITY - COPIES_SIZE - 9)
    assert opened(alone)[1] == ("lost-records",)
    disk.fails = lambda _, __: None
    Journal.open(disk, SERIAL)  # both copies are good again, and there is no room to say so
    assert {len(image) for image in disk.kept.values()} == {CAPACITY}


def test_that_both_copies_are_good_again_is_said_once():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area == "b0" else None
    journal.append(ENTRY)
    disk.fails = lambda _, __: None
    Journal.open(disk, SERIAL)
    disk.trace.clear()
    Journal.open(disk, SERIAL)
    assert [op for op in disk.trace if op.data] == []


def test_after_a_failed_write_a_snapshot_tries_both_copies_again():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, __: 0
    for call in (journal.append, journal.snapshot):
        with pytest.raises(NotDurable):
            call(ENTRY)
    disk.fails = lambda _, __: None
    with pytest.raises(NotDurable, match="Write a snapshot"):
        journal.append(ENTRY)
    assert journal.snapshot(b"next").missing == ()
    journal.append(ENTRY)
    assert opened(disk.kept)[:2] == (Content(b"next", (ENTRY,)), ())


def test_a_refused_state_in_a_copy_that_could_not_be_read_does_not_displace_a_later_one():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    for _ in range(3):
        disk.fails = lambda _, op: 0 if op.area[0] == "b" or op.data is None else None
        with pytest.raises(NotDurable):
            journal.snapshot(b"refused")
    disk.fails = lambda _, op: 0 if op.area[0] == "a" else None
    disk.unreadable = frozenset({"a0", "a1"})
    journal, found = Journal.open(disk, SERIAL)
    assert found.snapshot == b"state"
    assert journal.snapshot(b"next").missing == ("a",)
    disk.unreadable = frozenset()
    for images in (disk.seen(), *survivors(disk.kept, disk.waiting)):
        assert opened(images)[0] == Content(b"next")


@pytest.mark.parametrize("copy", ["a", "b"])
def test_a_copy_that_was_once_alone_may_be_damaged_later(copy):
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area[0] != copy else None
    journal.append(ENTRY)
    disk.fails = lambda _, __: None
    journal.snapshot(b"both")
    journal.append(ENTRY)
    for damaged in "ab":
        for bit in range(0, 8 * CAPACITY, 5):
            found, codes, _ = opened(flipped(disk.kept, f"{damaged}1", bit))
            assert found == Content(b"both", (ENTRY,))
            assert "lost-records" not in codes


def test_a_state_that_was_read_and_not_confirmed_is_confirmed_before_it_is_built_upon():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: None if op.data else 0  # all is put, nothing is synced
    with pytest.raises(NotDurable):
        journal.snapshot(b"in sight")
    journal, found = Journal.open(disk, SERIAL)
    assert found.snapshot == b"in sight"
    before = len(disk.waiting)
    with pytest.raises(NotDurable, match="not confirmed"):
        journal.snapshot(b"next")
    assert len(disk.waiting) == before
    for images in survivors(disk.kept, disk.waiting):
        assert opened(images)[0] in {Content(b"state"), Content(b"in sight")}
    disk.fails = lambda _, __: None
    journal.snapshot(b"next")
    assert opened(disk.kept)[:2] == (Content(b"next"), ())


def test_what_a_missing_copy_still_held_is_cleared_when_it_is_written_again():
    disk = written(state=bytes([1]) * 200)
    journal, _ = Journal.open(disk, SERIAL)
    journal.snapshot(b"x")
    disk.fails = lambda _, op: 0 if op.area[0] == "b" else None
    journal.snapshot(b"y")  # copy b keeps the long state of that slot
    disk.fails = lambda _, __: None
    journal.snapshot(b"z")
    journal.snapshot(b"last")
    assert opened(disk.kept)[:2] == (Content(b"last"), ())


def test_a_mended_copy_counts_again_so_that_a_torn_write_is_no_loss():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    disk.fails = lambda _, op: 0 if op.area[0] == "b" else None
    journal.append(ENTRY)
    disk.fails = lambda _, __: None
    journal, _ = Journal.open(disk, SERIAL)
    disk.power, disk.part = 0, 9
    with pytest.raises(PowerCut):
        journal.append(b"torn")
    assert opened(disk.seen())[:2] == (Content(b"state", (ENTRY,)), ("torn-tail",))


def test_a_journal_that_cannot_be_written_is_still_read():
    images = broken(written(ENTRY).kept, "a", 0, HEADER_SIZE + 5)
    disk = Disk(images, fails=lambda _, __: 0)
    journal, found = Journal.open(disk, SERIAL)
    assert found.entries == (ENTRY,)
    assert [f.code for f in found.findings] == ["copy-repaired", "copy-out", "copy-out"]
    assert journal.copies == ()


def test_a_full_storage_makes_no_journal():
    for operation in range(12):
        disk = Disk(fails=partial(_fails, range(operation, 99), "ab", 3))
        if operation < 10:
            with pytest.raises(NotDurable):
                Journal.create(disk, SERIAL, b"first", CAPACITY)
        else:
            assert Journal.create(disk, SERIAL, b"first", CAPACITY).copies == ()
            assert opened(disk.kept)[0] == Content(b"first")


def test_an_entry_that_does_not_fit_asks_for_a_snapshot_and_harms_nothing():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    with pytest.raises(NotDurable) as caught:
        journal.append(bytes(journal.room + 1))
    assert told(caught.value) == "slot-full"
    journal.append(bytes(journal.room))
    assert journal.room == -RECORD_OVERHEAD
    assert opened(disk.kept)[1] == ()


def test_a_state_that_does_not_fit_is_refused_and_the_journal_goes_on():
    disk = written()
    journal, _ = Journal.open(disk, SERIAL)
    most = CAPACITY - HEADER_SIZE - RECORD_OVERHEAD - COPIES_SIZE
    with pytest.raises(NotDurable) as caught:
        journal.snapshot(bytes(most + 1))
    assert told(caught.value) == "too-large"
    journal.append(ENTRY)
    assert opened(disk.kept)[0].entries == (ENTRY,)
    journal.snapshot(bytes(most))
    assert opened(disk.kept)[0] == Content(bytes(most))


# Not this journal --------------------------------------------------------------------------------


def test_the_journal_of_another_pump_is_refused():
    sound = written(ENTRY).kept
    assert refused(sound, "CR-0043") == "other-pump"
    foreign = Disk()
    Journal.create(foreign, "CR-0043", b"first", CAPACITY)
    assert refused({**sound, "b1": foreign.kept["b1"], "b0": foreign.kept["b0"]}) == "other-pump"


def test_the_journal_of_another_version_is_refused():
    stated = struct.pack(">8sH", b"CISTERNA", 2)
    images = {
        area: stated + struct.pack(">I", crc32(stated)) + image[14:]
        for area, image in written(ENTRY).kept.items()
    }
    assert refused(images) == "other-version"


def test_a_journal_cut_off_at_any_length_is_refused():
    sound = written(ENTRY).kept
    for length in range(1, CAPACITY):
        assert refused({area: image[:length] for area, image in sound.items()}) == "truncated"
        for slot in "01":
            cut = {area: i[:length] if area[1] == slot else i for area, i in sound.items()}
            assert refused(cut) == "truncated"
    assert refused({}) == "absent"


def test_what_is_left_of_a_journal_is_not_taken_for_an_unfinished_creation():
    sound = written(ENTRY).kept
    assert refused({"a0": sound["a0"][:20]}) == "truncated"
    assert refused({"a0": sound["a0"][:20], "b0": bytes(CAPACITY)}) == "truncated"


def test_a_header_of_an_impossible_size_is_no_header():
    images = {a: Header(SERIAL, MAX_CAPACITY + 1, 1).encode().ljust(CAPACITY) for a in AREAS}
    assert refused(images) == "unreadable"


def test_areas_of_different_sizes_are_no_journal():
    left, right = written(ENTRY), Disk()
    Journal.create(right, SERIAL, b"first", CAPACITY + 1)
    assert refused({**left.kept, "a0": right.kept["a0"]}) == "unreadable"


def test_a_journal_without_any_whole_state_is_refused_and_not_written_over():
    images = written(ENTRY).kept
    for slot in (0, 1):
        images = broken(images, "ab", slot, HEADER_SIZE + 2)
    assert refused(images) == "unreadable"
    with pytest.raises(JournalRefused) as caught:
        Journal.create(Disk(dict(images)), SERIAL, b"first", CAPACITY)
    assert told(caught.value) == "exists"


def test_storage_that_cannot_be_read_is_not_taken_for_an_empty_place():
    disk = written(ENTRY)
    disk.unreadable = frozenset(AREAS)
    with pytest.raises(JournalRefused) as caught:
        Journal.open(disk, SERIAL)
    assert told(caught.value) == "unreadable"
    with pytest.raises(JournalRefused):
        Journal.create(disk, SERIAL, b"first", CAPACITY)


def test_a_serial_and_a_capacity_must_be_possible():
    for serial in ("", "x" * (SERIAL_BYTES + 1)):
        with pytest.raises(ValueError, match="serial"):
            Journal.create(Disk(), serial, b"", CAPACITY)
    for capacity in (MIN_CAPACITY - 1, MAX_CAPACITY + 1):
        with pytest.raises(ValueError, match="capacity"):
            Journal.create(Disk(), SERIAL, b"", capacity)
    Journal.create(Disk(), "x" * SERIAL_BYTES, b"", MIN_CAPACITY)


@settings(max_examples=150)
@given(st.data())
def test_whatever_the_areas_hold_it_is_read_or_refused(data):
    images = dict(written(ENTRY, b"x").kept)
    for area in data.draw(st.lists(st.sampled_from(AREAS), min_size=1, max_size=4)):
        at = data.draw(st.integers(0, CAPACITY))
        junk = data.draw(st.binary(max_size=64))
        moved = data.draw(st.integers(0, CAPACITY))
        part = images[data.draw(st.sampled_from(AREAS))][moved : moved + 160]
        images[area] = images[area][:at] + junk + data.draw(st.sampled_from((part, b"")))
    try:
        found = opened(images)[0]
    except JournalRefused:
        return
    known = {b"first": (), b"older": (), b"state": (ENTRY, b"x")}
    assert found.entries == known[found.snapshot][: len(found.entries)]


# Anything in any order ---------------------------------------------------------------------------


class JournalLife(RuleBasedStateMachine):
    """A journal through writes, kills, cuts, flips and failing storage, written on after each."""

    @initialize()
    def create(self):
        """A new journal."""
        self.disk = Disk()
        self.journal = Journal.create(self.disk, SERIAL, b"first", CAPACITY)
        self.content, self.maybe = Content(b"first"), set()
        self.trouble = self.failing = False

    @rule(payload=st.binary(max_size=40), whole=st.sampled_from((False, False, True)))
    def write(self, payload, whole):
        """Confirm an entry or a state."""
        step = Step(whole or len(payload) > self.journal.room, payload)
        try:
            (self.journal.snapshot if step.whole else self.journal.append)(payload)
        except NotDurable as reason:
            assert self.trouble
            if reason.may_reappear:
                self.maybe.add(step.after(self.content))
            return
        self.content, self.maybe = step.after(self.content), set()
        if step.whole and self.journal.copies == ("a", "b"):
            self.trouble = self.failing

    @rule()
    def kill(self):
        """The process dies; the system has all that it wrote."""
        self._open(Disk(dict(self.disk.kept), list(self.disk.waiting), fails=self.disk.fails))

    @rule(
        payload=st.binary(max_size=40),
        whole=st.booleans(),
        power=st.integers(0, 5),
        part=st.integers(0, CAPACITY),
        data=st.data(),
    )
    @precondition(lambda self: not self.failing)
    def cut(self, payload, whole, power, part, data):
        """The power goes in the middle of a write."""
        step = Step(whole or len(payload) > self.journal.room, payload)
        step = Step(step.whole or not self.journal.copies, payload)
        self.disk.power, self.disk.part = power, part
        try:
            (self.journal.snapshot if step.whole else self.journal.append)(payload)
            self.content, self.maybe = step.after(self.content), set()
        except PowerCut:
            self.maybe.add(step.after(self.content))
        left = list(survivors(self.disk.kept, self.disk.waiting))
        self._open(Disk(dict(data.draw(st.sampled_from(left)))))

    @rule(area=st.sampled_from(AREAS), bit=st.integers(0, 8 * CAPACITY - 1))
    @precondition(lambda self: not self.trouble)
    def flip(self, area, bit):
        """One bit of one copy turns over."""
        self._open(Disk(flipped(self.disk.seen(), area, bit)))

    @rule(copies=st.sampled_from(("a", "b", "ab")), part=st.integers(0, CAPACITY))
    def fail(self, copies, part):
        """From here on the storage fails."""
        self.failing = self.trouble = True
        self.disk.fails = lambda _, op: part if op.area[0] in copies else None

    @rule()
    def heal(self):
        """The storage works again."""
        self.failing = False
        self.disk.fails = lambda _, __: None

    def _open(self, disk: Disk) -> None:
        self.journal, found = Journal.open(disk, SERIAL)
        content = Content(found.snapshot, found.entries)
        allowed = {self.content, *self.maybe}
        assert content in allowed
        assert self.trouble or not found.lost
        assert self.failing or found.lost or self.journal.copies == ("a", "b")
        self.disk, self.content = disk, content
        self.maybe = allowed if self.failing else set()

    @invariant()
    def confirmed_is_kept(self):
        """Whatever is left of what was not synced."""
        for images in survivors(self.disk.kept, self.disk.waiting):
            assert opened(images)[0] in {self.content, *self.maybe}


TestJournalLife = JournalLife.TestCase
TestJournalLife.settings = settings(
    max_examples=40, stateful_step_count=25, suppress_health_check=list(HealthCheck)
)


def test_a_campaign_sweeps_seeded_histories_and_counts():
    tally = sweep(seed=7, histories=1, steps=1)
    assert min(tally.cuts, tally.opened, tally.flips) > 0
