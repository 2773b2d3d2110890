"""The signer is a process: its socket is for one user, and a kill at any moment forgets nothing."""

import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.standing import Standing, after
from cisterna.clinic.signer.call import NotSigned, SigningDesk
from cisterna.clinic.signer.record import Record
from cisterna.clinic.signer.serve import Server
from cisterna.pump import certificates as tls
from cisterna.pump.link.proof import key_id, public_of
from tests.clinic.gate.people import IN_RANGE, PHYSICIAN, SERIAL, Way
from tests.clinic.signer.asking import Asking, pump_says, texts, verbs
from tests.clinic.signer.process import refused_to_begin, signer
from tests.pump.link.people import PUMP_PUBLIC

KILLS = 10
LONGEST_S = 0.25


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A station's folder: a key, and the pump's public key."""
    tls.new_signing_key(tmp_path)
    (tmp_path / "pumps.json").write_text(json.dumps({SERIAL: PUMP_PUBLIC}))
    return tmp_path


def chains(number: int) -> list[tuple[Event, ...]]:
    """So many approvals of the same change, each with events of its own, signed now."""
    body = Way().propose(IN_RANGE).body
    found = []
    for n in range(number):
        s, pens = Standing(), (_pen(f"e{n}-{part}") for part in range(2))
        s = after(s, acts.laid_down(s, next(pens), body))
        s = after(s, acts.reauthenticate(s, next(pens), "passkey"))
        found.append(s.chain)
    return found


def _pen(id: str) -> Pen:
    return Pen("p1", PHYSICIAN, datetime.now(UTC), id)


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_key(folder: Path):
    path = folder / "s"
    with signer(folder, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert SigningDesk(path).public() == public_of(tls.signing_key(folder))
        assert stat.S_IMODE((folder / "signed.jsonl").stat().st_mode) == 0o600
        with pytest.raises(NotSigned, match="not-a-command"):
            SigningDesk(path).sign(b"cisterna/link/1/pairing\n{}")
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(path))
            line.sendall(b"\xff\x00 nonsense\n")
            assert json.loads(line.makefile("rb").readline())["code"] == "unreadable"
        assert "another signer" in refused_to_begin(folder, folder / "t")
    with pytest.raises(NotSigned, match="unreachable"):
        SigningDesk(path).public()


def test_a_signer_does_not_begin_with_a_key_that_others_can_read(folder: Path):
    (folder / tls.SIGNING_KEY).chmod(0o644)
    assert "0600" in refused_to_begin(folder, folder / "s")
    assert not (folder / "s").exists()


class Client:
    """Asks for every step of every approval, each twice, until the signer is gone."""

    def __init__(self, folder: Path, approvals: list[tuple[Event, ...]]) -> None:
        self.desk, self.approvals = SigningDesk(folder / "s"), approvals
        self.asking = Asking.__new__(Asking)
        self.asking.used, self.asking.report = 0, b""
        self.key = key_id(public_of(tls.signing_key(folder)))
        self.signed: list[tuple[str, str, str]] = []
        self.refused: Counter[str] = Counter()
        self.first = threading.Event()

    def runs(self) -> None:
        """Until nobody answers."""
        for number, chain in enumerate(self.approvals):
            if not self.asks(number, chain):
                return

    def asks(self, number: int, chain: tuple[Event, ...]) -> bool:
        """One approval; False when nobody answers."""
        self.desk.approval, self.desk.report = texts(chain), pump_says(key=self.key)
        for name, verb in verbs(chain[0].body).items():
            for _ in range(2):
                row = json.loads(self.asking.question(verb, key=self.key))
                text = bytes.fromhex(row["text"])
                try:
                    self.desk.sign(text)
                except NotSigned as no:
                    self.refused[no.code] += 1
                    if no.code == "unreachable":
                        return False
                    continue
                self.signed.append((chain[0].id, name, text.decode()))
                self.first.set()
        return True


def test_killed_at_any_moment_no_approval_is_used_twice_and_no_signature_lacks_its_record(
    folder: Path,
):
    approvals = chains(400)
    chosen = random.Random(20261130)  # noqa: S311 - a seed repeats it
    signed: list[tuple[str, str, str]] = []
    for _ in range(KILLS):
        client = Client(folder, approvals)
        with signer(folder, folder / "s") as process:
            thread = threading.Thread(target=client.runs)
            thread.start()
            assert client.first.wait(60)
            time.sleep(chosen.random() * LONGEST_S)
            process.kill()
            thread.join(60)
        assert client.refused["unreachable"] == 1, client.refused
        signed += client.signed
    Record(folder / "signed.jsonl").close()  # as the next start: what was torn is cut away
    record = [json.loads(line) for line in (folder / "signed.jsonl").read_bytes().splitlines()]
    written = Counter((row["bound"], row["verb"]) for row in record)
    assert max(written.values()) == 1
    assert max(Counter((id, verb) for id, verb, _ in signed).values()) == 1
    assert {text for _, _, text in signed} <= {row["text"] for row in record}
    assert len(signed) > KILLS
    assert len(record) - len(signed) <= KILLS


def test_an_approval_that_a_kill_broke_off_is_spent_as_far_as_it_was_signed(folder: Path):
    chain = chains(1)[0]
    client = Client(folder, [chain])
    stage = next(iter(verbs(_body(chain)).values()))
    for expected in ("signed", "used"):
        with signer(folder, folder / "s"):
            client.desk.approval, client.desk.report = texts(chain), pump_says(key=client.key)
            row = json.loads(client.asking.question(stage, key=client.key))
            try:
                client.desk.sign(bytes.fromhex(row["text"]))
                found = "signed"
            except NotSigned as no:
                found = no.code
        assert found == expected


def _body(chain: tuple[Event, ...]) -> b.ChangeProposed:
    found = chain[0].body
    assert isinstance(found, b.ChangeProposed)
    assert chain[0].actor == Actor("Ada", Role.PHYSICIAN)
    return found


# Another user's server ----------------------------------------------------------------------------

STRANGER = "nobody"
ASKS = """
import os, pwd, sys
from cisterna.clinic.signer.call import NotSigned, SigningDesk
from pathlib import Path
found = pwd.getpwnam("nobody")
os.setgroups([int(sys.argv[2])]); os.setgid(found.pw_gid); os.setuid(found.pw_uid)
try:
    print(SigningDesk(Path(sys.argv[1])).public())
