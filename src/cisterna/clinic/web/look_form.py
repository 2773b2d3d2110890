"""The form of one look in a trial: each answer is one tap or one key."""

from collections.abc import Callable
from typing import Any

from django import forms

from cisterna.clinic.bodies.planning import TrialObserved
from cisterna.clinic.web import site
from cisterna.clinic.web.forms import ActForm, zone_of

ENDS = ("intolerable", "respiratory_depression", "new_deficit", "infection")
_NONE = ("none", "None of these")
_WORDS = {
    "intolerable": "Effects she cannot bear",
    "respiratory_depression": "Breathing depressed",
    "new_deficit": "New weakness or numbness",
    "infection": "Sign of infection",
}
_ORDER = (
    "base", "seen", "pain_rest", "pain_moving", "ashworth", "sedation", "breaths", "oxygen",
    "function_better", "goals_met", "ends", "says", "why",
)  # fmt: skip


class LookForm(ActForm):
    """What one look asks for this purpose; what ends a trial is answered, with none if none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules, person = site.rules(), args[1]
        pain = person.indication(rules).term.purpose == "pain"
        gone = ("ashworth", "goals_met") if pain else ("pain_rest", "pain_moving")
        for name in (*gone, *ENDS):
            del self.fields[name]
        scale = rules.scale("numeric-pain" if pain else "modified-ashworth")
        for name in ("pain_rest", "pain_moving") if pain else ("ashworth",):
            self.fields[name] = _radios(self.fields[name].label, scale, int if pain else str)
        asked = "function_better" if pain else "goals_met"
        self.fields[asked].initial, self.fields[asked].required = None, True
        if not pain:
            self.fields["function_better"].widget = forms.HiddenInput()
        self.fields["ends"] = forms.MultipleChoiceField(
            label="Is there any of these?",
            choices=[_NONE, *_WORDS.items()],
            widget=forms.CheckboxSelectMultiple,
            help_text="Each of them ends a trial.",
        )
        self.zone = zone_of(person)
        self.order_fields(_ORDER)

    def clean_ends(self) -> tuple[str, ...]:
        """What there is. Raises `ValidationError` for none together with some."""
        found = tuple(self.cleaned_data["ends"])
        if "none" in found and len(found) > 1:
            raise forms.ValidationError("Either none of these, or which.")
        return tuple(name for name in found if name != "none")

    def asked(self) -> TrialObserved:
        """The input of the act."""
        apart = ("base", "why", "corrects", "ends")
        clean: dict[str, Any] = {k: v for k, v in self.cleaned_data.items() if k not in apart}
        clean["function_better"] = bool(clean.get("function_better"))
        return TrialObserved(**(clean | {name: True for name in self.cleaned_data["ends"]}))  # noqa: C420


def _radios(label: Any, steps: tuple[str, ...], kind: Callable[[Any], Any]) -> forms.Field:
    return forms.TypedChoiceField(
        label=label, choices=[(s, s) for s in steps], coerce=kind, widget=forms.RadioSelect
    )
