"""The signer's clock in a demonstration: that of the host of its pumps, and no other's.

Times of the demonstration never meet a real pump: the fleet says that it is one, and every pump
that this signer knows is of that fleet.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from cisterna.clinic.signer.refusal import Refusal
from cisterna.pump.hosted import DemonstrationTime, NoHost


def demonstration(fleet: Path, pumps: Mapping[str, str]) -> Callable[[], datetime]:
    """The clock. Raises `ValueError` for a fleet that is none, or for pumps of another one.

    Where the host tells no time nothing is signed (`Refusal`).
    """
    clock = DemonstrationTime.of(fleet)
    stranger = next((serial for serial in pumps if not clock.has(serial)), None)
    if stranger is not None:
        raise ValueError(f"{stranger} is no pump of this demonstration")

    def now() -> datetime:
        try:
            return clock.now()
        except NoHost as problem:
            why = f"The demonstration's host tells no time: {problem}"
            raise Refusal("no-time", why) from None

    return now
