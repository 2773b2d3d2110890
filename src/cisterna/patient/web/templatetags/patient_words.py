"""Her words in a template: `{% say "base.menu.home" %}`, `{% say "home.hello" name=her %}`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.conf import settings
from django.utils.safestring import SafeString

from cisterna.patient.web import words
from cisterna.patient.web.language import language_code
from cisterna.quantity import Quantity, show

register = template.Library()


@register.simple_tag
def say(*parts: str, sep: str = ".", **given: Any) -> SafeString:
    """One line of the page's language; the parts of the key are joined by dots, or by `sep`."""
    return words.say_html(sep.join(parts), **given)


@register.simple_tag
def lines(prefix: str) -> Sequence[str]:
    """The lines of a list, to go through: `{% lines "base.help.steps" as steps %}`."""
    return words.lines(prefix)


@register.simple_tag
def told(*parts: Any) -> SafeString:
    """One line with names from a table, the last part: `{% told "aid.say" key numbers %}`."""
    return words.say_html(".".join(parts[:-1]), **parts[-1])


@register.simple_tag
def told_lines(prefix: str, given: Mapping[str, Any]) -> Sequence[SafeString]:
    """The lines of a list with names from a table."""
    found = range(len(words.lines(prefix)))
    return [words.say_html(f"{prefix}.{n}", **given) for n in found]


@register.simple_tag
def step_words(key: str, step: str) -> SafeString | str:
    """A step of a question as she reads it: words where the scale has words, else its number."""
    kind, _, rest = key.partition(".")
    if kind == "symptom":
        return words.say_html(f"portal.grade.{step}")
    scales = rest.replace(".", "_"), rest.partition(".")[0], "scale"
    for name in (f"portal.step.{scale}.s{step}" for scale in scales):
        if name in words.words("en"):
            return words.say_html(name)
    return step


@register.filter
def dose(value: Any) -> str:
    """A dose as she reads it: `0.5 mg/day` is `0.5 mg/día` in Spanish; figures stay as they are."""
    text = value if isinstance(value, str) else show(value)
    return text.replace("/day", words.say("base.unit.per_day"))


@register.filter
def drug_word(name: str) -> str:
    """A drug's name in her language, in full; one that has no words of ours keeps its own."""
    key = f"base.drug.{name.partition(' ')[0].lower()}"
    return words.say(key) if key in words.words("en") else name


@register.filter
def mark_word(name: str) -> str:
    """A mark of the therapy, `baseline` or such as `6 month`, in her language."""
    months = name.partition(" ")[0]
    if not months.isdigit():
        return words.say("portal.mark.baseline")
    return words.say("portal.mark.one" if months == "1" else "portal.mark.many", n=months)


@register.filter
def share(value: Quantity) -> str:
    """How much better or worse, as a share without its sign, in two figures."""
    return show(abs(value), 2)


@register.filter
def language_word(name: str) -> str:
    """A language as these pages name it; one that they do not speak keeps the name on record."""
    return dict(settings.LANGUAGES).get(language_code(name), name)
