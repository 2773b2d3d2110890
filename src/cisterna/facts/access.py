"""How long a sign-in lasts, and how often something may be tried at the clinic's pages."""

from datetime import timedelta

from cisterna.facts.cited import cited
from cisterna.facts.library import table


def span(name: str) -> timedelta:
    """A time of `access.toml`, such as `idle`."""
    ms = cited(f"access.{name}", table("access")[name]).value.number("ms")
    return timedelta(milliseconds=int(ms))


def count(name: str) -> int:
    """A number of `access.toml`, such as `sign_in_tries`."""
    return int(cited(f"access.{name}", table("access")[name]).value.number("1"))
