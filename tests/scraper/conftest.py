"""Properties are tried with the same examples in every run, and without a clock."""

from hypothesis import settings

settings.register_profile("warta", deadline=None, derandomize=True, database=None)
settings.load_profile("warta")
