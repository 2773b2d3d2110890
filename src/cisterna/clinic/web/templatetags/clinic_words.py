"""Names as a reader sees them, in a template: `{{ row.place|named:"place" }}`."""

from django import template

from cisterna.clinic.web.words import title

register = template.Library()


@register.filter
def named(name: str, kind: str) -> str:
    """The name of one thing of a kind of `words.toml`."""
    return title(kind, name) if name else ""
