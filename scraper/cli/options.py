"""What the commands share: their options, and opening the archive that they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from math import isnan
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from archive.archive import Archive, Reader
from archive.database.connection import plain_errors
from archive.ledger.wording import plural
from archive.revisions import queries

archive_option = click.option(
    "--archive",
    "path",
    type=click.Path(path_type=Path),
    envvar="WARTA_ARCHIVE",
    default="news.db",
    show_default=True,
    help="The archive's file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


class Number(click.FloatRange):
    """A number between two others; what is no number (`nan`) is none."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Called by click."""
        found = float(super().convert(value, param, ctx))
        if isnan(found):
            self.fail(f"{value}: expected a number", param, ctx)
        return found


class Moment(click.ParamType[datetime]):
    """A time with its offset, or a day, which means its end in UTC, or its beginning."""

    name = "time"

    def __init__(self, *, begins: bool = False) -> None:
        self._of_day = time.min if begins else time.max

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Called by click."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value}: expected a time like 2026-01-31T08:00:00+07:00, or a day like 2026-01-31",
                param,
                ctx,
            )
        if len(value) <= 10:
            return datetime.combine(found, self._of_day, tzinfo=UTC)
        if found.tzinfo is None:
            self.fail(
                f"{value}: the time needs its offset, like 2026-01-31T08:00:00+07:00", param, ctx
            )
        return found


as_of_option = click.option(
    "--as-of",
    "as_of",
    type=Moment(),
    metavar="TIME",
    help="As the archive stood then: 2026-01-31T08:00:00+07:00, or a day (its end, UTC).",
)


def named(context: click.Context, path: Path) -> Path:
    """The archive that a command of a group is given, by its own option or by the group's."""
    given = (
        context.parent is not None
        and context.parent.get_parameter_source("path") is ParameterSource.COMMANDLINE
    )
    if (
        given
        and context.parent is not None
        and context.get_parameter_source("path") is not ParameterSource.COMMANDLINE
    ):
        return Path(context.parent.params["path"])
    return path


def identify() -> queries.Identify | None:
    """The profiles' eye for addresses, which the program that holds these commands lends them."""
    found: queries.Identify | None = click.get_current_context().find_root().obj
    return found


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive, for reading."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        yield archive


@contextmanager
def opened_for_writing(path: Path) -> Iterator[Archive]:
    """The archive that is there, for writing; a command that mends or erases makes none."""
    Archive(path, read_only=True).close()  # says what is wrong where there is none
    with plain_errors(path), Archive(path) as archive:
        yield archive


def tell_unread(archive: Archive) -> None:
    """Say where articles of an earlier version are in no cluster because nobody has looked yet."""
    unread = archive.clusters.texts.unread()
    if unread:
        click.echo(
            f"{plural(unread, 'article')} of an earlier version not placed yet: run `warta clusters rebuild`.",
            err=True,
        )


@contextmanager
def opened_as_of(path: Path, moment: datetime | None) -> Iterator[Reader]:
    """The archive for reading, as it stands or as it stood."""
    with opened(path) as archive:
        if moment is None:
            yield archive
            return
        if not archive.settled(moment):
            latest = archive.clock.latest()
            newest = (
                f"was last written at {latest.isoformat(timespec='seconds')}"
                if latest
                else "is empty"
            )
            click.echo(
                f"The archive {newest}: what it says as of a later moment may still grow.", err=True
            )
        with archive.as_of(moment) as past:
            yield past
