"""`warta sites`: the sites and their profiles."""

from pathlib import Path
from typing import Any

import click

from archive.printable import in_line
from scraper.cli import options
from scraper.cli.defaults import config_option
from scraper.cli.lazy import LazyCommands, LazyGroup
from scraper.cli.publishers import note_broken
from scraper.cli.rendering.terminal import columns, print_rows
from scraper.sites.loader import OWN, Broken
from scraper.sites.site import Site
from scraper.spiders import publishers

_HEADS = {"layouts": "layouts, newest first", "timezone": "time zone", "origin": "from"}
_FIELDS = "site home domains layouts sources timezone"


def _name_archive(context: click.Context, _parameter: click.Parameter, file: Path | None) -> None:
    """Needs no configuration, which may be broken, unlike the option of other commands."""
    if file is not None:
        context.meta[options.ARCHIVE] = file


_COMMANDS = {
    "new": ("crawling.sites_new", "Write a profile for a site that has none."),
    "check": ("crawling.sites_check", "Say what a profile misses, by the pages that were kept."),
}


@click.group(invoke_without_command=True, cls=LazyGroup, commands=LazyCommands(_COMMANDS))
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_name_archive,
    help="Look for your own publishers beside this file; default: the configured archive.",
)
@config_option
@options.json
@click.pass_context
def sites(context: click.Context, as_json: bool) -> None:
    """List the sites that warta can crawl: their domains, sources and layouts.

    Beside the five that come with warta, those are the publishers of installed packages and of your
    own folder (`warta help sites`), which is looked for beside the archive. Exit status 3 if the
    profile of one is broken.
    """
    if context.invoked_subcommand is not None:
        return
    known = publishers()
    rows = [_row(site, known.origins[site.name]) for site in known.sites.values()]
    others = any(origin != OWN for origin in known.origins.values())
    heads = columns(f"{_FIELDS} origin" if others else _FIELDS, **_HEADS)
    if as_json:
        rows += map(_broken_row, known.broken)
    print_rows(rows, heads, as_json=as_json, formats={"sources": len})
    if note_broken():
        raise SystemExit(3)


def _row(site: Site, origin: str) -> dict[str, Any]:
    return {
        "site": site.name,
        "home": site.home,
        "domains": list(site.crawled or site.domains),
        "layouts": [layout.name for layout in site.layouts],
        "timezone": site.timezone,
        "sources": [f"{type(source).__name__} {source.url}" for source in site.sources],
        "origin": origin,
        "error": None,
    }


def _broken_row(broken: Broken) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(("home", "domains", "layouts", "timezone", "sources"))
    error = {"origin": broken.origin, "error": in_line(broken.why)}
    return {"site": broken.name or None, **nothing, **error}
