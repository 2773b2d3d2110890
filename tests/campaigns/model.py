"""The pump and its peers, every interleaving within larger bounds than the default run has.

    python -m tests.campaigns.model --minutes 60

Each search ends when nothing new is left (closed), at the first property that is broken, or when
its time or room is up. While the code stays the same a closed search is not repeated; the others
begin anew with the next command, and the one that came further counts. Six are too wide to be
searched to their end: they come last, and share what is left of the minutes. `--only two` searches
what has these letters in its name. The figures stand in docs/evidence/pump-model.md.
"""

import argparse
import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.pump.model import bench, presets
from tests.pump.model.checker import Found, Search
from tests.pump.model.core import Bounds as CoreBounds
from tests.pump.model.core import Core
from tests.pump.model.test_model import BUGS
from tests.pump.model.world import Bounds as WorldBounds
from tests.pump.model.world import World

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "pump-model.md"
KEPT = ROOT / "build" / "campaign" / "model.json"
SOURCES = ("cisterna.pump.", "cisterna.quantity", "tests.pump.model.")
Bounds = CoreBounds | WorldBounds
WIDER: Mapping[str, Bounds] = {**presets.WIDER_CORES, **presets.WIDER_WORLDS}
EVERY: Mapping[str, Bounds] = {
    **presets.CORES,
    **presets.WORLDS,
    **presets.MORE_CORES,
    **presets.MORE_WORLDS,
    **WIDER,
}


@dataclass
class Result:
    """What one search came to."""

    bounds: str
    states: int
    transitions: int
    depth: int
    seconds: float
    closed: bool
    broken: str = ""

    @classmethod
    def of(cls, bounds: Bounds, found: Found) -> "Result":
        """The figures of a search."""
        broken = found.words() if found.broken else ""
        figures = (found.states, found.transitions, found.depth, round(found.seconds, 1))
        return cls(bounds.words(), *figures, found.closed, broken)


def code(sources: tuple[str, ...] = SOURCES) -> str:
    """A digest of all modules of these that are imported: of all that a search stands on."""
    whole = hashlib.sha256()
    for name, module in sorted(sys.modules.items()):
        if name.startswith(sources) and module.__file__:
            whole.update(Path(module.__file__).read_bytes())
    return whole.hexdigest()[:16]


def load(path: Path) -> dict[str, Result]:
    """What is known of this code."""
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text("utf-8"))
    if kept["code"] != code():
        return {}
    return {name: Result(**row) for name, row in kept["results"].items()}


def save(path: Path, results: Mapping[str, Result]) -> None:
    """Keep what was found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {name: asdict(result) for name, result in results.items()}
    path.write_text(json.dumps({"code": code(), "results": rows}, indent=1) + "\n", "utf-8")


def campaign(
    every: Mapping[str, Bounds],
    results: dict[str, Result],
    minutes: float,
    states: int,
    say: Callable[[str], None] = print,
) -> bool:
    """Search what is not closed yet; the widest share what time is left. False at a break."""
    end = time.monotonic() + 60 * minutes
    open_ = [name for name in every if name not in results or not results[name].closed]
    wide = [name for name in open_ if name in WIDER]
    for name in open_:
        left = max(0.0, end - time.monotonic())
        share = left / (len(wide) - wide.index(name)) if name in WIDER else left
        bounds = every[name]
        search = Search[object](Core(bounds) if isinstance(bounds, CoreBounds) else World(bounds))  # type: ignore[arg-type]
        with bench.remembered():
            found = search.run(share, states, lambda line, name=name: say(f"{name}: {line}"))  # type: ignore[misc]
        made = Result.of(bounds, found)
        if name not in results or made.closed or made.broken or made.states > results[name].states:
            results[name] = made
        say(f"{name}: {found.words()}")
        if found.broken:
            return False
    return True


def page(results: Mapping[str, Result], states: int) -> str:
    """The figures as a page."""
    rows = [
        f"| {name} | {r.states:,} | {r.transitions:,} | {r.depth} | "
        f"{r.states / max(r.seconds, 0.1):,.0f} | {'yes' if r.closed else 'no'} |"
        for name, r in results.items()
    ]
    closed = [r for r in results.values() if r.closed]
    minutes = sum(r.seconds for r in results.values()) / 60
    total, whole = sum(r.states for r in results.values()), sum(r.states for r in closed)
    steps = sum(r.transitions for r in results.values())
    broken = [f"```\n{name}: {r.broken}\n```\n" for name, r in results.items() if r.broken]
    return "\n".join(
        [
            "# The pump under model checking",
            "",
            "Written by the campaign that this command repeats, for as long as you let it:",
            "",
            "```sh",
            f"python -m tests.campaigns.model --minutes 60 --states {states}",
            "```",
            "",
            f"{total:,} states and {steps:,} transitions in {len(results)} searches. "
            f"{len(closed)} of them closed: {whole:,} states, with nothing new left to find. "
            "The others were stopped by time or room and show only that nothing broke as far as "
            "they came. A search counts its own states; one state may be counted in several.",
            "",
            *(broken or ["No property was broken."]),
            "",
            "| search | states | transitions | depth | states/s | closed |",
            "|---|---:|---:|---:|---:|---|",
            *rows,
            "",
            f"{minutes:.1f} min of searching in all, on Python {platform.python_version()} in one "
            "process, on a machine that did other work at the same time.",
            "",
            "## Bounds",
            "",
            *(f"- **{name}**: {r.bounds}." for name, r in results.items()),
            "",
            TEXT.format(bugs=len(BUGS)),
        ]
    )


TEXT = """## What is searched

