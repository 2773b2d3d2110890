"""What can happen to a person. Importing this makes every body known, so a record can be read."""

from cisterna.clinic.bodies import (
    emergency,
    implant,
    mri,
    planning,
    refill,
    revision,
    titration,
    trouble,
    visit,
)
from cisterna.clinic.gate import bodies as gate

__all__ = [
    "emergency",
    "gate",
    "implant",
    "mri",
    "planning",
    "refill",
    "revision",
    "titration",
    "trouble",
    "visit",
]
