"""A fleet on disk: its authority, a folder for each pump, and one for each station.

    fleet.json                      which pumps; written last, so half a fleet is none
    ca.pem  ca.key                  the authority
    pumps/SERIAL/                   certificate, keys, journal/, events.jsonl
    stations/NAME/                  certificate, keys, the authority, the pumps' public keys
    cards/SERIAL.txt                printed pairing codes

Two programmers are set into every pump here, in one step: the separate physical channel by which
a pump learns its first keys. A station's folder is all that a station needs; move it there.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from re import fullmatch
from shutil import copyfile
from typing import Any

from cisterna.facts import Library
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused, longest_line
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.pump import certificates as tls
from cisterna.pump import events as e
from cisterna.pump.controller import new_pump
from cisterna.pump.files import FileStorage
from cisterna.pump.hosted import zero_of
from cisterna.pump.link.keys import provision
from cisterna.pump.link.proof import public_of
from cisterna.pump.programme import Programme, Slug
from cisterna.pump.setting import device, ng_per_ml, programme, wall_ms
from cisterna.pump.state import State
from cisterna.pump.unit import Unit

SCHEMA = "cisterna/fleet/1"
PROGRAMMERS = ("programmer-1", "programmer-2")
RELAY = "relay"
CODES = 3
JOURNAL_BYTES = 1 << 17
MOST_PUMPS = 10_000
_SERIAL = r"[A-Za-z0-9][A-Za-z0-9-]{0,30}"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet in a folder; one of a demonstration says when its device time was zero (`zero`)."""

    folder: Path
    pumps: dict[str, str]
    journal_bytes: int
    zero: datetime | None = None

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / tls.AUTHORITY

    def pump(self, serial: str) -> Path:
        """A pump's folder."""
        return self.folder / "pumps" / serial

    def station(self, name: str) -> Path:
        """A station's folder."""
        return self.folder / "stations" / name

    def storage(self, serial: str, sync: bool = True) -> FileStorage:
        """A pump's journal. Raises `StorageError`."""
        return FileStorage(self.pump(serial) / "journal", sync)

    @classmethod
    def read(cls, folder: Path) -> "Fleet":
        """The fleet of a folder. Raises `Unusable`."""
        try:
            found = json.loads((folder / "fleet.json").read_bytes())
            if found["schema"] != SCHEMA:
                raise ValueError
            pumps = {str(p["serial"]): str(p["model"]) for p in found["pumps"]}
            return cls(folder, pumps, int(found["journal_bytes"]), zero_of(found))
        except (OSError, ValueError, KeyError, TypeError):
            expected = "a fleet made by `cisterna pumphost init`"
            wrong = [Problem("fleet.json", "none that can be read", expected)]
            raise Unusable(str(folder), wrong) from None


def create(
    folder: Path,
    orders: list[Prescription],
    count: int,
    library: Library,
    blank: bool = False,
    journal_bytes: int = JOURNAL_BYTES,
    progress: Callable[[Iterable[str]], Iterable[str]] = lambda work: work,
    demonstration: datetime | None = None,
) -> Fleet:
    """A new fleet: `count` pumps that take the orders in turn, each filled and running its order.

    `blank` leaves them without a programme. In a `demonstration` device time is zero at that time
    of the world, and the pumps are in stock: water stands in their reservoirs. A pump keeps the
    serial of its order where that names just one pump. Raises `Unusable` and `Refused`; half a
    fleet is never taken for one.
    """
    serials = _serials(orders, count)
    _empty(folder)
    born = [_newborn(rx, library, water=demonstration is not None) for rx in orders]
    authority = tls.Authority.new(folder, f"fleet {folder.resolve().name}"[:64])
    stations = [folder / "stations" / name for name in (*PROGRAMMERS, RELAY)]
    for station in stations:
        station.mkdir(parents=True)
        authority.issue(station, station.name, "station")
        copyfile(folder / tls.AUTHORITY, station / tls.AUTHORITY)
    people = tuple(public_of(tls.new_signing_key(s)) for s in stations[: len(PROGRAMMERS)])
    models = {s: orders[n % len(orders)].pump.model.id for n, s in enumerate(serials)}
    fleet, publics = Fleet(folder, models, journal_bytes, demonstration), dict[str, str]()
    (folder / "cards").mkdir()
    for number, serial in enumerate(progress(serials)):
        (folder / "pumps" / serial).mkdir(parents=True)
        authority.issue(fleet.pump(serial), serial, "pump")
        publics[serial] = _made(fleet, serial, born[number % len(born)], people, blank)
        card = "\n".join(new_code() for _ in range(CODES))
        tls.write_secret(folder / "cards" / f"{serial}.txt", card.encode() + b"\n")
    for station in stations:
        tls.write_new(station / "pumps.json", json.dumps(publics, indent=1).encode())
    rows = [{"serial": s, "model": m} for s, m in models.items()]
    body: dict[str, Any] = {"schema": SCHEMA, "journal_bytes": journal_bytes, "pumps": rows}
    if demonstration is not None:
        body["demonstration"] = demonstration.isoformat()
    os.sync()
    tls.write_new(folder / "fleet.json", json.dumps(body, indent=1).encode())
    return fleet