Every step is a production step: the controller, the guard inside it, `door.receive` with real
frames and Ed25519 signatures, `door.settle`, and the link's restart from what its journal keeps.
Two programmers, a remote and an emergency reader send the commands of their scripts in order, at
any time, without waiting for an answer. The network keeps every command and may deliver it at any
time, any number of times, in any order, or never. Power may be lost before a command acts, after
it has acted and before it is answered, and at every stroke while time passes. Connections may be
cut. The *pump alone* gets every event at every time, without a link in front of it.

## What holds in every state

By an onlooker with its own sums, who shares no code with controller and guard: no more flow in
any window than programme and accepted doses grant, plus a stroke; no more drug in 24 hours than
the limit; lockout and count; no patient dose in a bridge, prime, stop, session, or after an
unknown outcome, and no refusal as too soon when it is not; only the confirmed digest is activated,
on the version it was made for; nothing but an activation changes the programme; no stop without an
order or a fault, and an ordered stop always stops; each dose begins once and ends once, with true
bounds, and a restart begins none; volume is conserved to the nanolitre; the guard never has to
correct the controller. Of the link: no command acts twice, no used counter comes back, one session
at a time that link and controller agree on, and none taken without its holder being told.

From every state of the world, with the network whole again, one programmer brings the pump back
to its programme, and a day later the patient gets her dose.

Whether the checker can fail is tested with {bugs} planted bugs, each found with the shortest way
to it (`tests/pump/model/test_model.py`).

## What is left out

- The pump is coarse: strokes of 0.06 mL, doses of one stroke, steps of six hours. Times of the
  pump lie on quarters of its day and 20 s pauses after them, not on every millisecond.
- All times are counted from now, and what can no longer matter is forgotten
  (`tests/pump/model/canon.py` says what and why; tests hold it against the code). So time can be
  without end and the search still closes.
- But for *down to empty* and *an empty reservoir*, the reservoir never comes near its marks.
- Scripts, power losses, pauses of 20 s and cut connections are bounded as listed.
- After each pause the time is on record. The unit records strokes and changes of flow only.
- Where `spent` commands are left out, a command whose counter is used is not delivered again;
  once, as it is used, the search checks that its repetition changes nothing.
- Keys do not change: pairing and revoking are tested elsewhere. The journal is taken at its word:
  what is written is there after a power loss; that is tested byte by byte elsewhere. Random walks
  hold the unit with its journal against what is searched here.
- One concentration: the mass at the tip is the volume's.
"""


def main(arguments: Sequence[str] | None = None, kept: Path = KEPT, to: Path = EVIDENCE) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Model checking of the pump and its peers.")
    parser.add_argument("--minutes", type=float, default=10, help="stop after so many minutes")
    parser.add_argument("--states", type=int, default=5_000_000, help="room for each search")
    parser.add_argument("--only", default="", help="only searches with this in their name")
    given = parser.parse_args(arguments)
    results = load(kept)
    chosen = {name: bounds for name, bounds in EVERY.items() if given.only in name}
    whole = campaign(chosen, results, given.minutes, given.states)
    ordered = {name: results[name] for name in EVERY if name in results}
    save(kept, ordered)
    to.write_text(page(ordered, given.states), "utf-8")
    print(f"The figures are in {to}.")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
