"""The clinic's pages as an application of Django."""

from django.apps import AppConfig


class Web(AppConfig):
    """The pages."""

    name = "cisterna.clinic.web"
    label = "web"

    def ready(self) -> None:
        """Listen to who signs in and who fails to."""
        from cisterna.clinic.web import audit  # noqa: PLC0415

        audit.listen()
