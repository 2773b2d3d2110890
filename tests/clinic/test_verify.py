"""Whatever is done to a record shows, and the verifier says what it was and where."""

import ast
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic import verify as module
from cisterna.clinic.event import event_text
from cisterna.clinic.ledger.entry import ClinicKind, Entry, end_line, entry_after, origin
from cisterna.clinic.verify import Anchor, NoRecord, Verdict, anchor_now, read_anchor, verify
from tests.clinic.ledger.happened import RECORD_ID, chain, export_of, said

ENTRIES = chain(6)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Verdict]:
    """The verdict on lines of an export."""

    def judge(lines: list[str], *anchors: Anchor, ending: str = "\n") -> Verdict:
        file = tmp_path / "export.jsonl"
        file.write_text("\n".join(lines) + ending, "ascii", newline="")
        return verify(file, anchors)

    return judge


def found(verdict: Verdict) -> tuple[str, int]:
    assert verdict.wrong is not None
    return verdict.wrong.what, verdict.wrong.seq


def anchored(seq: int) -> Anchor:
    return Anchor(seq, ENTRIES[seq - 1].hash, "2026-11-30T12:00:00+00:00")


def rechained(texts: list[str]) -> list[Entry]:
    """A whole chain of these texts, as a forger would make it."""
    made: list[Entry] = []
    last = origin(ClinicKind.REAL, RECORD_ID)
    for seq, text in enumerate(texts):
        made.append(entry_after(seq, last, text))
        last = made[-1].hash
    return made


def test_a_hash_is_worked_out_as_the_decision_record_says():
    # By hand: sha256 of the hash before, the number and the text, a line each.
    head = f'{{"clinic":"real","id":"{RECORD_ID}","record":"cisterna/record/1"}}'
    first = f"{sha256(head.encode()).hexdigest()}\n1\n{ENTRIES[0].text}"
    assert ENTRIES[0].hash == sha256(first.encode()).hexdigest()


def test_a_record_is_whole(judged):
    verdict = judged(export_of(ENTRIES), anchored(2), anchored(6))
    assert verdict.ok
    assert verdict == Verdict("real", RECORD_ID, Anchor(6, ENTRIES[-1].hash), None)


def test_an_empty_record_is_whole(judged):
    assert judged(export_of([])).ok


def test_a_changed_text_is_named(judged):
    changed = replace(ENTRIES[2], text=ENTRIES[2].text.replace('"level":3', '"level":2'))
    assert changed != ENTRIES[2]
    assert found(judged(export_of([*ENTRIES[:2], changed, *ENTRIES[3:]]))) == ("changed", 3)


def test_a_changed_text_with_its_hash_made_anew_is_named(judged):
    forged = entry_after(2, ENTRIES[1].hash, event_text(said(9)))
    assert found(judged(export_of([*ENTRIES[:2], forged, *ENTRIES[3:]]))) == ("changed", 3)


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.requirement("A29")
def test_a_removed_event_is_named(judged, number):
    left = [entry for entry in ENTRIES if entry.seq != number]
    assert found(judged(export_of(left))) == ("removed", number)


def test_a_removed_event_is_named_though_the_rest_was_numbered_anew(judged):
    left = [*ENTRIES[:2], *(replace(e, seq=e.seq - 1) for e in ENTRIES[3:])]
    assert found(judged(export_of(left))) == ("removed", 3)


@pytest.mark.requirement("A29")
def test_removed_last_events_are_named(judged):
    lines = export_of(ENTRIES)
    assert found(judged([*lines[:-3], lines[-1]])) == ("truncated", 5)


def test_reordered_events_are_named(judged):
    moved = [*ENTRIES[:1], ENTRIES[3], *ENTRIES[1:3], *ENTRIES[4:]]
    assert found(judged(export_of(moved))) == ("reordered", 2)


def test_reordered_events_are_named_though_they_were_numbered_anew(judged):
    moved = [ENTRIES[0], replace(ENTRIES[2], seq=2), replace(ENTRIES[1], seq=3), *ENTRIES[3:]]
    assert found(judged(export_of(moved))) == ("reordered", 2)


