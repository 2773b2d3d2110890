"""The guards of the course, by the part of it that they keep."""

from cisterna.clinic.guards import follow, planning
from cisterna.clinic.guards.guard import GUARDS, check, check_step

__all__ = ["GUARDS", "check", "check_step", "follow", "planning"]
