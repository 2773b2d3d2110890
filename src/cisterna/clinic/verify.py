"""Is a record whole? A verifier of its own: it shares no code with what keeps the record.

A record is a chain. Each event's hash covers its text, its number and the hash before it, and the
first one's covers the record's head, which says whose record it is. So nobody can change, remove,
insert or reorder an event without breaking the chain, or writing all of it anew from there; and
nobody can write it anew, or cut its end off, without leaving an anchor that was kept elsewhere.

It reads an export (JSON Lines: the head, one event a line, the end) or an SQLite database.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

FORMAT = "cisterna/record/1"
_SQLITE = b"SQLite format 3\0"


class NoRecord(ValueError):
    """A file that is no record and no anchor at all; nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Link:
    """An event of the chain, as it was found."""

    seq: int
    previous: str
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the chain went, and its hash there, at some time; `seq` 0 is the head alone."""

    seq: int
    hash: str
    when: str = ""

    def text(self) -> str:
        """The anchor as a file."""
        return _one_line({"hash": self.hash, "seq": self.seq, "when": self.when}) + "\n"


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first thing that is wrong: what was done, at which event, and how it shows.

    `what` is changed, removed, reordered, inserted, forked or truncated, or rewritten: a chain
    that is whole and is not the one that was anchored.
    """

    what: str
    seq: int
    how: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose record it is, how far it is whole, and what is wrong first."""

    clinic: str
    record: str
    whole: Anchor
    wrong: Wrong | None

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return self.wrong is None


# A line of a record: an event, the end of an export, or None for what is neither.
Line = Link | Anchor | None


def chained(previous: str, seq: int, text: str) -> str:
    """The hash of an event that follows `previous` as number `seq`."""
    return sha256(f"{previous}\n{seq}\n{text}".encode()).hexdigest()


def verify(path: Path, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Hold an export or an SQLite database against its own chain and against anchors.

    Raises `NoRecord`, and `OSError` where the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(len(_SQLITE))
    if start == _SQLITE:
        return _verify_database(path, anchors)
    with path.open("rb") as file:
        head = file.readline().removesuffix(b"\n").decode("ascii", "replace")
    return examine(head, lambda: _exported(path), anchors, ends=True)


def examine(
    head: str,
    lines: Callable[[], Iterable[Line]],
    anchors: Sequence[Anchor] = (),
    ends: bool = True,
) -> Verdict:
    """Hold lines against their chain. An export `ends` with its last number and hash.

    The lines are asked for a second time where something is wrong, to say what it is.
    """
    clinic, record = _read_head(head)
    kept = {anchor.seq: anchor for anchor in sorted(anchors, key=lambda a: a.seq)}
    for anchor in anchors:
        if kept[anchor.seq].hash != anchor.hash:
            raise NoRecord(f"two anchors say different things of event {anchor.seq}")
    origin = sha256(head.encode()).hexdigest()
    whole, wrong = _walk(origin, lines, kept, ends)
    return Verdict(clinic, record, whole, wrong)


def anchor_now(verdict: Verdict) -> Anchor:
    """The anchor of a whole record, to be kept where those who write the record cannot write."""
    if not verdict.ok:
        raise NoRecord("a record that is not whole is not anchored")
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return Anchor(verdict.whole.seq, verdict.whole.hash, when)


def read_anchor(path: Path) -> Anchor:
    """An anchor from its file. Raises `NoRecord`."""
    try:
        row = json.loads(path.read_bytes())
        found = Anchor(row["seq"], row["hash"], row["when"])
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if found is None or not _is_anchor(found) or not isinstance(found.when, str):
        raise NoRecord(f"{path}: this is no anchor")
    return found


# The chain ---------------------------------------------------------------------------------------


def _walk(
    origin: str, lines: Callable[[], Iterable[Line]], kept: dict[int, Anchor], ends: bool
) -> tuple[Anchor, Wrong | None]:
    whole, ended = Anchor(0, origin), False
    if wrong := _unlike(whole, kept):
        return whole, wrong
    for place, line in enumerate(lines()):
        if isinstance(line, Anchor) and line == whole and not ended:
            ended = True
            continue
        if ended or not isinstance(line, Link) or not _follows(whole, line):
            return whole, _named(list(lines()), place, whole, ends)
        whole = Anchor(line.seq, line.hash)
        if wrong := _unlike(whole, kept):
            return whole, wrong
    return whole, _short(whole, kept, ended or not ends)


def _follows(whole: Anchor, link: Link) -> bool:
    follows = link.seq == whole.seq + 1 and link.previous == whole.hash
    return follows and link.hash == chained(link.previous, link.seq, link.text)


def _unlike(whole: Anchor, kept: dict[int, Anchor]) -> Wrong | None:
    anchor = kept.get(whole.seq)
    if anchor is None or anchor.hash == whole.hash:
        return None
    last = max((seq for seq in kept if seq < whole.seq), default=None)
    since = "from its start" if last is None else f"after event {last}"
    how = f"the chain is whole and is not the one that was anchored: written anew {since}"
    return Wrong("rewritten", whole.seq, how)


def _short(whole: Anchor, kept: dict[int, Anchor], ended: bool) -> Wrong | None:
    missing = max(kept, default=0)
    if missing > whole.seq:
        return Wrong("truncated", whole.seq + 1, f"an anchor knows {missing} events")
    if not ended:
        return Wrong("truncated", whole.seq + 1, "the export has no end")
    return None


# What was done -----------------------------------------------------------------------------------


def _named(rows: list[Line], place: int, whole: Anchor, ends: bool) -> Wrong:
    """What was done to the first line that does not follow."""
    row, due = rows[place], whole.seq + 1
    if isinstance(row, Link):
        return _misplaced(rows, place, row, whole)
    if isinstance(row, Anchor):
        if row.seq > whole.seq:
            return Wrong("truncated", due, f"the end knows {row.seq} events")
        return Wrong("changed", whole.seq, "the end is not that of this chain")
    if ends and place == len(rows) - 1 and not any(isinstance(r, Anchor) for r in rows):
        return Wrong("truncated", due, "the last line is cut off")
    return Wrong("changed", due, "here stands no event")


def _misplaced(rows: list[Line], place: int, row: Link, whole: Anchor) -> Wrong:
    """What was done where an event stands that does not follow the one before."""
    made = _made_as(row, rows)
    if made is None or (row.previous == whole.hash and made == whole.seq + 1):
        return _altered(rows, row, whole)
    before = [r for r in rows[:place] if isinstance(r, Link)]
    after = [r for r in rows[place + 1 :] if isinstance(r, Link)]
    if row.hash in (r.hash for r in before):
        return Wrong("inserted", whole.seq + 1, f"event {made} stands here a second time")
    rivals = [r for r in before if r.previous == row.previous]
    if rivals:
        return _rival(rivals[0], row, whole, {r.previous for r in after})
    if row.previous in (r.hash for r in after):
        return Wrong("reordered", whole.seq + 1, f"event {made} stands before the one it follows")
    return _stranger(made, whole, {r.previous for r in after})


def _stranger(made: int, whole: Anchor, followed: set[str]) -> Wrong:
    """What was done where an event follows one that is nowhere in the record."""
    if whole.hash in followed or made <= whole.seq:
        return Wrong("inserted", whole.seq + 1, "this event follows none of the record")
    if made > whole.seq + 1:
        return Wrong("removed", whole.seq + 1, f"the next event is number {made}")
    replaced = "the head" if whole.seq == 0 else f"event {whole.seq}"
    return Wrong("changed", whole.seq, f"{replaced} is not what the next event was written after")


def _made_as(row: Link, rows: list[Line]) -> int | None:
    """The number that an event's hash was made with; None where its text is another."""
    likely = (row.seq, *range(1, len(rows) + 2))
    return next((n for n in likely if chained(row.previous, n, row.text) == row.hash), None)


