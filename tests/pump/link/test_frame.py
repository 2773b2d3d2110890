"""The parser takes what it would have written, and nothing else (ST-02, ST-11, ST-12, A21, A22)."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.pump.link import canonical, frame
from cisterna.pump.link.answer import ACCEPTED, Answer, seal
from cisterna.pump.link.canonical import (
    DEEPEST,
    LARGEST,
    LONGEST_TEXT,
    MOST_BYTES,
    Reason,
    Unfit,
)
from cisterna.pump.link.door import Silence, receive
from cisterna.pump.link.verbs import Stage, programme_digest
from tests.pump.link.fuzz import GENUINE, fuzz, main, one, tried
from tests.pump.link.people import (
    ADA,
    AT,
    EVERY_VERB,
    NOW,
    PUMP,
    PUMP_SECRET,
    VERSION,
    in_session,
)

plain_text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
ONE = frame.body(ADA.says(EVERY_VERB["clinician_bolus"], 1))


@given(values)
def test_a_value_comes_back_from_its_canonical_bytes(value: Any):
    assert canonical.decode(canonical.encode(value)) == value


@pytest.mark.parametrize("name", sorted(EVERY_VERB))
def test_every_verb_survives_the_journey(name: str):
    sent = ADA.says(EVERY_VERB[name], 1)
    content, rest = frame.take(frame.framed(sent))
    assert isinstance(content, bytes)
    assert rest == b""
    assert frame.inbound(content) == sent


@pytest.mark.requirement("ST-12", "A34")
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" 1",
        b"1 ",
        b"1.0",
        b"1e3",
        b"1e309",
        b"-0",
        b"01",
        b"+1",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"9" * 5000,
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"A":1}',
        b'{"":1}',
        b'{"1":1}',
        b'{"__proto__":1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\n"',
        b'"\x7f"',
        b'"\\u007f"',
        b'"\\u0000"',
        '"µg"'.encode(),
        '"\u0661"'.encode(),
        "\u0661".encode(),
        b"\xef\xbb\xbf1",
        b"\xff\xfe1\x00",
        b"1,5",
        b"[1,]",
        b"[" * 60_000,
        b"[" * 20 + b"]" * 20,
        b'{"a":' * 13 + b"1" + b"}" * 13,
        b'"' + b"a" * 1025 + b'"',
        b"1" + b" " * MOST_BYTES,
    ],
)
def test_bytes_with_any_other_spelling_are_refused(text: bytes):
    assert isinstance(canonical.decode(text), Reason)


def test_the_bounds_themselves_are_inside():
    for value in (LARGEST, -LARGEST, "a" * LONGEST_TEXT, deep(DEEPEST), sized(MOST_BYTES)):
        assert canonical.decode(canonical.encode(value)) == value


def test_one_byte_or_one_level_beyond_the_bounds_is_outside():
    assert canonical.decode(canonical.encode(sized(MOST_BYTES + 1))) is Reason.TOO_LONG
    assert canonical.decode(b"[" * DEEPEST + b"[]" + b"]" * DEEPEST) is Reason.NOT_CANONICAL
    with pytest.raises(Unfit):
        canonical.encode(deep(DEEPEST + 1))


def deep(levels: int) -> Any:
    """Lists in lists."""
    return [deep(levels - 1)] if levels > 1 else []


def sized(length: int) -> list[Any]:
    """A value of so many canonical bytes: brackets, and texts with their quotes and commas."""
    full, rest = divmod(length - 1, 103)
    texts = ["a" * 100] * full
    return texts if rest == 0 else [*texts[1:], "a" * (40 + rest), "a" * 57]


@pytest.mark.parametrize("value", [1.5, float("nan"), LARGEST + 1, "µ", {"Ä": 1}, {"a": [0.1]}])
def test_what_has_no_canonical_form_is_never_sent(value: Any):
    with pytest.raises(Unfit):
        canonical.encode(value)


def test_a_frame_is_cut_from_the_stream_wherever_the_stream_was_broken():
    stream = b"".join(frame.framed(ADA.says(v, 1)) for v in EVERY_VERB.values())
    for size in (1, 3, 7, 500, len(stream)):
        held, found = b"", []
        for start in range(0, len(stream), size):
            held += stream[start : start + size]
            content, held = frame.take(held)
            while content is not None:
                assert isinstance(content, bytes)
                found.append(frame.inbound(content))
                content, held = frame.take(held)
        assert held == b""
        assert found == [ADA.says(v, 1) for v in EVERY_VERB.values()]


@pytest.mark.requirement("ST-12", "A22")
def test_a_frame_cut_at_any_length_is_not_accepted():
    whole = frame.framed(ADA.says(EVERY_VERB["clinician_bolus"], 1))
    for length in range(len(whole)):
        assert frame.take(whole[:length]) == (None, whole[:length])
        assert isinstance(frame.inbound(ONE[:length]), Reason) or length >= len(ONE)


def test_a_length_beyond_the_bound_gives_the_stream_up():
    for length in (MOST_BYTES + 1, 2**31, 2**32 - 1):
        assert frame.take(length.to_bytes(4) + b"x") == (Reason.TOO_LONG, b"")
    assert frame.take(MOST_BYTES.to_bytes(4)) == (None, MOST_BYTES.to_bytes(4))


@pytest.mark.requirement("ST-02")
@pytest.mark.parametrize("name", ["clinician_bolus", "stage", "ask_dose"])
def test_no_single_bit_may_differ(name: str):
    whole = frame.framed(ADA.says(EVERY_VERB[name], 1))
    link = in_session(ADA)
    accepted = 0
    for bit in range(len(whole) * 8):
        bent = bytearray(whole)
        bent[bit // 8] ^= 1 << bit % 8
        content, _ = frame.take(bytes(bent))
        if isinstance(content, bytes):
            accepted += not isinstance(receive(link, content, AT).outcome, Silence)
    assert accepted == 0


@pytest.mark.requirement("ST-11")
def test_another_version_is_refused_by_its_name():
    assert frame.inbound(ONE.replace(b'"v":1', b'"v":2')) is Reason.OTHER_VERSION
    assert frame.inbound(ONE.replace(b'"v":1', b'"v":0')) is Reason.OTHER_VERSION
    assert frame.inbound(ONE.replace(b'"v":1', b'"v":true')) is Reason.OTHER_VERSION


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"kind":"command"', b'"kind":"order"'),
        (b'"kind":"command"', b'"kind":7'),
        (b'"counter":1', b'"counter":"1"'),
        (b'"counter":1', b'"counter":true'),
        (b'"counter":1', b'"counter":-1'),
        (b'"counter":1', b'"counter":null'),
        (b'"role":"programmer"', b'"role":"admin"'),
        (b'"role":"programmer"', b'"role":["programmer"]'),
        (b'"base":7,', b""),
        (b'"base":7', b'"base":7,"bass":7'),
        (b'"args":{', b'"also":1,"args":{'),
    ],
)
def test_a_frame_with_another_schema_is_refused(old: bytes, new: bytes):
    assert ONE.count(old) == 1
    assert frame.inbound(ONE.replace(old, new)) in (Reason.NOT_A_FRAME, Reason.NOT_CANONICAL)


@pytest.mark.requirement("ST-01", "A21")
def test_a_pump_reads_nothing_that_a_pump_sends_and_a_client_nothing_that_a_client_sends():
    answer = seal(Answer(PUMP, ADA.key, "0" * 32, NOW, VERSION, 1, ACCEPTED), PUMP_SECRET.sign)
    assert frame.inbound(frame.body(answer)) is Reason.NOT_A_FRAME
    assert frame.outbound(frame.body(answer)) == answer
    assert frame.outbound(ONE) is Reason.NOT_A_FRAME


def test_a_programme_too_large_for_a_frame_cannot_be_sent():
    large: dict[str, Any] = {"steps": [[n, 1000] for n in range(10_000)]}
    with pytest.raises(Unfit):
        frame.body(ADA.says(Stage(large, programme_digest(large)), 1))


@pytest.mark.requirement("ST-12")
@given(st.integers(0, 2**64 - 1))
@settings(max_examples=500)
def test_bent_frames_raise_nothing_and_move_nothing(seed: int):
    source = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(45):
        one(source)


@pytest.mark.requirement("ST-12")
@given(st.binary(max_size=400) | values.map(canonical.encode))
@settings(max_examples=500)
def test_any_bytes_raise_nothing_and_move_nothing(content: bytes):
    tried(content)


def test_the_campaign_counts_what_it_tried(capsys: pytest.CaptureFixture[str]):
    assert fuzz(300, seed=5).total() == 300
    main(["--count", "50", "--seed", "2"])
    assert "seed 2: 50 inputs" in capsys.readouterr().out
    assert len(GENUINE) > 80
