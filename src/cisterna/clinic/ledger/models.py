"""The tables of the record. Nobody but `record` and `restore` writes them; triggers see to it."""

from typing import Any

from django.db import models


class RecordedOn(models.Func):
    """The day on which an event was recorded, as its text has it.

    The text has one spelling, and no string in it can hold the mark: quotes in it are escaped. The
    literals stand in the expression, or SQLite would not see that the index answers it.
    """

    _FROM = 'SUBSTR(%(expressions)s, {}(%(expressions)s, \'"recorded":"\') + 12, 10)'
    template = _FROM.format("INSTR")
    output_field = models.TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """The same where the search is called otherwise."""
        return self.as_sql(compiler, connection, template=self._FROM.format("STRPOS"), **more)


class ClinicRow(models.Model):
    """The one row that says whose record this database holds."""

    only = models.SmallIntegerField(primary_key=True, default=1)
    clinic = models.CharField(max_length=20)
    record = models.CharField(max_length=32)

    class Meta:
        """One row, of one of two kinds."""

        db_table = "cisterna_clinic"
        constraints = (
            models.CheckConstraint(condition=models.Q(only=1), name="one_clinic"),
            models.CheckConstraint(
                condition=models.Q(clinic__in=("demonstration", "real")), name="kind_of_clinic"
            ),
        )


class EventRow(models.Model):
    """One entry. Person, kind and id stand in the text too; here they can be searched."""

    seq = models.BigIntegerField(primary_key=True)
    person = models.CharField(max_length=100)
    kind = models.CharField(max_length=100)
    event_id = models.CharField(max_length=100, db_column="id")
    text = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """A chain, searched by person and by kind."""

        db_table = "cisterna_event"
        constraints = (
            models.UniqueConstraint(fields=("event_id",), name="one_event_of_an_id"),
            # Two entries never follow the same one: the chain cannot fork.
            models.UniqueConstraint(fields=("previous",), name="one_event_after_another"),
        )
        indexes = (
            models.Index(fields=("person", "seq"), name="events_of_a_person"),
            models.Index(fields=("kind", "seq"), name="events_of_a_kind"),
            models.Index(RecordedOn("text"), "seq", name="events_of_a_day"),
        )