def _altered(rows: list[Line], row: Link, whole: Anchor) -> Wrong:
    texts = ((r.seq, r.text) for r in rows if isinstance(r, Link))
    for seq, text in texts:
        if seq != row.seq and chained(row.previous, row.seq, text) == row.hash:
            return Wrong("reordered", whole.seq + 1, f"its text stands at event {seq}")
    return Wrong("changed", whole.seq + 1, "its hash is not that of its number and text")


def _rival(rival: Link, row: Link, whole: Anchor, followed: set[str]) -> Wrong:
    """Two events follow the same one: the one that nothing follows was put in."""
    true_rival = rival.hash != whole.hash or whole.hash in followed
    if true_rival == (row.hash in followed):
        return Wrong("forked", rival.seq, f"two events follow number {rival.seq - 1}")
    return Wrong("inserted", rival.seq, f"nothing follows one of two events {rival.seq}")


# Reading -----------------------------------------------------------------------------------------


def _exported(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        file.readline()
        for raw in file:
            yield read_line(raw)


def read_line(raw: bytes) -> Line:
    """An event or the end, from its one line of an export; None for anything else."""
    try:
        text = raw.decode("ascii")
        row = json.loads(text)
        if text != _one_line(row) + "\n":
            return None
        if row.keys() == {"end"}:
            end = Anchor(row["end"]["seq"], row["end"]["hash"])
            return end if len(row["end"]) == 2 and _is_anchor(end) else None
        link = Link(**row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return link if _is_link(link) else None


def _read_head(head: str) -> tuple[str, str]:
    try:
        row = json.loads(head)
        known = row["record"] == FORMAT and row.keys() == {"record", "clinic", "id"}
        if known and head == _one_line(row):
            return str(row["clinic"]), str(row["id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise NoRecord("this is no record of Cisterna")


def _verify_database(path: Path, anchors: Sequence[Anchor]) -> Verdict:
    place = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        opened = sqlite3.connect(place, uri=True)
    except sqlite3.Error as why:
        raise NoRecord(f"{path}: this database cannot be opened ({why})") from None
    with closing(opened) as database:
        head = _database_head(path, database)
        database.execute("BEGIN")
        verdict = examine(head, lambda: _rows(database), anchors, ends=False)
        if verdict.ok and (damage := _damage(database)):
            return Verdict(verdict.clinic, verdict.record, verdict.whole, damage)
        return verdict


def _database_head(path: Path, database: sqlite3.Connection) -> str:
    try:
        rows = database.execute("SELECT clinic, record FROM cisterna_clinic").fetchall()
    except sqlite3.DatabaseError as why:
        raise NoRecord(f"{path}: this database holds no record ({why})") from None
    if len(rows) != 1 or not all(type(value) is str for value in rows[0]):
        raise NoRecord(f"{path}: this database does not say whose record it is")
    return _one_line({"clinic": rows[0][0], "id": rows[0][1], "record": FORMAT})


def _rows(database: sqlite3.Connection) -> Iterator[Line]:
    words = "SELECT seq, previous, hash, text, person, kind, id FROM cisterna_event ORDER BY seq"
    try:
        for *values, person, kind, name in database.execute(words):
            link = Link(*values)
            yield link if _is_link(link) and _agrees(link.text, person, kind, name) else None
    except sqlite3.DatabaseError:
        yield None


def _agrees(text: str, person: object, kind: object, name: object) -> bool:
    """Whether the columns that are searched say what the event's text says."""
    try:
        row = json.loads(text)
        return bool((row["person"], row["kind"], row["id"]) == (person, kind, name))
    except (ValueError, KeyError, TypeError, RecursionError):
        # Then the text is another, and its hash says so.
        return True


def _damage(database: sqlite3.Connection) -> Wrong | None:
    try:
        said = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as why:
        said = str(why)
    return None if said == "ok" else Wrong("changed", 0, f"the database is damaged: {said}")


def _one_line(row: Any) -> str:
    return json.dumps(row, sort_keys=True, separators=(",", ":"))


def _is_link(found: Link) -> bool:
    texts = (found.previous, found.hash, found.text)
    return type(found.seq) is int and all(type(x) is str and x.isascii() for x in texts)


def _is_anchor(found: Anchor) -> bool:
    return type(found.seq) is int and type(found.hash) is str
