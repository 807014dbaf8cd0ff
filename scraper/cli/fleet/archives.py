"""The archives of a fleet for commands that read; none is named, and `[fleet] store` is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from scraper.cli.defaults import configured, may_be_configured
from scraper.cli.rendering.terminal import needs_extra

if TYPE_CHECKING:
    from scraper.fleet.store.cache import Cache

_NAMED = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def fleet_cache(*, needed: bool = False) -> Cache | None:
    """Return the copies of the fleet's archives on this machine; None for a command that names an
    archive, or where no store is configured: an error if it is `needed`.
    """
    address = None if _is_named() else _address(needed=needed)
    if address is None and needed:
        raise click.UsageError("no store is configured: set `store` of [fleet] in warta.toml")
    if address is None:
        return None
    with needs_extra("fleet"):
        from scraper.fleet.store import open_store
        from scraper.fleet.store.cache import Cache
    return Cache.of(open_store(address))


def exit_if_unread(cache: Cache | None) -> None:
    """End with exit status 1 where a site in the store could not be read; a line said so."""
    if cache is not None and cache.unread:
        raise SystemExit(1)


def _is_named() -> bool:
    return click.get_current_context().get_parameter_source("path") in _NAMED


def _address(*, needed: bool) -> str | None:
    if not may_be_configured(click.get_current_context()):
        return None
    from scraper.configuration import ConfigurationError

    try:
        return configured().configuration.fleet.store
    except ConfigurationError:
        if needed:
            raise
        return None  # reported by what needs more of it
