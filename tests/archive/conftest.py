"""Properties are tried with the same examples in every run."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("warta", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("warta")
