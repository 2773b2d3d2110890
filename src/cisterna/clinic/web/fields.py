"""The fields of a form from the type of what an act asks: what a page sends becomes exactly that.

A truth value is asked with Yes and No and nothing chosen, so that no answer is one by silence. A
quantity is written with its unit, a time is civil time in the person's zone, a list of words one
to a line. A dataclass inside another is a group of fields; a list of them is up to `GROUPS` groups,
of which empty ones are left out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone as zones

from cisterna.clinic.course import Person
from cisterna.clinic.web.choices import CHOICES
from cisterna.clinic.web.words import plain
from cisterna.facts import Pathway
from cisterna.quantity import Quantity, QuantityError, decimal_text

GROUPS = 4
_FEW = 7
_DAY, _MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H:%M"
_LONG = frozenset({"says", "reason", "statement", "weighed", "question", "why", "note", "course"})
_EMPTY = (None, "", ())
_YES_NO = [("yes", "Yes"), ("no", "No")]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a field needs to know beside its type: whose record, which rules, which zone."""

    person: Person
    rules: Pathway
    zone: ZoneInfo


class QuantityField(forms.CharField):
    """A number with its unit, such as 60 mg/day or 50 mcg; nothing is assumed where one lacks."""

    def to_python(self, value: Any) -> Any:
        """The quantity. Raises `ValidationError`."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return Quantity.parse(text)
        except QuantityError as why:
            raise forms.ValidationError(f"{why}. Write a number and its unit.") from None


class WordsField(forms.CharField):
    """Words as they were written; the line ends of a browser are those of a text."""

    def to_python(self, value: Any) -> Any:
        """The words."""
        found = super().to_python(value)
        return found.replace("\r\n", "\n") if isinstance(found, str) else found


class MomentField(forms.DateTimeField):
    """A civil time in the person's zone; one that a clock change makes twice or never is asked."""

    def __init__(self, *, zone: ZoneInfo, **kwargs: Any) -> None:
        look = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTE)
        super().__init__(widget=look, input_formats=[_MINUTE, f"{_MINUTE}:%S"], **kwargs)
        self.zone = zone

    def prepare_value(self, value: Any) -> Any:
        """The time as it stands in the form: civil time in the person's zone, not the server's."""
        with zones.override(self.zone):
            return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        """The time with its offset."""
        with zones.override(self.zone):
            found = super().to_python(value)
        if found is None:
            return None
        return found.replace(tzinfo=timezone(found.utcoffset() or timedelta(0)))


class SeveralField(forms.TypedMultipleChoiceField):
    """Several of a list, or none, which is an answer too."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        """The chosen ones, in the order of the list."""
        return tuple(super().clean(value))


class LinesField(forms.CharField):
    """Words, one entry to a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> Any:
        """The entries, without empty lines."""
        return tuple(line.strip() for line in str(value or "").splitlines() if line.strip())


def fields_for(hint: Any, name: str, words: Mapping[str, Any], ask: Asking) -> dict[str, Any]:
    """The form's fields for one input, by their names."""
    if is_dataclass(hint):
        return _of_dataclass(hint, "", words, ask)
    return {name: field_of(hint, name, words.get("field", {}).get(name, {}), ask, needed=False)}


def value_of(hint: Any, name: str, words: Mapping[str, Any], clean: Mapping[str, Any]) -> Any:
    """The input as the act wants it, from a form that is valid."""
    return _dataclass_value(hint, "", words, clean) if is_dataclass(hint) else clean[name]


