"""How many examples a property is tried with where each of them fills an archive or a store."""

from __future__ import annotations

from hypothesis import settings

COSTLY = settings(max_examples=min(settings.default.max_examples, 60))
"""As many as of any property in the quick profile; 250 in the thorough one would cost minutes."""
