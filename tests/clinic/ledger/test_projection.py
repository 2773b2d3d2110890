"""Going through the record twice gives the same state, to the byte, on any engine."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.event import Unreadable, event_text
from cisterna.clinic.ledger.entry import Entry, entry_after
from cisterna.clinic.ledger.projection import Projection, replay
from cisterna.clinic.ledger.tally import TALLY
from tests.clinic.ledger.happened import chain, said


def entries(people: list[tuple[str, int]]) -> list[Entry]:
    """Entries that these have written, each about a pain or correcting one."""
    made: list[Entry] = []
    for seq, (who, level) in enumerate(people):
        event = said(level, who=who, corrects="e0" if level > 10 else None)
        text = event_text(replace(event, id=f"e{seq}"))
        made.append(entry_after(seq, made[-1].hash if made else "", text))
    return made


people = st.lists(st.tuples(st.sampled_from(["ada", "bo", "cy"]), st.integers(0, 20)), max_size=20)


@given(people, st.integers(0, 20))
def test_a_replay_in_two_parts_is_a_replay_to_the_byte(who, cut):
    made = entries(who)
    once = replay(TALLY, made)
    assert replay(TALLY, made).text() == once.text()
    assert replay(TALLY, made[cut:], replay(TALLY, made[:cut])).text() == once.text()


@given(people)
def test_the_tally_counts_what_each_has_written(who):
    made = entries(who)
    tally = replay(TALLY, made)
    assert tally.seq == len(made)
    assert tally.hash == (made[-1].hash if made else "")
    names = [name for name, _ in who]
    assert tally.by == {name: {"pain-said": names.count(name)} for name in set(names)}
    assert tally.kinds() == ({"pain-said": len(made)} if made else {})
    assert tally.corrections == sum(level > 10 for _, level in who)


def test_a_projection_steps_by_kind_and_leaves_the_rest():
    levels: Projection[tuple[int, ...]] = Projection(
        (), {"pain-said": lambda state, _, event: (*state, event.body.level)}
    )
    assert replay(levels, chain(3)) == (1, 2, 3)
    assert replay(Projection(7, {"other": lambda *_: 0}), chain(3)) == 7


def test_an_event_that_this_version_does_not_know_is_not_left_out_in_silence():
    known = chain(1)[0]
    strange = entry_after(0, "", known.text.replace("pain-said", "joy-said"))
    with pytest.raises(Unreadable):
        replay(TALLY, [strange])


def test_the_record_gives_the_same_tally_each_time(record):
    record.append(*(said(n, f"p{n % 3}", who=f"nurse-{n % 2}") for n in range(1, 41)))
    first = replay(TALLY, record.entries()).text()
    assert replay(TALLY, record.entries()).text() == first
    half = replay(TALLY, (e for e in record.entries() if e.seq <= 20))
    assert replay(TALLY, record.entries(since=20), half).text() == first
    assert first.startswith(b'{"by":{"nurse-0":{"pain-said":20},"nurse-1":{"pain-said":20}}')