def test_texts_that_changed_places_are_named(judged):
    second, fifth = ENTRIES[1], ENTRIES[4]
    swapped = list(ENTRIES)
    swapped[1], swapped[4] = replace(second, text=fifth.text), replace(fifth, text=second.text)
    assert found(judged(export_of(swapped))) == ("reordered", 2)


@pytest.mark.parametrize("after", [0, 1, 4])
def test_an_inserted_event_is_named(judged, after):
    before = ENTRIES[after - 1].hash if after else ENTRIES[0].previous
    strange = entry_after(after, before, event_text(said(50)))
    lines = export_of([*ENTRIES[:after], strange, *ENTRIES[after:]])
    assert found(judged(lines)) == ("inserted", after + 1)


def test_an_event_that_stands_twice_is_named(judged):
    assert found(judged(export_of([*ENTRIES[:4], ENTRIES[1], *ENTRIES[4:]]))) == ("inserted", 5)


def test_an_event_of_another_record_is_named(judged):
    stranger = replace(ENTRIES[2], previous="0" * 64)
    stranger = entry_after(3, stranger.previous, stranger.text)
    assert found(judged(export_of([*ENTRIES[:3], stranger, *ENTRIES[3:]]))) == ("inserted", 4)


def test_two_ends_of_one_record_are_a_fork(judged):
    other = entry_after(3, ENTRIES[2].hash, event_text(said(50)))
    branch = entry_after(4, other.hash, event_text(said(51)))
    lines = export_of([*ENTRIES[:5], other, branch])
    assert found(judged(lines)) == ("forked", 4)


def test_a_part_is_no_whole(judged):
    assert found(judged(export_of(ENTRIES[:4], end=False))) == ("truncated", 5)


def test_a_line_that_is_cut_off_is_named(judged):
    lines = export_of(ENTRIES[:3], end=False)
    lines[-1] = lines[-1][:-20]
    assert found(judged(lines, ending="")) == ("truncated", 3)


def test_a_shorter_record_that_is_whole_is_told_by_an_anchor(judged):
    assert judged(export_of(ENTRIES[:4])).ok
    assert found(judged(export_of(ENTRIES[:4]), anchored(2), anchored(6))) == ("truncated", 5)


def test_a_record_that_was_written_anew_is_told_by_an_anchor(judged):
    texts = [entry.text for entry in ENTRIES]
    texts[2] = event_text(said(50))
    forged = export_of(rechained(texts))
    assert judged(forged).ok
    verdict = judged(forged, anchored(6), anchored(2))
    assert found(verdict) == ("rewritten", 6)
    assert verdict.wrong is not None
    assert verdict.wrong.how.endswith("after event 2")


def test_an_empty_record_is_told_by_the_anchor_of_another(judged):
    assert found(judged(export_of([]), Anchor(0, "0" * 64))) == ("rewritten", 0)


def test_a_real_record_cannot_be_called_a_demonstration(judged):
    lines = export_of(ENTRIES)
    lines[0] = lines[0].replace("real", "demonstration")
    assert found(judged(lines)) == ("changed", 0)


def test_nothing_may_follow_the_end(judged):
    lines = export_of(ENTRIES[:5])
    assert not judged([*lines, ENTRIES[5].line()]).ok
    assert not judged([*lines, lines[-1]]).ok
    assert not judged([*lines[:-1], end_line(5, "0" * 64)]).ok


WHOLE = ("\n".join(export_of(ENTRIES[:2])) + "\n").encode()


def broken(file: Path, data: bytes) -> bool:
    file.write_bytes(data)
    try:
        return not verify(file).ok
    except NoRecord:
        return True


@pytest.mark.parametrize("flip", [0x01, 0x20])
def test_no_flipped_byte_goes_unseen(tmp_path, flip):
    file = tmp_path / "export.jsonl"
    assert not broken(file, WHOLE)
    for at in range(len(WHOLE)):
        bent = bytearray(WHOLE)
        bent[at] ^= flip
        assert broken(file, bytes(bent)), at


