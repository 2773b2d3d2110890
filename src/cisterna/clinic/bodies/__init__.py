"""What can happen to a person. Importing this makes every body known, so a record can be read."""

from cisterna.clinic.bodies import (
    access,
    delegation,
    emergency,
    implant,
    mri,
    order,
    planning,
    pumpread,
    realpump,
    refill,
    revision,
    site,
    titration,
    trouble,
    visit,
    voice,
)
from cisterna.clinic.gate import bodies as gate

__all__ = [
    "access",
    "delegation",
    "emergency",
    "gate",
    "implant",
    "mri",
    "order",
    "planning",
    "pumpread",
    "realpump",
    "refill",
    "revision",
    "site",
    "titration",
    "trouble",
    "visit",
    "voice",
]
