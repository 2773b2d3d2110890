"""The form that begins a refill: who and which pump are asked, the orders come from the record."""

from typing import Any

from django import forms

from cisterna.clinic.bodies.refill import RefillBegun
from cisterna.clinic.refill_order import Ordered, texts, waiting_orders
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import ActForm, zone_of
from cisterna.quantity import show

_TEXTS = ("running", "ordered", "previous")
_HELP = "Orders written since the one that runs. The solution is shown, not the reading of it."


class BeginForm(ActForm):
    """Name, date of birth and serial number as asked now; one order of those on her record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person, library = args[1], site.library()
        self.person = person
        for name in _TEXTS:
            del self.fields[name]
        zone = zone_of(person)
        found = [(o.id, _line(o, zone)) for o in waiting_orders(person, library)]
        look = forms.RadioSelect
        self.fields["order"] = forms.ChoiceField(
            label="Order of this refill", choices=found, widget=look, help_text=_HELP
        )
        self.order_fields(["base", "name", "number", "born", "serial", "order", "why"])

    def asked(self) -> RefillBegun:
        """The input of the act, with the texts of the orders."""
        clean = self.cleaned_data
        who = clean["name"], clean["number"], clean["born"], clean["serial"]
        return RefillBegun(*who, *texts(self.person, clean["order"], site.library()))


def _line(found: Ordered, zone: Any) -> str:
    """An order as one line: its drugs, its volume, for when, by whom."""
    rx = found.rx
    drugs = ", ".join(f"{c.drug.name} {show(c.concentration)}" for c in rx.solution.components)
    volume, at = show(rx.solution.fill_volume), rx.solution.filled_at.astimezone(zone)
    written = found.at.astimezone(zone)
    return f"{drugs}, {volume}, for {at:%Y-%m-%d}; {found.by}, {written:%Y-%m-%d %H:%M}"
