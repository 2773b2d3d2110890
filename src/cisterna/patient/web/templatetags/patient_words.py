"""Her words in a template: `{% say "base.menu.home" %}`, `{% say "home.hello" name=her %}`."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from cisterna.patient.web import words

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
def step_words(key: str, step: str) -> SafeString | str:
    """A step of a question as she reads it: words where the scale has words, else its number."""
    kind, _, rest = key.partition(".")
    if kind == "symptom":
        return words.say_html(f"portal.grade.{step}")
    for name in (f"portal.step.{rest.partition('.')[0]}.s{step}", f"portal.step.scale.s{step}"):
        if name in words.words("en"):
            return words.say_html(name)
    return step
