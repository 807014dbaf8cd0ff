"""How the configuration reaches the commands: as the default values of their options."""

from __future__ import annotations

import os
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.printable import in_line
from scraper.sites.folders import Folders, folders

if TYPE_CHECKING:
    from scraper.configuration import Loaded
    from scraper.extraction.workers import Limits

_FILE, _LOADED = "scraper.cli.config_file", "scraper.cli.loaded"
_PLACES, _FOLDERS = "scraper.cli.places", "scraper.cli.folders"
ARCHIVE = "scraper.cli.archive"
"""Key of click's `Context.meta`: the archive of the command that runs."""
DEFAULT_ARCHIVE = "news.db"

_NOT_CONFIGURED = {"WARTA_ARCHIVE", "WARTA_LOCKS"}
"""Variables that change no default: every `--archive` reads the first one itself."""


def configured(context: click.Context | None = None) -> Loaded:
    """Return the effective configuration, loaded once. Raises ConfigurationError."""
    from scraper.configuration import load
    from scraper.spiders import names, unread

    meta = (context or click.get_current_context()).meta
    if _LOADED not in meta:
        meta[_LOADED] = load(meta.get(_FILE), os.environ, names(), are_all=not unread())
        for remark in meta[_LOADED].remarks:
            click.echo(in_line(remark), err=True)
    loaded: Loaded = meta[_LOADED]
    return loaded


def _name_file(context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    if file is not None:
        context.meta[_FILE] = file
        context.meta.pop(_LOADED, None)
        context.meta.pop(_PLACES, None)
        context.meta.pop(_FOLDERS, None)


def folders_of(context: click.Context) -> Folders:
    """Return the folders of profiles: the configured one, else the usual ones, of which one is
    beside the archive that the command names, or that is configured.
    """
    meta = context.meta
    given = meta.get(ARCHIVE)
    if _PLACES not in meta:
        meta[_PLACES] = _places(context)
    if _FOLDERS not in meta or meta[_FOLDERS][0] != given:
        named, configured_archive = meta[_PLACES]
        meta[_FOLDERS] = given, folders(named, Path(given or configured_archive))
    found: Folders = meta[_FOLDERS][1]
    return found


def _places(context: click.Context) -> tuple[Path | None, Path]:
    """Return the configured folder of profiles, and the configured archive."""
    if not may_be_configured(context):
        return None, Path(os.environ.get("WARTA_ARCHIVE") or DEFAULT_ARCHIVE)
    from scraper.configuration.loading import places

    found = places(context.meta.get(_FILE), os.environ)
    return found.get(("sites", "folder")), found.get(("archive",), Path(DEFAULT_ARCHIVE))


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=_name_file,
    help="Configuration file; default: $WARTA_CONFIG, else ./warta.toml if there is one.",
)
"""`--config` of `warta` itself, and of every command that reads the configuration."""


class ConfiguredOption(click.Option):
    """An option whose default is a key of the configuration, where that is set.

    The configuration is read only when neither the option nor its variable is given, so that a
    broken one does not stop commands that do not need it.
    """

    def __init__(self, *args: Any, key: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        """Where the default is, e.g. ("crawl", "limit")."""

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """Called by click; `call` is False for the help text, which shows the built-in default."""
        builtin = super().get_default(ctx, call)
        if not call or ctx.resilient_parsing or not may_be_configured(ctx):
            return builtin
        from scraper.configuration import ConfigurationError

        try:
            loaded = configured(ctx)
        except ConfigurationError as error:
            if self.key != ("archive",) or error.archive is None:
                raise
            return error.archive or builtin
        if self.key not in loaded.origins:
            return builtin
        return reduce(getattr, self.key, loaded.configuration)


def reading_limits(context: click.Context) -> Limits:
    """Return what reading a page may cost; a broken configuration does not matter for that."""
    from scraper.configuration import ConfigurationError
    from scraper.extraction.workers import MEGABYTE, Limits

    if not may_be_configured(context):
        return Limits()
    try:
        reading = configured(context).configuration.reading
    except ConfigurationError:
        return Limits()
    return Limits(deadline=reading.deadline, memory=reading.memory * MEGABYTE)


def may_be_configured(context: click.Context) -> bool:
    """Return whether there is anything to load; where there is not, commands need no pydantic."""
    return (
        _FILE in context.meta
        or Path("warta.toml").is_file()
        or any(name.startswith("WARTA_") for name in os.environ.keys() - _NOT_CONFIGURED)
    )
