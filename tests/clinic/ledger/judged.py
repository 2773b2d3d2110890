"""What tests of the record ask: was it refused, is it whole?"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cisterna.clinic.ledger.backup import export_lines
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.verify import examine, read_line
from cisterna.order.line import Refused


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The act is refused with this code."""
    with pytest.raises(Refused) as found:
        yield
    assert found.value.code == code


def whole(record: Record) -> bool:
    """What the separate verifier says of the record's export."""
    head, *lines = export_lines(record)
    return examine(head, lambda: (read_line(f"{x}\n".encode()) for x in lines)).ok
