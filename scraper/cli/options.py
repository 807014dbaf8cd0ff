"""Options that commands share, the types of their values, and checks of them."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from click.core import ParameterSource

from scraper.cli.defaults import ARCHIVE as ARCHIVE
from scraper.cli.defaults import DEFAULT_ARCHIVE, ConfiguredOption, config_option
from scraper.cli.errors.interrupts import Interrupted
from scraper.cli.site_names import SiteName
from scraper.cli.site_names import checked_sites as checked_sites

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


def _place(text: str) -> Path | str:
    if not text:
        raise ValueError("expected a path")
    return text if "://" in text else Path(text)


DAY = Parsed("yyyy-mm-dd", _day)
"""A day like 2026-01-31."""
UNTIL_TIME = Parsed("time", partial(_time, of_day=time.max))
"""A time with its UTC offset, or a day, which means its end in UTC."""
SINCE_TIME = Parsed("time", partial(_time, of_day=time.min))
"""A time with its UTC offset, or a day, which means its start in UTC."""
PLACE = Parsed("path", _place)
"""A path, or an address of fsspec like s3://bucket/folder, which stays text."""
ZONE = Parsed("zone", _zone)
"""A name of the time zone database."""


class _ArchiveOption(ConfiguredOption):
    """`--archive`; one given to the group counts for its commands that are given none."""

    def consume_value(self, ctx: click.Context, opts: Any) -> tuple[Any, ParameterSource]:
        """Called by click."""
        value, source = self._given(ctx, opts)
        ctx.meta[ARCHIVE] = value
        return value, source

    def _given(self, ctx: click.Context, opts: Any) -> tuple[Any, ParameterSource]:
        value, source = super().consume_value(ctx, opts)
        group = ctx.parent
        if (
            source is not ParameterSource.COMMANDLINE
            and group is not None
            and group.get_parameter_source("path") is ParameterSource.COMMANDLINE
        ):
            return group.params["path"], ParameterSource.COMMANDLINE
        return value, source


def archive(command: Decorated) -> Decorated:
    """Add `--archive`, and `--config`, which may name the archive."""
    option = click.option(
        "--archive",
        "path",
        cls=_ArchiveOption,
        key=("archive",),
        type=click.Path(path_type=Path),
        envvar="WARTA_ARCHIVE",
        default=DEFAULT_ARCHIVE,
        is_eager=True,  # profiles of publishers may be beside it, and SITE be one of those
        help="The archive file; also $WARTA_ARCHIVE.",
    )
    return option(config_option(command))


class _ArchivesOption(_ArchiveOption):
    """`--archive` that may be repeated; the variable and the configuration name one."""

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """Called by click."""
        found = super().get_default(ctx, call)
        return found if found is None or isinstance(found, tuple) else (found,)

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Called by click, which would cut the path at each colon."""
        found = self.resolve_envvar_value(ctx)
        return None if found is None else (found,)

    def consume_value(self, ctx: click.Context, opts: Any) -> tuple[Any, ParameterSource]:
        """Called by click."""
        value, source = self._given(ctx, opts)
        given = value if isinstance(value, tuple | list) else (value,)
        ctx.meta[ARCHIVE] = next(iter(given), None)
        return given, source


def archives(what: str) -> Callable[[Decorated], Decorated]:
    """Add `--archive`, which may be repeated, as `archive` does; `what` is its help."""
    option = click.option(
        "--archive",
        "paths",
        cls=_ArchivesOption,
        key=("archive",),
        type=PLACE,
        multiple=True,
        envvar="WARTA_ARCHIVE",
        default=(DEFAULT_ARCHIVE,),
        is_eager=True,
        help=what,
    )
    return lambda command: option(config_option(command))


story = click.argument("url", metavar="STORY")
"""Any address of a story, its id or its number."""
json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
csv = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with a header.")
as_of = click.option(
    "--as-of", type=UNTIL_TIME, help="The archive as of this time; of a day, its end in UTC."
)
SITE = SiteName()
"""A site as people write it."""
sites = click.option(
    "--site", "names", type=SITE, multiple=True, help="Only this site; may be repeated."
)
jobs = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="Worker processes; default: all cores."
)

executor_options = click.option(
    "-x",
    "--executor-option",
    "executor_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Option of Ray's or Slurm's executor, e.g. partition=cpu.",
)


def processes(jobs: int | None, *, worthwhile: bool = True) -> int:
    """Return how many processes to use: as many as requested, by default one for each core that
    this process may use; one where more are not `worthwhile`.
    """
    if not worthwhile:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return jobs or len(os.sched_getaffinity(0))
    return jobs or os.cpu_count() or 1


def _settings(
    _context: click.Context, _parameter: click.Parameter, settings: tuple[str, ...]
) -> tuple[str, ...]:
    for setting in settings:
        name, equals, _value = setting.partition("=")
        if not equals or not name:
            raise click.UsageError(f"-s {setting}: expected NAME=VALUE")
        if name == "ARCHIVE":
            raise click.UsageError("-s ARCHIVE: name the archive with --archive")
    return settings


scrapy_settings = click.option(
    "-s",
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_settings,
    help="Override a Scrapy setting, e.g. -s DOWNLOAD_DELAY=2.",
)
pages = click.option(
    "--pages",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the kept pages; default: SITE-pages beside your profiles.",
)
verbose = click.option("-v", "--verbose", is_flag=True, help="Show Scrapy's log on stderr.")

yes = click.option("--yes", is_flag=True, help="Do not ask; needed where stdin is no terminal.")


def confirm(question: str, *, yes: bool, refused: str) -> None:
    """Ask on the terminal unless `yes`; any other answer ends the command as Ctrl-C does, with
    what was `refused`.

    Raises click.UsageError where nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{refused}: stdin is no terminal; --yes goes on without a question")
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:  # Ctrl-C, or the end of the input
        agreed = False
        click.echo(err=True)
    if not agreed:
        raise Interrupted(f"Stopped; {refused}.")


def check_days(since: date | None, until: date | None) -> None:
    """Raise click.UsageError if no day is left between the two."""
    if since and until and since > until:
        raise click.UsageError("--since is later than --until: no day is left")