@given(st.data())
def test_whatever_stands_in_the_file_gets_a_verdict(tmp_path_factory, data):
    at = data.draw(st.integers(0, len(WHOLE)))
    size = data.draw(st.integers(0, 30))
    strange = st.sampled_from(
        [
            b"\\ud800",
            b"\\u0000",
            b"[" * 5000,
            b'"end"',
            b"null",
            b"1e9",
            b"9" * 5000,
            b"\n",
            b"\xff",
        ]
    )
    put = data.draw(st.one_of(st.binary(max_size=20), strange))
    bent = WHOLE[:at] + put + WHOLE[at + size :]
    assert broken(tmp_path_factory.mktemp("bent") / "export.jsonl", bent) == (bent != WHOLE)


@pytest.mark.parametrize(
    "line",
    [
        b'{"hash":"h","previous":"p","seq":1,"text":"\\ud800"}\n',
        b'{"hash":"h","previous":"p","seq":true,"text":"t"}\n',
        b'{"end":{"hash":"h","seq":1,"when":""}}\n',
        b'{"end":[]}\n',
        b'{"end":{}}\n',
        b"[" * 100_000,
        b"9" * 5000 + b"\n",
    ],
)
def test_a_strange_line_is_no_event_and_no_end(line):
    assert module.read_line(line) is None


def test_no_cut_goes_unseen(tmp_path):
    file = tmp_path / "export.jsonl"
    assert all(broken(file, WHOLE[:length]) for length in range(len(WHOLE)))


@given(st.data())
def test_whatever_is_done_to_the_lines_shows(tmp_path_factory, data):
    lines = export_of(ENTRIES)
    bent = list(lines)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(bent) - 1))
        what = data.draw(st.sampled_from(["drop", "twice", "move"]))
        line = bent.pop(at)
        if what != "drop":
            bent.insert(data.draw(st.integers(0, len(bent))), line)
        if what == "twice":
            bent.insert(at, line)
        if not bent:
            break
    file = tmp_path_factory.mktemp("bent") / "export.jsonl"
    data_written = "".join(f"{line}\n" for line in bent).encode()
    assert broken(file, data_written) == (bent != lines)


@given(st.data())
def test_a_chain_that_is_written_anew_never_fits_an_anchor_of_the_old(data):
    texts = [entry.text for entry in ENTRIES]
    at = data.draw(st.integers(0, 5))
    what = data.draw(st.sampled_from(["drop", "change", "insert", "move"]))
    other = event_text(said(data.draw(st.integers(20, 90))))
    if what == "insert":
        texts.insert(at, other)
    elif what == "change":
        texts[at] = other
    else:
        text = texts.pop(at)
        if what == "move":
            texts.insert((at + data.draw(st.integers(1, 5))) % 6, text)
    lines = export_of(rechained(texts))
    judged = module.examine(
        lines[0], lambda: (module.read_line(f"{x}\n".encode()) for x in lines[1:]), [anchored(6)]
    )
    assert not judged.ok
    assert judged.wrong is not None
    assert judged.wrong.what in ("rewritten", "truncated")


@pytest.mark.parametrize(
    "text", ["", "\n", "{}\n", "[]\n", '"a"\n', '{"record":"cisterna/record/2"}\n', "\x00" * 40]
)
def test_what_is_no_record_is_refused(tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(NoRecord):
        verify(file)


def test_an_anchor_comes_back_from_its_file(tmp_path, judged):
    anchor = anchor_now(judged(export_of(ENTRIES)))
    file = tmp_path / "anchor"
    file.write_text(anchor.text())
    assert read_anchor(file) == anchor
    assert json.loads(file.read_text()).keys() == {"seq", "hash", "when"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"seq":"1","hash":"a","when":""}', '{"seq":1,"hash":1,"when":""}']
)
def test_what_is_no_anchor_is_refused(tmp_path, text):
    file = tmp_path / "anchor"
    file.write_text(text)
    with pytest.raises(NoRecord):
        read_anchor(file)


def test_a_broken_record_gets_no_anchor(judged):
    with pytest.raises(NoRecord, match="not anchored"):
        anchor_now(judged(export_of(ENTRIES[1:])))


def test_anchors_that_contradict_each_other_are_refused(judged):
    with pytest.raises(NoRecord, match="two anchors"):
        judged(export_of(ENTRIES), anchored(2), Anchor(2, "0" * 64))


def test_the_verifier_shares_no_code_with_the_record():
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    own = {str(name) for name in names if str(name).split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in own if not name.startswith("cisterna.quantity")} == set()