def entered(hint: Any, value: Any, words: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """What the fields of a form hold that was filled in with this value: `value_of` backwards."""
    found: dict[str, Any] = {}
    for one in fields(hint):
        said = words.get("field", {}).get(one.name, {})
        name, part = f"{prefix}{one.name}", getattr(value, one.name)
        answers = _answers(words, one.name)
        if answers is not None:
            found |= _radioed(answers, part, getattr(value, answers["no"]))
        elif _is_answered_elsewhere(words, one.name):
            continue
        elif group := _group(hints(hint)[one.name]):
            inner = {"field": said.get("field", {})}
            many = _many(hints(hint)[one.name])
            parts = {f"{name}-{n}-": p for n, p in enumerate(part)} if many else {f"{name}-": part}
            for place, each in parts.items():
                found |= {} if each is None else entered(group, each, inner, place)
        else:
            found[name] = shown_in_form(part, several="choices" in said)
    return found


def shown_in_form(value: Any, *, several: bool = False) -> Any:
    """A value as its field shows it; `several` are chosen from a list."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Quantity):
        return f"{decimal_text(value.number(value.unit.name))} {value.unit.name}"
    return "\n".join(value) if isinstance(value, tuple) and not several else value


def _radioed(
    answers: Mapping[str, Any], yes: tuple[str, ...], no: tuple[str, ...]
) -> dict[str, str]:
    found = {f"{answers['yes']}:{key}": "no" for key in no}
    for key, _, detail in (each.partition(":") for each in yes):
        found[f"{answers['yes']}:{key}"] = "yes"
        found |= {f"{answers['yes']}+{key}": detail} if detail else {}
    return found


def _of_dataclass(
    kind: Any, prefix: str, words: Mapping[str, Any], ask: Asking, *, optional: bool = False
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields(kind):
        said = words.get("field", {}).get(one.name, {})
        hint, name = hints(kind)[one.name], f"{prefix}{one.name}"
        answers = _answers(words, one.name)
        if answers is not None:
            found |= dict(_radios(answers, ask))
        elif _is_answered_elsewhere(words, one.name):
            continue
        elif group := _group(hint):
            inner = {"field": said.get("field", {})}
            left = optional or _many(hint) or _maybe(hint)
            for number in range(said.get("groups", GROUPS) if _many(hint) else 1):
                place = f"{name}-{number}-" if _many(hint) else f"{name}-"
                found |= _of_dataclass(group, place, inner, ask, optional=left)
        else:
            needed = not optional and (_no_default(one) or hint is int)
            found[name] = field_of(hint, one.name, said, ask, needed=needed)
            if not _no_default(one) and found[name].initial is None:
                found[name].initial = _initial(one)
    return found


def _dataclass_value(
    kind: Any, prefix: str, words: Mapping[str, Any], clean: Mapping[str, Any]
) -> Any:
    values: dict[str, Any] = {}
    for one in fields(kind):
        hint, name = hints(kind)[one.name], f"{prefix}{one.name}"
        said = words.get("field", {}).get(one.name, {})
        answers = _answers(words, one.name)
        if answers is not None:
            values[answers["yes"]], values[answers["no"]] = _answered(answers, clean)
        elif _is_answered_elsewhere(words, one.name):
            continue
        elif group := _group(hint):
            values[one.name] = _groups_value(group, name, hint, said, clean)
        else:
            values[one.name] = clean[name]
    return kind(**values)


def _groups_value(
    group: Any, name: str, hint: Any, said: Mapping[str, Any], clean: Mapping[str, Any]
) -> Any:
    inner = {"field": said.get("field", {})}
    if not _many(hint):
        filled = any(v not in _EMPTY for k, v in clean.items() if k.startswith(f"{name}-"))
        if _maybe(hint) and not filled:
            return None
        return _dataclass_value(group, f"{name}-", inner, clean)
    places = [f"{name}-{number}-" for number in range(said.get("groups", GROUPS))]
    used = [p for p in places if any(v not in _EMPTY for k, v in clean.items() if k.startswith(p))]
    return tuple(_dataclass_value(group, p, inner, clean) for p in used)


# One field ---------------------------------------------------------------------------------------


def field_of(
    hint: Any, name: str, said: Mapping[str, Any], ask: Asking, *, needed: bool
) -> forms.Field:
    """The field of a plain type."""
    unknown = _maybe(hint)
    if unknown:
        hint, needed = next(k for k in get_args(hint) if k is not NoneType), False
    label = said.get("title") or plain(name)
    about = {
        "label": label,
        "help_text": said.get("help", ""),
        "required": needed and not said.get("optional", False),
    }
    given = CHOICES.get(said.get("choices", ""))
    options = list(given(ask.person, ask.rules)) if given else None
    if get_origin(hint) is tuple:
        return _list(options, about, one=bool(said.get("one", False)))
    if options is not None:
        return _chosen(options, about, empty=None if unknown else "")
    return _plain_field(hint, name, said, ask, about, empty=None if unknown else "")


def _plain_field(
    hint: Any,
    name: str,
    said: Mapping[str, Any],
    ask: Asking,
    about: dict[str, Any],
    *,
    empty: str | None = "",
) -> forms.Field:
    if hint is bool:
        return forms.TypedChoiceField(
            choices=_YES_NO, widget=forms.RadioSelect, coerce=_yes, empty_value=None, **about
        )
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _chosen([(m.value, plain(m.value)) for m in hint], about, hint)
    made = _MADE.get(hint)
    if made is not None:
        return made(_with_help(hint, about, ask), ask)
    long = said.get("long", name in _LONG)
    widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
    strip = not said.get("verbatim", False)
    return WordsField(widget=widget, strip=strip, empty_value=empty, **about)


def _with_help(hint: Any, about: dict[str, Any], ask: Asking) -> dict[str, Any]:
    """What a reader has to know to fill it in, where the words say nothing."""
    said = {
        Quantity: "With its unit, as in 4 mg/day or 50 mcg.",
        datetime: f"Time in {ask.zone.key}.",
    }
    return about | {"help_text": about["help_text"] or said.get(hint, "")}


def _day(about: dict[str, Any], ask: Asking) -> forms.Field:
    # One spelling: 01/04/65 is January to some and April to others.
    look = forms.DateInput(attrs={"type": "date"}, format=_DAY)
    return forms.DateField(widget=look, input_formats=[_DAY], **about)


_MADE: dict[Any, Callable[[dict[str, Any], Asking], forms.Field]] = {
    int: lambda about, ask: forms.IntegerField(**about),
    Quantity: lambda about, ask: QuantityField(
        widget=forms.TextInput(attrs={"class": "quantity", "autocomplete": "off"}), **about
    ),
    datetime: lambda about, ask: MomentField(zone=ask.zone, **about),
    date: _day,
}


def _list(
    options: list[tuple[str, str]] | None, about: dict[str, Any], *, one: bool
) -> forms.Field:
    """Lines, or what is chosen; none is an answer unless at least `one` is asked for."""
    if options is None:
        about["help_text"] = about["help_text"] or "One to a line."
        return LinesField(**(about | {"required": False}))
    return SeveralField(choices=options, coerce=str, **(about | {"required": one}))


def _chosen(
    options: list[tuple[str, str]],
    about: dict[str, Any],
    kind: Any = str,
    *,
    empty: str | None = None,
) -> forms.Field:
    few = len(options) <= _FEW and about["required"]
    blank = [] if few else [("", "–")]
    return forms.TypedChoiceField(
        choices=[*blank, *options],
        widget=forms.RadioSelect if few else forms.Select,
        coerce=kind,
        empty_value=empty,
        **about,
    )


def _yes(value: str) -> bool:
    return value == "yes"


# Each of many is answered with yes or no ---------------------------------------------------------


def _answers(words: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((a for a in words.get("answers", ()) if a["yes"] == name), None)


def _is_answered_elsewhere(words: Mapping[str, Any], name: str) -> bool:
    return any(a["no"] == name for a in words.get("answers", ()))


def _radios(answers: Mapping[str, Any], ask: Asking) -> Iterator[tuple[str, forms.Field]]:
    both = [("yes", answers.get("yes_word", "Yes")), ("no", answers.get("no_word", "No"))]
    for key, label in CHOICES[answers["choices"]](ask.person, ask.rules):
        yield (
            f"{answers['yes']}:{key}",
            forms.ChoiceField(choices=both, widget=forms.RadioSelect, label=label),
        )
        more = answers.get("detail", {}).get(key)
        if more:
            options = [("", "–"), *CHOICES[more](ask.person, ask.rules)]
            yield (
                f"{answers['yes']}+{key}",
                forms.ChoiceField(
                    choices=options, required=False, label=f"{label}: to which {more}?"
                ),
            )


def _answered(
    answers: Mapping[str, Any], clean: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mark = f"{answers['yes']}:"
    given = {k.removeprefix(mark): v for k, v in clean.items() if k.startswith(mark)}
    yes = [k for k, v in given.items() if v == "yes"]
    detail = {k: clean.get(f"{answers['yes']}+{k}", "") for k in yes}
    named = tuple(f"{k}:{detail[k]}" if detail[k] else k for k in yes)
    return named, tuple(k for k, v in given.items() if v == "no")


# Types -------------------------------------------------------------------------------------------


@cache
def hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    return get_type_hints(kind)


def _many(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _maybe(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _group(hint: Any) -> Any:
    """The dataclass that a field holds one or several of; None for a plain one."""
    inner = get_args(hint)[0] if _many(hint) or _maybe(hint) else hint
    return inner if is_dataclass(inner) and inner is not Quantity else None


def _no_default(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _initial(one: Field[Any]) -> Any:
    if one.default is MISSING or one.default is None or one.default == ():
        return None
    if isinstance(one.default, bool):  # 0 is a number here, and equals False
        return "yes" if one.default else "no"
    return one.default
