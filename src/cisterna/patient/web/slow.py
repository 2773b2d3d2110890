"""How often something is let through in a while, counted for every process alike."""

from django.core.cache import cache


def within(key: str, most: int, seconds: int) -> bool:
    """Count one more under this key; whether it is among the first `most` of this while."""
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key)) <= most
    except ValueError:  # the while ended between the two: this is the first of the next
        cache.set(key, 1, seconds)
        return most >= 1
