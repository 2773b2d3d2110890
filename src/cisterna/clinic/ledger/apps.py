"""The record as an application of Django."""

from django.apps import AppConfig


class Ledger(AppConfig):
    """The record."""

    name = "cisterna.clinic.ledger"
    label = "ledger"
