"""A visitor's phone becomes the remote of an invented person: the pump opens, and is touched.

In a clinic a nurse opens the pump to a new remote and somebody holds the token to the pump. In a
demonstration one button does both. The code is good once, for the remote's page alone.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from cisterna.clinic.refusal import Refused
from cisterna.pump import certificates as tls
from cisterna.pump import hosted
from cisterna.pump.client import NoAnswer, Station
from cisterna.pump.fleet import PROGRAMMERS, new_code
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import Programmer, PumpRefused, knock


def opened(fleet: Path, serial: str) -> str:
    """Open this pump of a demonstration to a new remote, and touch it: the code to type.

    Raises `Refused` where the pump does not answer or refuses.
    """
    row = hosted.running(fleet)
    if row is None:
        raise Refused("no-host", "The pumps are not running.", "Start the demonstration again.")
    folder, code = fleet / "stations" / PROGRAMMERS[1], new_code()
    try:
        station = Station.read(folder, str(row["address"]), int(row["port"]))
        key = tls.signing_key(folder)
        wakes = knock(serial, Role.PROGRAMMER, key_id(public_of(key)), key.sign)
        with station.connect(serial, wakes) as line:
            Programmer.at(station, line).begin_pairing(Role.REMOTE, code)
        hosted.ask(fleet, {"do": "touch", "serial": serial})
    except PumpRefused as no:
        raise Refused(no.response.code or "refused", str(no), "Wait three minutes.") from None
    except (NoAnswer, OSError) as problem:
        words = f"The pump does not answer: {problem}"
        raise Refused("no-answer", words, "Start the demonstration again.") from None
    return code


def link(remote: str, serial: str, code: str) -> str:
    """The remote's page with the card filled in; what stands after the # stays on the device."""
    words: Mapping[str, str] = {"serial": serial, "code": code}
    return f"{remote}#{urlencode(words)}"
