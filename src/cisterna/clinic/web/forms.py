"""The form of any act, made from what the act asks for.

Every form carries `base`, how many events the page had seen, and room for the reason (`why`).
"""

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from django import forms

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.course import Person
from cisterna.clinic.web import guide_choices, site
from cisterna.clinic.web.fields import Asking, fields_for, value_of
from cisterna.clinic.web.words import plain, words

UTC_ZONE = ZoneInfo("UTC")
_WRONG = "What was wrong. A correction has its reason; both entries stay on the record."
_WHY = "Only where this goes beyond a rule; it stands on the record."


class ActForm(forms.Form):
    """The form of one act for one person."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    corrects = forms.CharField(widget=forms.HiddenInput, required=False)
    why = forms.CharField(
        label="Reason to go beyond a rule",
        required=False,
        help_text=_WHY,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, act: str, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act, self.hint, self.words = act, asked_by(act), words("act", act)
        asking = Asking(person, site.rules(), zone_of(person))
        made = {} if self.hint is NoInput else fields_for(self.hint, "asked", self.words, asking)
        self.fields |= made
        self.order_fields(["base", "corrects", *made, "why"])
        if self["corrects"].value():
            self.fields["why"] = forms.CharField(
                help_text=_WRONG,
                widget=forms.Textarea(attrs={"rows": 2}),
                label="Reason to correct it",
            )

    def blocks(self) -> list["Block"]:
        """The fields as the page shows them: what belongs together stands together."""
        return blocks(self)

    def asked(self) -> Any:
        """What the act is asked for, once the form is valid."""
        if self.hint is NoInput:
            return None
        return value_of(self.hint, "asked", self.words, self.cleaned_data)


@dataclass(frozen=True, slots=True)
class Block:
    """One field, or a group of several entries of which the first is open.

    `more` are the further entries; `used` says that one of them has something in it.
    """

    title: str
    first: tuple[Any, ...]
    more: tuple[tuple[Any, ...], ...] = ()
    used: bool = False


def _filled(form: forms.Form, field: Any) -> bool:
    return bool(field.errors or field.data or form.initial.get(field.name))


_OF_GROUP = re.compile(r"([a-z_]+)-(?:(\d+)-)?[a-z_].*")


def blocks(form: forms.Form) -> list[Block]:
    """The fields of a form, those of a group under its name, those of one entry together."""
    found: list[Block] = []
    for name, together in groupby(form, lambda field: _group_of(field.name)):
        if not name:
            found.extend(Block("", (field,)) for field in together)
            continue
        entries = [tuple(e) for _, e in groupby(together, lambda field: _entry_of(field.name))]
        used = any(_filled(form, field) for e in entries[1:] for field in e)
        found.append(Block(plain(name), entries[0], tuple(entries[1:]), used))
    return found


def _group_of(name: str) -> str:
    found = _OF_GROUP.fullmatch(name)
    return found.group(1) if found else ""


def _entry_of(name: str) -> str:
    found = _OF_GROUP.fullmatch(name)
    return (found.group(2) or "") if found else ""


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
