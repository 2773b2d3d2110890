"""`rebuild`: throw the lists away and work them out anew from the record."""

from typing import Any

from django.core.management.base import BaseCommand

from cisterna.clinic.web import rows


class Command(BaseCommand):
    """Nothing is lost: the lists are a cache of the record."""

    help = "Work the lists of the pages out anew from the record."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many people there are."""
        self.stdout.write(f"{rows.rebuild()} people")