except NotSigned as no:
    print(no.code)
try:
    open(sys.argv[3]).read()
    print("it reads the key")
except PermissionError:
    print("no key")
"""


def asks_as_another(path: Path, key: Path) -> list[str]:
    """What a process of another user gets, who is in the socket's group."""
    words = [sys.executable, "-c", ASKS, str(path), str(path.stat().st_gid), str(key)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\n")[:2]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder for a socket that others can look into."""
    found = Path(tempfile.mkdtemp(prefix="s-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


def test_a_server_of_another_user_asks_and_cannot_read_the_key(folder: Path, shared: Path):
    if os.geteuid() != 0:
        heard_by_name(folder, shared / "s")
        return
    key, path = folder / tls.SIGNING_KEY, shared / "s"
    with signer(folder, path, "--for", STRANGER):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert asks_as_another(path, key) == [public_of(tls.signing_key(folder)), "no key"]
    with signer(folder, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o666)  # the kernel says who asks, whatever the file's rights became
        assert asks_as_another(path, key) == ["unreachable", "no key"]


def heard_by_name(folder: Path, path: Path) -> None:
    """Without the right to become another user: who is named is heard beside the owner."""
    with signer(folder, path, "--for", STRANGER):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert SigningDesk(path).public() == public_of(tls.signing_key(folder))
    with Server(path, Mock(), [12345]) as server:
        assert server.heard == {os.geteuid(), 12345}


@pytest.mark.parametrize(("name", "why"), [("root", "root may read"), ("no-such-user", "no user")])
def test_the_signer_is_shared_with_no_root_and_with_nobody_unknown(
    folder: Path, name: str, why: str
):
    assert why in refused_to_begin(folder, folder / "s", "--for", name)
