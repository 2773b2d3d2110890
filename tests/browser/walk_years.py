"""What happens over the years, on the pages: a scan in a magnet, and the search for a fault."""

from datetime import timedelta

from cisterna.clinic.bodies.mri import (
    ScanCleared,
    ScanEnded,
    ScanInterrogated,
    ScanPrepared,
    ScanRequested,
)
from cisterna.clinic.bodies.trouble import Fault, TroubleJudged, TroubleOpened
from cisterna.clinic.devices import devices
from cisterna.pump.hosted import ask
from tests.browser.walk import SOON, Walk
from tests.clinic.people import NURSE, PHYSICIAN, Step
from tests.clinic.test_mri import RUNS, SYNCHROMED
from tests.clinic.test_troubleshoot import LEAK, step

STILL = 40 * 60_000
"""For how long the rotor stands still in the magnet, in milliseconds."""


def scanned(walk: Walk, drug: str, cover: str) -> None:
    """A scan from its request to its close; in the magnet the rotor stands still."""
    day = walk.at + timedelta(days=3)
    request = ScanRequested("new leg pain", "lumbar", "1.5 T", day)
    walk.do(Step("request-scan", PHYSICIAN, request))
    pump = devices(walk.person).pump
    assert pump is not None
    cleared = ScanCleared(pump.model, "1.5 T", (drug,), (), cover)
    walk.do(Step("clear-scan", PHYSICIAN, cleared, timedelta(days=1)))
    walk.wait(timedelta(days=2))
    walk.interrogate(NURSE)
    walk.do(Step("prepare-scan", NURSE, ScanPrepared(SYNCHROMED), SOON))
    assert walk.person.place == "mri-hold"
    fault = {"do": "fault", "serial": pump.serial, "kind": "stall", "lasts_ms": str(STILL)}
    assert "refused" not in ask(walk.house.fleet, fault)
    walk.wait(timedelta(minutes=30))
    walk.do(Step("end-scan", NURSE, ScanEnded(walk.at), SOON))
    for later in (timedelta(minutes=25), timedelta(minutes=5)):
        walk.wait(later)
        walk.interrogate(NURSE)
        looked = ScanInterrogated(walk.at, RUNS)
        walk.do(Step("interrogate-after-scan", NURSE, looked, SOON))
    walk.do(Step("close-scan", NURSE, "", SOON))
    assert walk.person.place == "maintenance"


def searched(walk: Walk, fault: Fault, reason: str, cover: str) -> None:
    """The search for a fault, from the complaint to the verdict that proposes a revision."""
    walk.do(Step("open-trouble", NURSE, TroubleOpened("relief is gone since Tuesday")))
    for name, result in LEAK:
        if name == "interrogate":
            walk.interrogate()
        walk.do(Step("record-trouble-step", PHYSICIAN, step(name, result), SOON))
    walk.do(Step("judge-trouble", PHYSICIAN, TroubleJudged(fault, reason, cover), SOON))
    assert walk.person.place == "troubleshooting"
