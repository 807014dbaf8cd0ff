"""How the configuration reaches the commands: through click's default map, below options and
variables, when one asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from scraper.configuration import ConfigurationError, Loaded

_FILE = "scraper.cli.defaults.file"
_LOADED = "scraper.cli.defaults"
_BROKEN = "scraper.cli.defaults.broken"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def name_configuration(context: click.Context, file: Path | None) -> None:
    """Remember which file `warta --config` names; it is read by the command that asks for it."""
    context.meta[_FILE] = file


def configured(context: click.Context | None = None) -> Loaded:
    """What is in force, the defaults where a command runs by itself; raises ConfigurationError."""
    from scraper.configuration import Loaded

    meta = (context or click.get_current_context()).meta
    if _BROKEN in meta:
        raise meta[_BROKEN]
    found = meta.get(_LOADED)
    return found if isinstance(found, Loaded) else Loaded()


def config_option(command: Decorated) -> Decorated:
    """`--config` of a command that reads the configuration: as that of `warta` itself, which may
    stand before it.
    """
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_configure,
        help="The configuration; without it $WARTA_CONFIG, else ./warta.toml where there is one.",
    )(command)


def with_config_option(command: click.Command) -> click.Command:
    """The command, and those in it, with `--config` wherever the archive's file may be configured."""
    if any(map(_is_archive, command.params)) and not any(
        parameter.name == "config" for parameter in command.params
    ):
        config_option(command)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_config_option(inner)
    return command


def _configure(context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    """Read the configuration, and give the command its defaults. Eager, but behind --help, which
    needs none.
    """
    if context.resilient_parsing:
        return
    meta = context.meta
    if file is not None:
        meta[_FILE] = file
    if file is not None or (_LOADED not in meta and _BROKEN not in meta):
        _load(meta)
    if _BROKEN in meta:
        context.default_map = _without(meta[_BROKEN], context.command)
    elif _LOADED in meta:
        context.default_map = _defaults(context.command, meta[_LOADED])


def _load(meta: dict[str, Any]) -> None:
    meta.pop(_LOADED, None)
    meta.pop(_BROKEN, None)
    file = meta.get(_FILE)
    if (
        file is None
        and not Path("warta.toml").is_file()
        and not any(name.startswith("WARTA_") for name in os.environ)
    ):
        return
    from scraper.configuration import ConfigurationError, load

    try:
        loaded = meta[_LOADED] = load(file, os.environ, site_names())
    except ConfigurationError as error:
        meta[_BROKEN] = error
        return
    for remark in loaded.remarks:
        click.echo(remark, err=True)


def site_names() -> list[str]:
    """The names of all sites: a profile stands in the module of its name. Asks no profile, so needs
    no Scrapy.
    """
    return sorted(
        module.name for module in iter_modules([str(Path(__file__).parents[1] / "spiders")])
    )


def _without(error: ConfigurationError, command: click.Command) -> dict[str, Any]:
    """What a command has of a broken configuration: the archive, if it is told where that is; all
    else is refused.
    """
    if command.name in _OWN:
        raise error
    if not any(map(_is_archive, command.params)) or error.archive == "":
        return {}

    def archive() -> str:
        if error.archive is None:
            raise error
        return error.archive

    return {"path": archive}


def _defaults(command: click.Command, loaded: Loaded) -> dict[str, Any]:
    """What a command's options are without an option or a variable."""
    found: dict[str, Any] = {}
    if ("archive",) in loaded.origins and any(map(_is_archive, command.params)):
        found["path"] = str(loaded.configuration.archive)
    return found | (_OWN[command.name](loaded) if command.name in _OWN else {})


def _of_coverage(loaded: Loaded) -> dict[str, Any]:
    configuration = loaded.configuration
    values = {
        "missing_share": (("health", "missing_share"), configuration.health.missing_share),
        "zone": (("schedule", "timezone"), configuration.schedule.timezone),
    }
    return {name: value for name, (key, value) in values.items() if key in loaded.origins}


def _of_crawl(loaded: Loaded) -> dict[str, Any]:
    crawl = loaded.configuration.crawl
    return {
        name: getattr(crawl, name)
        for name in ("recheck", "limit")
        if ("crawl", name) in loaded.origins
    }


_OWN: dict[str | None, Callable[[Loaded], dict[str, Any]]] = {
    "crawl": _of_crawl,
    "coverage": _of_coverage,
}
"""Commands some of whose options are configured."""


def _is_archive(parameter: click.Parameter) -> bool:
    return parameter.name == "path" and parameter.envvar == "WARTA_ARCHIVE"
