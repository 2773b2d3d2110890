"""One Hypothesis profile for the whole run: a busy machine is no failure, and failures repeat."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
