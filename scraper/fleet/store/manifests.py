"""What is known of a replica: a small JSON object beside it, read as a stranger's."""

import json
import re
from datetime import UTC
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from archive.printable import one_line
from scraper.fleet.records import FleetError, Replica
from scraper.sites import profile_checks

LIMIT = 16_384
"""Bytes of a manifest."""
COPY, MANIFEST, PENDING = ".db.zst", ".json", ".pending"
"""Endings of the objects of a replica; the last is a manifest that waits for the database."""
NAME = re.compile(r"(?P<token>\d{15})-(?P<number>\d{4})-m(?P<schema>\d{3,6})-[0-9a-f]{16}")
"""Of a replica's objects, without the ending; sorts by token."""

_Hexadecimal = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=10**15)]


class Manifest(BaseModel):
    """A replica, as its manifest describes it."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    format: Literal[1] = 1
    site: Annotated[str, Field(pattern=f"^{profile_checks.NAME.pattern}$")]
    token: _Count
    """Of the lease under which it was pushed."""
    number: Annotated[int, Field(ge=0, le=9999)] = 0
    """Counts what was pushed under one token, from 0."""
    migrations: Annotated[int, Field(ge=1, le=100_000)]
    """How many the archive has: its schema."""
    digest: _Hexadecimal
    """SHA-256 of the archive's file."""
    size: _Count
    """Bytes of that file."""
    packed: _Count
    """Bytes of the object, a zstd frame of the file."""
    latest: Annotated[str, Field(max_length=64)]
    """The archive's clock; empty: it was never written."""
    marks: dict[Annotated[str, Field(max_length=40)], tuple[_Count, _Hexadecimal]] = Field(
        max_length=20
    )
    """By table: the number of its last row, and that row's digest."""
    pushed_at: AwareDatetime
    """By the clock of the fleet."""
    version: Annotated[str, Field(max_length=40)]
    """Of the warta that pushed it."""

    @property
    def name(self) -> str:
        """That of its objects, without the ending; sorts by token."""
        schema = f"m{self.migrations:03d}"
        return f"{self.token:015d}-{self.number:04d}-{schema}-{self.digest[:16]}"

    @property
    def replica(self) -> Replica:
        """The record that the rest of the fleet sees."""
        return Replica(
            site=self.site,
            token=self.token,
            schema=self.migrations,
            digest=self.digest,
            bytes=self.size,
            pushed_at=self.pushed_at.astimezone(UTC),
        )

    def written(self) -> bytes:
        """Return its JSON."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def parsed(text: bytes, *, site: str, name: str) -> Manifest:
    """Read the manifest of that name; raises FleetError for any other content."""
    where = f"{site}/{name}{MANIFEST}"
    try:
        found = Manifest.model_validate_json(text)
    except (ValidationError, RecursionError):
        raise FleetError(f"{where}: it is no manifest of a replica") from None
    if (found.site, found.name) != (site, name):
        raise FleetError(f"{where}: it is the manifest of {found.site}/{found.name}")
    return found


def identity_of(text: bytes | None) -> str | None:
    """Return the id in `fleet.json`; raises FleetError for anything else."""
    if text is None:
        return None
    try:
        found = json.loads(text)["fleet"]
    except (ValueError, TypeError, LookupError, RecursionError):
        found = None
    if not isinstance(found, str) or not 0 < len(found) <= 100 or one_line(found) != found:
        raise FleetError("fleet.json: it does not say whose store this is")
    return found


def identity(fleet: str) -> bytes:
    """Return the content of `fleet.json`."""
    return json.dumps({"fleet": fleet}).encode() + b"\n"
