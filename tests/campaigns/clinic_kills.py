"""Kill the clinic's processes at random moments: nothing that was told is lost, no dose is guessed.

    python -m tests.campaigns.clinic_kills --kills 500 --minutes 60

The clinic's server, the signer, the pumps' host and a clinician's program are real processes. Acts
go in over HTTP, changes of dose and refills through gate, signer and link. One of the four is
killed with SIGKILL at a random moment; when it is back it is looked at: every event that was told
is on the record, the record verifies, the pump runs its old programme or one that was intended on
the record, and where an outcome is unknown, nothing else is let through until it is reconciled.
On SQLite and on PostgreSQL. A campaign that was stopped goes on with its count; figures in
docs/evidence/clinic-kills.md. Only 127.0.0.1 is asked.
"""

import argparse
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import Any

from cisterna.clinic import bodies
from cisterna.clinic.demo.supervise import free_port
from cisterna.clinic.event import Event
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.clinic.refusal import Refused
from cisterna.pump import certificates as tls
from cisterna.pump.client import Station
from cisterna.pump.fleet import Fleet
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role as LinkRole
from cisterna.pump.programmer import Programmer, knock
from tests.campaigns.load import ENGINES, database
from tests.campaigns.load_users import User, Watched
from tests.clinic.gate.people import PHYSICIAN
from tests.pump.served import fleet_of

__all__ = ["bodies", "kill"]  # whoever reads a record knows the bodies of its events

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "clinic-kills.md"
FOLDER = ROOT / "build" / "clinic-kills"
TARGETS = ("server", "signer", "pumps", "hand")
READY_S, LONGEST_S = 90.0, 1.2
PER_CLINIC = 25
"""So many kills, then a clinic of its own again: the record stays short enough to be verified."""


class Wrong(AssertionError):
    """What must not happen, happened."""


