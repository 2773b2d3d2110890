"""The tables of the pages: who signs in, a cache of the record to make lists from, and an audit.

Nothing here is the truth about a person: that is the record. `PersonRow` and `TaskRow` are worked
out from it by `rows` and can be thrown away. `AuditRow` is written once: triggers refuse the rest.
"""

from django.conf import settings
from django.db import models

from cisterna.clinic.event import Actor, Role

STAFF = frozenset(Role) - {Role.PATIENT, Role.CAREGIVER, Role.SYSTEM}
"""Who works in a clinic, and so must have a second factor."""
HERSELF = frozenset({Role.PATIENT, Role.CAREGIVER})
"""Who sees one person: herself, or the one she cares for."""


class Member(models.Model):
    """Whose account this is, as the record names her, in which role and clinic."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    who = models.CharField(max_length=100, unique=True)
    role = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role])
    clinic = models.CharField(max_length=40)
    person = models.CharField(max_length=100, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        """One name on the record is one account."""

        db_table = "cisterna_member"

    def __str__(self) -> str:
        return f"{self.who}, {self.role}"

    @property
    def actor(self) -> Actor:
        """Who acts, and as what, as an event has it."""
        return Actor(self.who, Role(self.role))

    @property
    def staff(self) -> bool:
        """Whether she works in a clinic."""
        return Role(self.role) in STAFF


class PersonRow(models.Model):
    """One person as the lists show her, worked out from her events up to number `seq`.

    From `stale_at` on time alone has changed what is due for her; null is never.
    """

    person = models.CharField(max_length=100, primary_key=True)
    clinic = models.CharField(max_length=40, db_index=True)
    name = models.CharField(max_length=200, db_index=True)
    born = models.DateField(null=True)
    number = models.CharField(max_length=100, db_index=True)
    indication = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=40, blank=True, db_index=True)
    since = models.DateTimeField(null=True)
    last = models.DateTimeField()
    events = models.IntegerField()
    seq = models.BigIntegerField()
    stale_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """Lists go by clinic, place and name."""

        db_table = "cisterna_person"
        indexes = (
            models.Index(fields=("clinic", "place", "since"), name="people_of_a_place"),
            models.Index(fields=("clinic", "name", "person"), name="people_by_name"),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.number}"


class TaskRow(models.Model):
    """What needs whom, by when; all of a person's are rewritten when she has new events.

    `urgency` is that of the task (`clinic.tasks`), `why` what binds it, `source` where the rule
    stands.
    """

    person = models.ForeignKey(PersonRow, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=80, blank=True)
    what = models.CharField(max_length=200)
    due = models.DateTimeField(db_index=True)
    role = models.CharField(max_length=20, db_index=True)
    urgency = models.SmallIntegerField(default=2)
    why = models.TextField(blank=True)
    source = models.TextField(blank=True)

    class Meta:
        """The earliest first."""

        db_table = "cisterna_task"
        ordering = ("due", "id")
        indexes = (models.Index(fields=("urgency", "due"), name="tasks_by_urgency"),)

    def __str__(self) -> str:
        return self.what


class Cursor(models.Model):
    """The one row that says up to which event of the record the cache goes."""

    only = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)

    class Meta:
        """One row."""

        db_table = "cisterna_cursor"

    def __str__(self) -> str:
        return f"up to {self.seq}"


class AuditRow(models.Model):
    """One sign-in, one that failed, or an act that was denied; times in UTC, never changed."""

    at = models.DateTimeField(db_index=True)
    what = models.CharField(max_length=40, db_index=True)
    who = models.CharField(max_length=150, db_index=True)
    address = models.CharField(max_length=45)
    path = models.CharField(max_length=300)
    words = models.TextField(blank=True)

    class Meta:
        """The order in which it happened."""

        db_table = "cisterna_audit"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what} {self.who}"