def new_code() -> str:
    """A pairing code to print: 125 random bits that a person can read and type."""
    text = base64.b32encode(secrets.token_bytes(16)).decode()[:25]
    return "-".join(text[i : i + 5] for i in range(0, 25, 5))


def _serials(orders: list[Prescription], count: int) -> list[str]:
    """The orders' own serials where each stands for one pump, else new ones."""
    problems = []
    if not orders:
        problems.append(Problem("RX", "none", "at least one order"))
    if not len(orders) <= count <= MOST_PUMPS:
        problems.append(Problem("--pumps", str(count), f"{len(orders)} to {MOST_PUMPS}"))
    if problems:
        raise Unusable("command line", problems)
    own = [rx.pump.serial or "" for rx in orders]
    fit = all(fullmatch(_SERIAL, s) for s in own) and len({s.lower() for s in own}) == count
    return own if fit and len(own) == count else [f"CIS-{n + 1:05d}" for n in range(count)]


def _empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = any(folder.iterdir())
        folder.chmod(0o700)
    except OSError as problem:
        expected = "a place that can be written"
        raise Unusable("command line", [Problem("DIR", str(problem), expected)]) from None
    if held:
        raise Unusable("command line", [Problem("DIR", "something is in it", "an empty folder")])


def _newborn(rx: Prescription, library: Library, water: bool) -> tuple[State, Programme]:
    """A pump filled with its solution or with water, and its order's programme.

    Raises `Refused`.
    """
    start = rx.solution.filled_at
    bridge = bridge_of(rx, library)
    made = device(rx, library, start)
    fill = rx.solution.fill_volume.number("nL").__floor__()
    if fill > made.capacity_nl:
        words = f"The reservoir takes {made.capacity_nl} nL, and the fill is {fill} nL."
        raise Refused("overfill", words, "Order a fill that the reservoir holds.")
    strength = 0 if water else ng_per_ml(rx)
    line = _line(rx)
    state = new_pump(made, 0, wall_ms(start, rx), fill, strength, line)
    return state, programme(rx, library, 1, bridge)


def _line(rx: Prescription) -> tuple[Slug, ...]:
    """What the line is full of; nothing where its volume is not known."""
    try:
        volume = longest_line(rx).number("nL").__floor__()
    except Refused:
        return ()
    held = 0 if rx.holds == "csf" else ng_per_ml(rx.previous or rx)
    return (Slug(volume, held),)


def _made(
    fleet: Fleet,
    serial: str,
    born: tuple[State, Programme],
    people: tuple[str, ...],
    blank: bool,
) -> str:
    """One pump on disk; gives the public half of its key. Raises `Refused`."""
    state = replace(born[0], device=replace(born[0].device, serial=serial))
    key = tls.new_signing_key(fleet.pump(serial))
    ring = provision(serial, public_of(key), people)
    with fleet.storage(serial, sync=False) as storage:
        unit = Unit.new(storage, state, ring, key.sign, fleet.journal_bytes)
        for event in () if blank else _programmed(replace(born[1], serial=serial)):
            why = unit.do(event).refused
            if why:
                raise Refused(why.code, why.message, "Mend the order; the pump will not run it.")
    return public_of(key)


def _programmed(wanted: Programme) -> tuple[e.Event, ...]:
    """What the maker's station does: stage, confirm, activate."""
    return (
        e.SessionOpened(0, 0),
        e.Staged(0, 0, wanted),
        e.Confirmed(0, 0, wanted.digest),
        e.Activated(0, 0, 0),
        e.SessionEnded(0, 0),
    )
