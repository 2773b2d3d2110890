"""The guards of the course, by the part of it that they keep."""

from cisterna.clinic.guards import follow, implant, planning, refill
from cisterna.clinic.guards.guard import GUARDS, check, check_step

__all__ = ["GUARDS", "check", "check_step", "follow", "implant", "planning", "refill"]
