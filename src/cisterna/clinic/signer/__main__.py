"""`python -m cisterna.clinic.signer FOLDER SOCKET [--demonstration FLEET]`: hold a station's key.

FOLDER holds the key and the public keys of the pumps, and takes the record. SOCKET is a file that
is made here. Where FOLDER holds `people.json`, each person's own passkey must have signed. It says
`ready` when it listens, and why when it does not begin. In a demonstration the time is that of the
host of FLEET; a fleet that is none is refused, and so is a station of another fleet.
"""

import json
import sys
from pathlib import Path

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
    if len(words) not in (2, 4) or words[2:3] not in ([], ["--demonstration"]):
        usage = "FOLDER SOCKET [--demonstration FLEET]"
        sys.stderr.write(f"usage: python -m cisterna.clinic.signer {usage}\n")
        return 2
    folder, path = Path(words[0]), Path(words[1])
    try:
        pumps = {
            str(k): str(v) for k, v in json.loads((folder / "pumps.json").read_bytes()).items()
        }
        people = People.read(folder / PEOPLE) if (folder / PEOPLE).exists() else None
        key = private_key(folder / SIGNING_KEY)
        clock = demonstration(Path(words[3]), pumps) if words[2:] else now
        desk = Desk(key, pumps, Record(folder / RECORD), clock, people)
        server = Server(path, desk)
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


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
