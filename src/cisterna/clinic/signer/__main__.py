"""`python -m cisterna.clinic.signer FOLDER SOCKET`: hold a station's key.

FOLDER holds the key and the public keys of the pumps, and takes the record. SOCKET is a file that
is made here. Where FOLDER holds `people.json`, each person's own passkey must have signed. It says
`ready` when it listens, and why when it does not begin. `--for USER` lets processes of another user
ask, who cannot read the key: the clinic's server. The socket's group can open it then, so its
folder is of a group that both are in. `--demonstration FLEET` takes the time of the host of FLEET;
a fleet that is none is refused, and so is a station of another fleet.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from pwd import getpwnam

from cisterna.clinic.signer.demonstration import demonstration
from cisterna.clinic.signer.desk import Desk, now
from cisterna.clinic.signer.key import UnsafeKey, private_key
from cisterna.clinic.signer.passkey import People
from cisterna.clinic.signer.record import BrokenRecord, Record
from cisterna.clinic.signer.serve import Server
from cisterna.pump.certificates import SIGNING_KEY

RECORD, PEOPLE = "signed.jsonl", "people.json"


def main(words: list[str]) -> int:
    """Serve until ended; 2 where it cannot begin."""
    asked = _asked(words)
    folder: Path = asked.folder
    try:
        pumps = {
            str(k): str(v) for k, v in json.loads((folder / "pumps.json").read_bytes()).items()
        }
        people = People.read(folder / PEOPLE) if (folder / PEOPLE).exists() else None
        key = private_key(folder / SIGNING_KEY)
        clock = demonstration(asked.demonstration, pumps) if asked.demonstration else now
        desk = Desk(key, pumps, Record(folder / RECORD), clock, people)
        server = Server(asked.socket, desk, [_uid(name) for name in asked.others])
    except (UnsafeKey, BrokenRecord, OSError, ValueError, AttributeError) as problem:
        sys.stderr.write(f"the signer does not begin: {problem}\n")
        return 2
    if people is None:
        sys.stderr.write("no people.json: who signed is believed as the events name it\n")
    with server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        server.serve_forever()
    return 0


def _asked(words: list[str]) -> Namespace:
    parser = ArgumentParser("python -m cisterna.clinic.signer", description="Hold a station's key.")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("socket", metavar="SOCKET", type=Path)
    parser.add_argument("--demonstration", metavar="FLEET", type=Path)
    parser.add_argument("--for", dest="others", metavar="USER", action="append", default=[])
    return parser.parse_args(words)


def _uid(name: str) -> int:
    """The id of a user of this machine. Raises `ValueError` for nobody, and for root."""
    try:
        found = getpwnam(name).pw_uid
    except KeyError:
        raise ValueError(f"there is no user {name} here") from None
    if found == 0:
        raise ValueError("root may read the key: name the user of the clinic's server")
    return found


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
