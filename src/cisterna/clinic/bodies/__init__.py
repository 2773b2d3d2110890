"""What can happen to a person. Importing this makes every body known, so a record can be read."""

from cisterna.clinic.bodies import (
    access,
    emergency,
    hers,
    implant,
    mri,
    order,
    painmap,
    planning,
    pumpread,
    reach,
    realpump,
    refill,
    revision,
    site,
    titration,
    trouble,
    visit,
)
from cisterna.clinic.gate import bodies as gate

__all__ = [
    "access",
    "emergency",
    "gate",
    "hers",
    "implant",
    "mri",
    "order",
    "painmap",
    "planning",
    "pumpread",
    "reach",
    "realpump",
    "refill",
    "revision",
    "site",
    "titration",
    "trouble",
    "visit",
]
