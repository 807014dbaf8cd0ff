"""How the configuration reaches the commands: through click's default map, below options and variables."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from scraper.configuration import Configuration, ConfigurationError, Loaded, load
from scraper.profiles import sites

_LOADED = "scraper.configured"
_BROKEN = "scraper.configured.broken"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def configure(context: click.Context, file: Path | None) -> None:
    """Read the configuration, and give every command of the group its defaults; raises ConfigurationError."""
    loaded = load(file, os.environ, list(sites()))
    for remark in loaded.remarks:
        click.echo(remark, err=True)
    context.meta[_LOADED] = loaded
    context.default_map = _defaults(context.command, loaded)


def configured(context: click.Context | None = None) -> Loaded:
    """What is in force; the defaults where a command runs by itself."""
    meta = (context or click.get_current_context()).meta
    if _BROKEN in meta:
        raise meta[_BROKEN]
    found = meta.get(_LOADED)
    return found if isinstance(found, Loaded) else Loaded()


def configure_leniently(context: click.Context, file: Path | None) -> None:
    """The same for a command that tells of an error itself, or does without."""
    try:
        configure(context, file)
    except ConfigurationError as error:
        context.meta[_BROKEN] = error


def _again(context: click.Context, _parameter: click.Parameter, file: Path | None) -> Path | None:
    if file is not None:
        context.meta.pop(_BROKEN, None)
        configure(context, file)
    return file


def config_option(command: Decorated) -> Decorated:
    """`--config` of a command: as that of `warta` itself, which may stand before it."""
    return click.option(
        "--config", type=click.Path(path_type=Path), is_eager=True, expose_value=False, callback=_again,
        help="The configuration; without it $WARTA_CONFIG, else ./warta.toml where there is one.",
    )(command)  # fmt: skip


def _defaults(command: click.Command, loaded: Loaded) -> dict[str, Any]:
    """What a command's options, and those of the commands in it, are without an option or a variable."""
    found: dict[str, Any] = {}
    if isinstance(command, click.Group):
        found = {name: _defaults(inner, loaded) for name, inner in command.commands.items()}
    if ("archive",) in loaded.origins and any(_is_archive(parameter) for parameter in command.params):
        found["path"] = str(loaded.configuration.archive)
    if command.name == "crawl":
        found |= _of_crawl(loaded.configuration, loaded)
    if command.name == "coverage":
        found |= _of_coverage(loaded.configuration, loaded)
    return found


def _of_coverage(configuration: Configuration, loaded: Loaded) -> dict[str, Any]:
    values = {
        "missing_share": (("health", "missing_share"), configuration.health.missing_share),
        "zone": (("schedule", "timezone"), configuration.schedule.timezone),
    }
    return {name: value for name, (key, value) in values.items() if key in loaded.origins}


def _of_crawl(configuration: Configuration, loaded: Loaded) -> dict[str, Any]:
    crawl = configuration.crawl
    return {name: getattr(crawl, name) for name in ("recheck", "limit") if ("crawl", name) in loaded.origins}


def _is_archive(parameter: click.Parameter) -> bool:
    return parameter.name == "path" and parameter.envvar == "WARTA_ARCHIVE"
