"""The form of any act, made from what the act asks for.

Every form carries `base`, how many events the page had seen, and room for the reason (`why`).
"""

from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from django import forms

from cisterna.clinic.acts import ACTS
from cisterna.clinic.acts.act import house
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.course import Person
from cisterna.clinic.web import guide_choices
from cisterna.clinic.web.fields import Asking, fields_for, value_of
from cisterna.clinic.web.words import words

UTC_ZONE = ZoneInfo("UTC")
_WHY = "What goes beyond a rule needs its reason; it stands on the record."


class ActForm(forms.Form):
    """The form of one act for one person."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    why = forms.CharField(
        label="Reason", required=False, help_text=_WHY, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, act: str, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act, self.hint, self.words = act, asked_by(act), words("act", act)
        asking = Asking(person, house(), zone_of(person))
        made = {} if self.hint is NoInput else fields_for(self.hint, "asked", self.words, asking)
        self.fields |= made
        self.order_fields(["base", *made, "why"])

    def asked(self) -> Any:
        """What the act is asked for, once the form is valid."""
        if self.hint is NoInput:
            return None
        return value_of(self.hint, "asked", self.words, self.cleaned_data)


class NoInput:
    """An act that asks for nothing but itself."""


def asked_by(act: str) -> Any:
    """The type of an act's input."""
    found = get_type_hints(ACTS[act].does).get("asked", NoInput)
    return NoInput if found in (Any, type(None), NoInput) else found


def zone_of(person: Person) -> ZoneInfo:
    """The time zone of a person; UTC before she is registered."""
    entry = person.last(Registered, None)
    return ZoneInfo(entry.body.zone) if entry else UTC_ZONE


__all__ = ["ActForm", "NoInput", "asked_by", "guide_choices", "zone_of"]