@dataclass
class Process:
    """A child whose words go to a file, ready when they hold a word."""

    words: Sequence[str]
    ready: str
    log: Path
    environment: Mapping[str, str]
    child: "subprocess.Popen[bytes] | None" = None

    def begin(self) -> None:
        """Start it, and wait until it is ready."""
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as said:
            self.child = subprocess.Popen(
                [sys.executable, *self.words], stdin=subprocess.PIPE, stdout=said,
                stderr=subprocess.STDOUT, env={**os.environ, **self.environment},
            )  # fmt: skip
        end = time.monotonic() + READY_S
        while self.ready not in self.log.read_text("utf-8", "replace"):
            if self.child.poll() is not None or time.monotonic() > end:
                raise Wrong(f"{self.words} is not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL. Raises `Wrong` where it had ended by itself."""
        child = self._child()
        if child.poll() is not None:
            raise Wrong(f"{self.words} ended by itself: {self.log.read_text()[-2000:]}")
        child.send_signal(signal.SIGKILL)
        self._over()

    def end(self) -> None:
        """Ask it to end by closing its input, or kill it where it does not."""
        child = self._child()
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(READY_S)
        except subprocess.TimeoutExpired:
            child.kill()
        self._over()

    def close(self) -> None:
        """Whatever it does, it is over."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
        if self.child is not None:
            self._over()

    def told(self) -> list[str]:
        """The events that it told."""
        whole = self.log.read_text("utf-8", "replace").splitlines(keepends=True)
        return [line.strip() for line in whole if re.fullmatch(r"p\d\.\d+\n", line)]

    def _child(self) -> "subprocess.Popen[bytes]":
        if self.child is None:
            raise Wrong(f"{self.words} was never begun")
        return self.child

    def _over(self) -> None:
        child = self._child()
        child.wait()
        if child.stdin is not None and not child.stdin.closed:
            child.stdin.close()


@dataclass
class Tally:
    """How far a campaign is, for one engine."""

    kills: Counter[str] = field(default_factory=Counter)
    told: int = 0
    unknown: int = 0
    activated: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """The progress on one line."""
        kills = sum(self.kills.values())
        return (
            f"{kills} kills, {self.told} events told, {self.activated} programmes activated, "
            f"{self.unknown} outcomes unknown and reconciled, {self.seconds / 60:.1f} min"
        )


@dataclass
class Clinic:
    """Four processes, the record, and the pump, as somebody sees them who looks from outside."""

    place: str
    folder: Path
    fleet: Fleet
    tally: Tally
    chance: random.Random
    processes: dict[str, Process] = field(default_factory=dict)
    session: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    goals: "count[int]" = field(default_factory=lambda: count(1))
    version: int = 1
    first: str = ""

    @classmethod
    @contextmanager
    def open(
        cls, place: str, folder: Path, tally: Tally, chance: random.Random
    ) -> Iterator["Clinic"]:
        """A clinic at work: two people on record, a pump with the first one's programme."""
        fleet = fleet_of(folder / "fleet", 1)
        short = Path(tempfile.mkdtemp(prefix="s-"))  # a socket's path is short
        made = cls(place, folder, fleet, tally, chance)
        made.ports = {"server": free_port(0), "pumps": free_port(0)}
        made.processes = made._four(short / "s")
        try:
            made._peopled()
            for name in ("pumps", "signer", "server"):
                made.processes[name].begin()
            made.version = made.pump()["version"]
            yield made
        finally:
            for process in made.processes.values():
                process.close()
            rmtree(short, ignore_errors=True)

    def _four(self, socket: Path) -> dict[str, Process]:
        about = {
            "CISTERNA_DATABASE": self.place,
            "CISTERNA_PLAIN": "1",
            "CISTERNA_SECRET": secrets.token_urlsafe(64),
            "DJANGO_SETTINGS_MODULE": "cisterna.patient.web.settings",
            "PYTHONUNBUFFERED": "1",
        }
        station, pumps = self.fleet.station("programmer-1"), str(self.ports["pumps"])
        at = ("--host", "127.0.0.1", "--port", str(self.ports["server"]))
        hand = ("-m", "tests.campaigns.clinic_hand", str(station), pumps, str(socket))
        host = ("-m", "cisterna", "pumphost", "run", str(self.fleet.folder), "--port", pumps)
        words = {
            "server": (("-m", "cisterna", "serve", *at), "The clinic:"),
            "signer": (("-m", "cisterna.clinic.signer", str(station), str(socket)), "ready"),
            "pumps": (host, "pumps at"),
            "hand": (hand, "ready"),
        }
        return {n: Process(*w, self.folder / f"{n}.log", about) for n, w in words.items()}

    def _peopled(self) -> None:
        words = [sys.executable, "-m", "tests.campaigns.clinic_people"]
        environment = {**os.environ, **self.processes["server"].environment}
        made = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        self.session = made.stdout.split()[-1]

    # One kill ---------------------------------------------------------------------------------

    def survives(self, target: str) -> None:
        """Kill one of the four at a random moment, bring it back, and look at everything."""
        begun = time.monotonic()
        hand, acting = self.processes["hand"], threading.Event()
        nurse = threading.Thread(target=self._acts, args=(acting,))
        hand.begin()
        nurse.start()
        time.sleep(self.chance.random() * LONGEST_S)
        self.processes[target].kill()
        acting.set()
        nurse.join()
        if target != "hand":
            hand.end()
            self.processes[target].begin()
        self.known += hand.told()
        self.tally.kills[target] += 1
        self.looks()
        self.tally.seconds += time.monotonic() - begun

    def _acts(self, over: threading.Event) -> None:
        """A nurse at the pages: an act after the other; what was answered with yes was told."""
        user = User(self.ports["server"], self.session, "nurse", 1, 1, Watched())
        path = "/people/p2/acts/set-goals/"
        while not over.is_set():
            try:
                _, form = user._answer(path, None)
                found = re.search(r'name="base" value="(\d+)"', form)
                if found is None:
                    raise Wrong(f"no form: {form[:500]}")
                goal = f"goal {next(self.goals)}"
                sent = {"base": found.group(1), "goals": goal, "why": ""}
                status, _ = user._answer(path, sent)
            except OSError:
                time.sleep(0.02)
                continue
            if status == 302:
                self.known.append(f"p2.{int(found.group(1)) + 1}")

    # What must hold ---------------------------------------------------------------------------

    def looks(self) -> None:
        """Everything that must hold, whoever was killed."""
        from cisterna.clinic.ledger.place import connect  # noqa: PLC0415

        name = connect(self.place)
        from cisterna.clinic.ledger.record import Record  # noqa: PLC0415
        from tests.clinic.ledger.judged import whole  # noqa: PLC0415

        record = Record.open(name)
        events = [entry.event for entry in record.entries()]
        lost = set(self.known) - {e.id for e in events}
        demand(not lost, f"told and lost: {sorted(lost)}")
        demand(whole(record), "the record does not verify")
        own = [e for e in events if e.person == "p1"]
        runs = self.pump()
        demand(runs["flow_nl_per_h"] > 0, "the pump stands, and nobody ordered that")
        self._confirmed(own, runs)
        s = standing(own)
        if s.intent is not None:
            own += [self._reconciled(s, runs, own, record.append)]
        demand(known_to_run(own, self.first) == runs["digest"], "record and pump differ")
        self.tally.told = len(self.known)
        self.version = runs["version"]

    def _confirmed(self, own: Sequence[Event], runs: Mapping[str, Any]) -> None:
        """Each programme since the last look was proposed, signed afresh and intended on record."""
        for version in range(self.version + 1, runs["version"] + 1):
            intents = [e for e in own if isinstance(e.body, b.TransmissionIntended)]
            found = [e for e in intents if e.body.base_version == version - 1]
            demand(bool(found), f"version {version} runs, and nobody intended it")
            signed = [e.body.binds for e in own if isinstance(e.body, b.Reauthenticated)]
            demand(found[-1].body.binds in signed, f"version {version} was not signed")
            last = version == runs["version"]
            demand(not last or found[-1].body.digest == runs["digest"], "another programme runs")
            self.tally.activated += 1

    def _reconciled(
        self, s: Standing, runs: Mapping[str, Any], own: Sequence[Event],
        keep: Callable[[Event], object],
    ) -> Event:  # fmt: skip
        """An outcome that nobody knows blocks; a look at the pump says which programme runs."""
        id, at = f"p1.{len(own) + 1}", own[-1].recorded
        pen = Pen("p1", PHYSICIAN, at, id)
        body = s.proposal.body if s.proposal else None
        demand(isinstance(body, b.ChangeProposed), "an intent without its proposal")
        try:
            acts.laid_down(s, pen, body)  # type: ignore[arg-type]
        except Refused as no:
            demand(no.code == "unknown-outcome", f"refused as {no.code}")
        else:
            raise Wrong("a second change goes through an unknown outcome")
        found = acts.reconcile(s, pen, runs["version"], runs["digest"])
        demand(found.body.runs in ("old", "new"), "the pump runs what nobody sent")
        keep(found)
        demand(standing([*own, found]).intent is None, "reconciled, and still unknown")
        self.tally.unknown += 1
        return found

    def pump(self) -> dict[str, Any]:
        """What the pump says that it runs, to another programmer."""
        folder = self.fleet.station("programmer-2")
        station = Station.read(folder, "127.0.0.1", self.ports["pumps"])
        serial, key = next(iter(station.pumps)), tls.signing_key(folder)
        woken = knock(serial, LinkRole.PROGRAMMER, key_id(public_of(key)), key.sign)
        with station.connect(serial, woken) as line:
            found: dict[str, Any] = Programmer.at(station, line).read()
        self.first = self.first or found["digest"]
        return found


def known_to_run(own: Sequence[Event], first: str) -> str | None:
    """The programme that runs by the record: by the last outcome that somebody knows."""
    for one in reversed(own):
        body = one.body
        if isinstance(body, b.TransmissionEnded) and body.outcome == "activated":
            return body.running
        if isinstance(body, b.OutcomeReconciled):
            return body.digest
    return first


def demand(holds: bool, words: str) -> None:
    """Raise `Wrong` unless it holds."""
    if not holds:
        raise Wrong(words)


def kill(
    place: str, folder: Path, kills: int, tally: Tally, seed: int, until: float = float("inf")
) -> None:
    """So many kills in one clinic, each of its processes in turn. Raises `Wrong`."""
    chance = random.Random(seed)  # noqa: S311 - a seed repeats it
    order = [TARGETS[n % len(TARGETS)] for n in range(kills)]
    chance.shuffle(order)
    with Clinic.open(place, folder, tally, chance) as clinic:
        for target in order:
            if time.monotonic() > until:
                return
            clinic.survives(target)


# The campaign -------------------------------------------------------------------------------------


@contextmanager
def empty(engine: str, at: str, number: int, folder: Path) -> Iterator[str]:
    """The address of a database of its own for each clinic."""
    if engine == "sqlite":
        yield str(folder / "clinic.sqlite3")
        return
    import psycopg  # noqa: PLC0415

    name = f"clinic_{secrets.token_hex(4)}_{number}"
    with psycopg.connect(at, autocommit=True) as line:
        line.execute(f"CREATE SCHEMA {name}")
    yield f"{at}&options=-csearch_path%3D{name}"
    with psycopg.connect(at, autocommit=True) as line:
        line.execute(f"DROP SCHEMA {name} CASCADE")


def campaign(engine: str, tally: Tally, kills: int, minutes: float, folder: Path) -> None:
    """Kill until the count or the time is reached; the tally is kept after each clinic."""
    until, kept = time.monotonic() + minutes * 60, folder / f"{engine}.json"
    with ExitStack() as stack:
        at = stack.enter_context(database(engine, folder))
        while (done := sum(tally.kills.values())) < kills and time.monotonic() < until:
            own = Path(tempfile.mkdtemp(prefix="k-", dir=folder))
            before = tally.told
            with empty(engine, at, done, own) as place:
                tally.told = 0
                kill(place, own, min(PER_CLINIC, kills - done), tally, seed=done, until=until)
            tally.told += before
            kept.write_text(json.dumps(vars(tally), indent=1))
            print(engine, tally.line(), flush=True)
            rmtree(own)


def load(folder: Path, engine: str) -> Tally:
    """How far it was, or the beginning."""
    file = folder / f"{engine}.json"
    if not file.exists():
        return Tally()
    row = json.loads(file.read_text("utf-8"))
    return Tally(**{**row, "kills": Counter(row["kills"])})


def page(tallies: Mapping[str, Tally]) -> str:
    """The figures as a page."""
    rows = [
        f"| {name} | " + " | ".join(str(t.kills[target]) for target in TARGETS)
        + f" | {t.told} | {t.activated} | {t.unknown} | {t.seconds / 60:.0f} |"
        for name, t in tallies.items()
    ]  # fmt: skip
    lines = [
        "# The clinic's processes, killed",
        "",
        "Written by the campaign that this command repeats and goes on with:",
        "",
        "```sh",
        "python -m tests.campaigns.clinic_kills --kills 500 --minutes 60",
        "```",
        "",
        "A nurse records acts over HTTP, and a physician's program sends changes of dose and "
        "refills through gate, signer and link, when one of the processes is killed with SIGKILL. "
        "After each kill: every event that was told is on the record; the record verifies; the "
        "pump runs its old programme or one that was signed afresh and intended on record; record "
        "and pump agree; an unknown outcome blocks every other change until it is reconciled. "
        "Not one of these failed.",
        "",
        "| engine | server | signer | pump host | physician's program | events told | programmes "
        "activated | outcomes unknown, reconciled | minutes |",
        "|---|" + "---:|" * 8,
        *rows,
        "",
        "A kill is no power cut: what the operating system had taken was kept. The journals and "
        "the record are synced; the pump's own campaign cuts writes at any byte.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER, to: Path = EVIDENCE) -> int:
    """The command: 1 where something was lost, guessed or broken."""
    parser = argparse.ArgumentParser(description="Kill the clinic's processes.")
    parser.add_argument("--kills", type=int, default=500, help="in all, half on each engine")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so many")
    given = parser.parse_args(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    tallies = {engine: load(folder, engine) for engine in ENGINES}
    try:
        for engine, tally in tallies.items():
            half = given.minutes / len(ENGINES)
            campaign(engine, tally, given.kills // len(ENGINES), half, folder)
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    to.write_text(page(tallies), "utf-8")
    print(page(tallies))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cisterna.patient.web.settings")
    sys.exit(main())
