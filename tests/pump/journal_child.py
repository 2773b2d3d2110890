"""A process that writes a journal in a folder and tells each durable record, until it is killed.

Each line on the standard output is `s NUMBER` for a state or `e NUMBER` for an entry.
"""

import sys
from pathlib import Path

from cisterna.pump.files import FileStorage
from cisterna.pump.journal import Journal, JournalRefused

SERIAL = "CR-0042"
CAPACITY = 2048


def main(folder: Path) -> None:
    """Go on from what is there, for good."""
    with FileStorage(folder) as storage:
        number = 0
        try:
            journal, found = Journal.open(storage, SERIAL)
            number = int((found.entries or (found.snapshot,))[-1])
        except JournalRefused:
            journal = Journal.create(storage, SERIAL, b"%d" % number, CAPACITY)
        while True:
            number += 1
            payload = b"%d" % number
            due = len(payload) > journal.room
            (journal.snapshot if due else journal.append)(payload)
            sys.stdout.write(f"{'s' if due else 'e'} {number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
