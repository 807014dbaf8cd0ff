"""Thresholds of the filters: read from a TOML file, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All tables of the file."""

    name: str

    def as_dict(self) -> dict[str, Any]:
        """Every threshold in force."""
        return {"name": self.name}
