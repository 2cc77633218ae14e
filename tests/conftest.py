"""What every test has: properties with a bounded number of examples and no clock."""

from hypothesis import HealthCheck, settings

settings.register_profile("bounded", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bounded")
