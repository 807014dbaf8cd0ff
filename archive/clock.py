"""How moments are written in the archive. Nothing here asks what time it is: the time is a parameter everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def instant(value: datetime) -> str: ...
@overload
def instant(value: None) -> None: ...
def instant(value: datetime | None) -> str | None:
    """Our own clock: UTC with seconds, so that text order is time order."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if value is not None else None


def moment(value: datetime | None) -> str | None:
    """The publisher's clock: its own offset kept."""
    return value.isoformat(timespec="seconds") if value is not None else None
