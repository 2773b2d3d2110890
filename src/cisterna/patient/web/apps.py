"""The patient's pages as an application of Django."""

from django.apps import AppConfig


class Pages(AppConfig):
    """The pages."""

    name = "cisterna.patient.web"
    label = "patient"
