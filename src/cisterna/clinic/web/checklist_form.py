"""The checklist before an operation as a form: each item is done, or does not apply with a note."""

from typing import Any

from django import forms

from cisterna.clinic.bodies.implant import Checked, ChecklistAnswered
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import ActForm


class ChecklistForm(ActForm):
    """Every item of the facts once; a note stands beside those that may be left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [n for n in self.fields if n.startswith("items-")]:
            del self.fields[name]
        for item in site.rules().checklist():
            self.fields[f"done:{item.id}"] = forms.ChoiceField(
                label=item.name[:1].upper() + item.name[1:],
                choices=[("yes", "Done"), ("no", "Not done")],
                widget=forms.RadioSelect,
            )
            if item.skip:
                self.fields[f"note:{item.id}"] = forms.CharField(
                    label="If not: why it does not apply", required=False
                )
        self.order_fields(["base", *[n for n in self.fields if ":" in n], "why"])

    def asked(self) -> ChecklistAnswered:
        """The input of the act."""
        clean = self.cleaned_data
        return ChecklistAnswered(
            tuple(
                Checked(i.id, clean[f"done:{i.id}"] == "yes", clean.get(f"note:{i.id}", ""))
                for i in site.rules().checklist()
            )
        )
