"""What can happen to a person. Importing this makes every body known, so a record can be read."""

from cisterna.clinic.bodies import order, planning, pumpread, realpump
from cisterna.clinic.gate import bodies as gate

__all__ = ["gate", "order", "planning", "pumpread", "realpump"]
