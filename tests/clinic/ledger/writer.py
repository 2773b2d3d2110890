"""A process that writes events and tells each one that is on record, until it is done or killed.

python -m tests.clinic.ledger.writer PLACE NAME COUNT
"""

import sys
from dataclasses import replace

from cisterna.clinic.ledger.place import connect

PER_ACT = 2


def main(place: str, name: str, count: int) -> None:
    """Write acts of two events each; a line for each act that was acknowledged."""
    database = connect(place)
    from cisterna.clinic.ledger.record import Record  # noqa: PLC0415
    from tests.clinic.ledger.happened import said  # noqa: PLC0415

    record = Record.open(database)
    print("ready", flush=True)
    sys.stdin.readline()
    for act in range(count):
        ids = [f"{name}-{act}-{part}" for part in range(PER_ACT)]
        entries = record.append(*(replace(said(act), id=each) for each in ids))
        print(*(entry.event.id for entry in entries), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
