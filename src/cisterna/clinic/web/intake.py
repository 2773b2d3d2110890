"""The form for somebody new: who she is, and what she is referred for."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from cisterna.clinic.bodies.planning import Referred, Registered
from cisterna.clinic.course import Person
from cisterna.clinic.web import site
from cisterna.clinic.web.fields import Asking, fields_for, value_of
from cisterna.clinic.web.words import words


class Intake(forms.Form):
    """Both inputs of `desk.admit` on one page; the clinic is that of whoever enters her."""

    def __init__(self, *args: Any, clinic: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        asking = Asking(Person("-"), site.rules(), ZoneInfo("UTC"))
        for kind, act in ((Registered, "register"), (Referred, "refer")):
            self.fields |= fields_for(kind, "asked", words("act", act), asking)
        del self.fields["clinic"]

    def entry(self) -> Registered:
        """Who she is."""
        clean = self.cleaned_data | {"clinic": self.clinic}
        found: Registered = value_of(Registered, "asked", words("act", "register"), clean)
        return found

    def referral(self) -> Referred:
        """What she is referred for."""
        found: Referred = value_of(Referred, "asked", words("act", "refer"), self.cleaned_data)
        return found
