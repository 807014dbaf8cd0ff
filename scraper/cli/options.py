"""What commands share: types of values, options, and opening the archive that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from click.core import ParameterSource

from archive.archive import Archive, Reader
from archive.database.connection import plain_errors
from archive.errors import PackageMissing
from archive.ledger.wording import plural
from archive.revisions import queries
from scraper.cli.defaults import ConfiguredOption, config_option

MAX_HOURS = 87_600
"""Hours of ten years, the most that an option takes."""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Parsed(click.ParamType[Any]):
    """Values that a function parses; its ValueError says what is wrong with the text."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Called by click, also with a value that is no text any more: a default."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Number(click.FloatRange):
    """A number in a range; NaN is refused."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Called by click."""
        found = super().convert(value, param, ctx)
        if isnan(found):
            self.fail(f"{value}: expected a number", param, ctx)
        return found


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError("expected a day like 2026-01-31") from None


def _time(text: str, of_day: time) -> datetime:
    example = "2026-01-31T08:00:00+07:00"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a time like {example}, or a day like 2026-01-31") from None
    if len(text) <= 10:
        return datetime.combine(found, of_day, tzinfo=UTC)
    if found.tzinfo is None:
        raise ValueError(f"the time needs its UTC offset, like {example}")
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("unknown time zone; expected a name like Asia/Jakarta") from None


DAY = Parsed("yyyy-mm-dd", _day)
"""A day like 2026-01-31."""
UNTIL_TIME = Parsed("time", partial(_time, of_day=time.max))
"""A time with its UTC offset, or a day, which means its end in UTC."""
SINCE_TIME = Parsed("time", partial(_time, of_day=time.min))
"""A time with its UTC offset, or a day, which means its start in UTC."""
ZONE = Parsed("zone", _zone)
"""A name of the time zone database."""


class _ArchiveOption(ConfiguredOption):
    """`--archive`; one given to the group counts for its commands that are given none."""

    def consume_value(self, ctx: click.Context, opts: Any) -> tuple[Any, ParameterSource]:
        """Called by click."""
        value, source = super().consume_value(ctx, opts)
        group = ctx.parent
        if (
            source is not ParameterSource.COMMANDLINE
            and group is not None
            and group.get_parameter_source("path") is ParameterSource.COMMANDLINE
        ):
            return group.params["path"], ParameterSource.COMMANDLINE
        return value, source


def archive_option(command: Decorated) -> Decorated:
    """Add `--archive`, and `--config`, which may name the archive."""
    option = click.option(
        "--archive",
        "path",
        cls=_ArchiveOption,
        key=("archive",),
        type=click.Path(path_type=Path),
        envvar="WARTA_ARCHIVE",
        default="news.db",
        show_default=True,
        help="The archive file.",
    )
    return option(config_option(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
as_of_option = click.option(
    "--as-of", type=UNTIL_TIME, help="The archive as of this time; of a day, its end in UTC."
)
sites_option = click.option(
    "--site", "names", multiple=True, help="Only this site; may be repeated."
)
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="Worker processes; default: all cores."
)
settings_option = click.option(
    "-s",
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a Scrapy setting, e.g. -s DOWNLOAD_DELAY=2.",
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Show Scrapy's log on stderr.")


def checked_sites(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the names without repeats. Raises click.UsageError for a site that is not known."""
    unknown = [name for name in names if name not in known]
    if unknown:
        sites = ", ".join(known) or "none yet"
        raise click.UsageError(f"no site is called {', '.join(unknown)}; there are {sites}")
    return list(dict.fromkeys(names))


def identify() -> queries.Identify | None:
    """Return the function that finds the story of an address; `warta` puts it into the context."""
    found: queries.Identify | None = click.get_current_context().find_root().obj
    return found


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an existing archive for reading."""
    with plain_errors(path), Archive(path, read_only=True) as archive:
        yield archive


@contextmanager
def opened_for_writing(path: Path) -> Iterator[Archive]:
    """Open an existing archive for writing; none is created."""
    Archive(path, read_only=True).close()  # raises where there is none
    with plain_errors(path), Archive(path) as archive:
        yield archive


@contextmanager
def opened_as_of(path: Path, as_of: datetime | None) -> Iterator[Reader]:
    """Open an existing archive for reading, as of a time where one is given."""
    with opened(path) as archive:
        if as_of is None:
            yield archive
            return
        warn_unsettled(archive, as_of)
        with archive.as_of(as_of) as past:
            yield past


def warn_unsettled(archive: Archive, as_of: datetime) -> None:
    """Warn on stderr where the archive may still write at that time."""
    if archive.settled(as_of):
        return
    latest = archive.clock.latest()
    written = (
        f"was last written at {latest.isoformat(timespec='seconds')}" if latest else "is empty"
    )
    click.echo(f"The archive {written}: results as of a later time may still change.", err=True)


def warn_unclustered(archive: Archive) -> None:
    """Warn on stderr of articles that an earlier version wrote without clustering them."""
    unread = archive.clusters.texts.unread()
    if unread:
        articles = plural(unread, "article")
        click.echo(
            f"{articles} of an earlier version not clustered yet: run `warta clusters rebuild`.",
            err=True,
        )


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import packages of an extra inside; raises PackageMissing where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("archive", "scraper"):
            raise
        raise PackageMissing(
            f"this needs more packages ({error.name} is missing): pip install 'warta[{extra}]'"
        ) from error
