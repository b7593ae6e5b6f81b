"""Hypothesis for these tests: a loaded machine's timings are no failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("report", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("report")
