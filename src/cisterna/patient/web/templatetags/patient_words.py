"""Her words in a template: `{% say "base.menu.home" %}`, `{% say "home.hello" name=her %}`."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from cisterna.patient.web import words

register = template.Library()


@register.simple_tag
def say(*parts: str, **given: Any) -> SafeString:
    """One line of the page's language; parts of the key are joined by dots."""
    return words.say_html(".".join(parts), **given)


@register.simple_tag
def lines(prefix: str) -> Sequence[str]:
    """The lines of a list, to go through: `{% lines "base.help.steps" as steps %}`."""
    return words.lines(prefix)
