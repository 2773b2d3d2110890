"""A record and a desk for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.gate.people import (
    Way,
)
from tests.clinic.signer.asking import (
    Asking,
)


@pytest.fixture
def way() -> Way:
    """A person's record."""
    return Way()


@pytest.fixture
def asking(tmp_path: Path, way: Way) -> Iterator[Asking]:
    """Somebody at the desk, at the time of the record."""
    found = Asking(tmp_path, lambda: way.at)
    yield found
    found.desk.record.close()
