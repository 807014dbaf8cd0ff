"""`warta sites`: what is known of each site."""

from __future__ import annotations

import click

from scraper.cli.options import json_option
from scraper.cli.terminal import print_json, print_table
from scraper.sites.loader import sites as all_sites


@click.command(short_help="The sites that warta knows.")
@json_option
def sites(as_json: bool) -> None:
    """The sites that warta can crawl: their domains, sources and layouts."""
    rows = [
        {
            "site": site.name,
            "home": site.home,
            "domains": list(site.crawled or site.domains),
            "layouts": [layout.name for layout in site.layouts],
            "timezone": site.timezone,
            "sources": [f"{type(source).__name__} {source.url}" for source in site.sources],
        }
        for site in all_sites().values()
    ]
    if as_json:
        print_json(rows)
        return
    shown = [dict(row, sources=len(row["sources"])) for row in rows]
    columns = {
        "site": "site",
        "home": "home",
        "domains": "domains",
        "layouts": "layouts, newest first",
        "sources": "sources",
        "timezone": "clock",
    }
    print_table(shown, columns)
