"""What is to be done for a person, and by when: each part of the course lists its own."""

from cisterna.clinic.tasks import antibiotic, heard, implant, titration, years
from cisterna.clinic.tasks.task import Task, due, tasks

__all__ = ["Task", "antibiotic", "due", "heard", "implant", "tasks", "titration", "years"]
