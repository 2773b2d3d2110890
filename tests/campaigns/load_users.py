"""People at their desks: each asks the clinic's server for a page every fifteen seconds."""

import http.client
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

PAUSE_S = 15.0
PATIENCE_S = 30.0
_BASE = re.compile(r'name="base" value="(\d+)"')
_GOAL = "walk to the shop"
STAFF = ("today", "people", "search", "person", "person", "emergency", "api: tasks")
ACTING = ("nurse", "physician")
AUDIT = ("audit", "audit by kind", "audit by day", "person", "access log")


@dataclass
class Watched:
    """How long each page took, in seconds, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, page: str, seconds: float, status: int, expected: Sequence[int]) -> None:
        """One answer."""
        with self.lock:
            self.took[page].append(seconds)
            if status not in expected:
                self.wrong.append(f"{page}: {status}")

    def rows(self) -> dict[str, dict[str, float]]:
        """For each page: how many, the median, the 95th percentile and the slowest, in ms."""
        return {page: _figures(found) for page, found in sorted(self.took.items())}

    def all(self) -> dict[str, float]:
        """The same for all pages together."""
        return _figures([s for found in self.took.values() for s in found])


def _figures(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    figures = {"p50": median(ordered), "p95": p95, "max": ordered[-1]}
    return {"n": len(ordered)} | {k: round(v * 1000) for k, v in figures.items()}


@dataclass
class User:
    """One signed-in person, as what she asks, and how many `people` she can choose from."""

    port: int
    session: str
    role: str
    people: int
    seed: int
    watched: Watched

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - a seed repeats it
        self.token = "".join(self.chance.choices("abcdefghijkmnpqrstuvwxyz23456789", k=32))

    def works(self, until: float, pause_s: float = PAUSE_S) -> None:
        """Ask for pages until the time is over."""
        time.sleep(self.chance.random() * min(pause_s, max(0.0, until - time.monotonic())))
        while time.monotonic() < until:
            begun = time.monotonic()
            self.looks(self.chance.choice(self._pages()))
            left = pause_s - (time.monotonic() - begun)
            time.sleep(max(0.0, min(left, until - time.monotonic())))

    def _pages(self) -> Sequence[str]:
        if self.role == "auditor":
            return AUDIT
        return (*STAFF, "form and act") if self.role in ACTING else STAFF

    def looks(self, page: str) -> None:
        """One page; a form is sent as well, and what comes then is looked at."""
        if page == "form and act":
            self._acts()
        else:
            self._asks(page, self._path(page))

    def _path(self, page: str) -> str:
        number = self.chance.randrange(self.people)
        kind = self.chance.choice(("moved", "visit-recorded", "change-proposed"))
        paths = {
            "today": "/",
            "people": "/people/",
            "search": f"/people/?q=MRN {number:05d}",
            "person": f"/people/q{number:05d}/",
            "emergency": f"/emergency/?q=MRN {number:05d}",
            "api: tasks": "/api/tasks",
            "audit": "/audit/",
            "audit by kind": f"/audit/?kind={kind}",
            "audit by day": f"/audit/?day=2021-{self.chance.randrange(1, 13):02d}-15",
            "access log": "/audit/access/",
        }
        return paths[page].replace(" ", "%20")

    def _acts(self) -> None:
        """Set a goal: the form, the act, and the page that shows it."""
        person = f"q{self.chance.randrange(self.people):05d}"
        path = f"/people/{person}/acts/set-goals/"
        page = self._asks("form", path)
        found = _BASE.search(page)
        if found is None:
            self.watched.note("form", 0.0, -1, ())
            return
        sent = {"base": found.group(1), "goals": _GOAL, "why": ""}
        # Somebody else may have been faster (409), or she stands where there are no goals (422).
        self._asks("act", path, sent, (302, 409, 422))
        self._asks("person", f"/people/{person}/")

    def _asks(
        self, page: str, path: str, sent: Mapping[str, str] | None = None,
        expected: Sequence[int] = (200,),
    ) -> str:  # fmt: skip
        begun = time.monotonic()
        try:
            status, text = self._answer(path, sent)
        except OSError as problem:
            status, text = -1, ""
            with self.watched.lock:
                self.watched.wrong.append(f"{page}: {type(problem).__name__}")
        self.watched.note(page, time.monotonic() - begun, status, expected)
        return text

    def _answer(self, path: str, sent: Mapping[str, str] | None) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Cookie": f"session={self.session}; csrf={self.token}"}
        try:
            if sent is None:
                line.request("GET", path, headers=headers)
            else:
                form = {
                    "X-CSRFToken": self.token,
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                line.request("POST", path, urlencode(sent), headers | form)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as broken:
            raise OSError(str(broken)) from None
        finally:
            line.close()


def work(users: Sequence[User], minutes: float) -> None:
    """All of them at once."""
    until = time.monotonic() + minutes * 60
    threads = [threading.Thread(target=user.works, args=(until,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
