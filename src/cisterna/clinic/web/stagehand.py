"""What a visitor of a demonstration may do besides acting: be another person, move the time on.

Nothing here exists in a real clinic, nor for somebody who is not at this machine (404).
"""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections

from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.processes import VARIABLE
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import rows
from cisterna.clinic.web.models import HERSELF, PersonRow
from cisterna.pump.hosted import DemonstrationTime, NoDemonstration, NoHost, ask

LENGTHS = {"hour": 3_600_000, "day": 86_400_000, "week": 7 * 86_400_000}
"""How far a visitor moves the time on at once, in milliseconds."""
LOOK_S = 0.2


@dataclass(slots=True)
class _Journey:
    """A move of the time that is under way: from, to (ms), and the thread that waits for it."""

    begin: int = 0
    end: int = 0
    thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it has not arrived, or the lists are still being worked out."""
        return self.thread is not None and self.thread.is_alive()


_journey = _Journey()


def fleet() -> Path | None:
    """The folder of the demonstration's pumps; None where the pages were started without one."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def move(length: str) -> None:
    """Move the time on by one of `LENGTHS`; pumps live through it. Raises `Refused`."""
    folder = fleet()
    if folder is None or length not in LENGTHS:
        raise Refused("no-move", "Here no time is moved.", "Start `cisterna demo`.")
    begin = _time(folder)["now_ms"]
    answer = _asked(folder, do="move", ms=str(LENGTHS[length]))
    _journey.begin, _journey.end = begin, answer["moving_to_ms"]
    _journey.thread = threading.Thread(target=_arrive, args=(folder,), daemon=True)
    _journey.thread.start()


def _arrive(folder: Path) -> None:
    """Wait for the pumps, then work out anew what is due: the lists count from the new time."""
    try:
        while _time(folder).get("moving_to_ms") is not None:
            time.sleep(LOOK_S)
        rows.rebuild()
    except Refused:
        return  # the host is gone; the supervisor ends the demonstration and says why
    finally:
        connections.close_all()


def banner() -> dict[str, Any]:
    """What the banner shows: who one can be, how far a move is, and which pumps beep."""
    folder = fleet()
    people = [a for a in whole_cast().staff.values() if a.role not in HERSELF]
    about: dict[str, Any] = {
        "staff": people,
        "names": [a.who for a in people],
        "lengths": tuple(LENGTHS),
        "beeping": (),
    }
    if folder is None:
        return about | {"lengths": ()}
    try:
        return about | {"beeping": _beeping(folder)} | _progress(folder)
    except (Refused, NoDemonstration):
        return about | {"lengths": ()}


def _progress(folder: Path) -> dict[str, Any]:
    if not _journey.running:
        return {"moving": False}
    now = min(_time(folder)["now_ms"], _journey.end)
    return {
        "moving": True,
        "share": round(100 * (now - _journey.begin) / max(1, _journey.end - _journey.begin)),
        "until": DemonstrationTime.of(folder).at(_journey.end),
    }


def _beeping(folder: Path) -> list[dict[str, Any]]:
    """Whose pump beeps, as somebody beside her would hear it; the clinic's record knows nothing."""
    hers = {p.device.serial: p.id for p in whole_cast().people if p.device}
    found = {
        hers[row["serial"]]: [code.replace("-", " ") for code in row["alarms"]]
        for row in _asked(folder, do="status")["rows"]
        if row.get("alarms") and row["serial"] in hers
    }
    names = dict(PersonRow.objects.filter(person__in=found).values_list("person", "name"))
    return [{"person": p, "name": names[p], "alarms": a} for p, a in found.items() if p in names]


def _time(folder: Path) -> dict[str, Any]:
    return _asked(folder, do="time")


def _asked(folder: Path, **words: str) -> dict[str, Any]:
    try:
        answer = ask(folder, words)
    except NoHost as problem:
        text = f"The demonstration's pumps do not answer: {problem}"
        raise Refused("no-host", text, "Start the demonstration again.") from None
    if "refused" in answer:
        words_of = str(answer.get("message", ""))
        raise Refused(str(answer["refused"]), words_of, str(answer.get("way_out", "")))
    return answer


__all__ = ["LENGTHS", "banner", "fleet", "move"]
