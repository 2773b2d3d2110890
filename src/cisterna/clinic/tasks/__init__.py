"""What is to be done for a person, and by when: each part of the course lists its own."""

from cisterna.clinic.tasks import heard, implant, titration, years
from cisterna.clinic.tasks.task import Task, due, tasks

__all__ = ["Task", "due", "heard", "implant", "tasks", "titration", "years"]
