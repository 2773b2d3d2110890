"""How the clinic's tests ask for a refusal: by its code, and with a way out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cisterna.clinic.refusal import Refused


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Something is refused, for just this reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.message
    assert caught.value.way_out
