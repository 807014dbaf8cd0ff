"""`warta sites`: the sites and their profiles."""

import click

from scraper.cli import options
from scraper.cli.rendering.terminal import columns, print_rows
from scraper.spiders import sites as all_sites

_COLUMNS = columns(
    "site home domains layouts sources timezone",
    layouts="layouts, newest first",
    timezone="time zone",
)


@click.command()
@options.json
def sites(as_json: bool) -> None:
    """List the sites that warta can crawl: their domains, sources and layouts."""
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
    print_rows(rows, _COLUMNS, as_json=as_json, formats={"sources": len})
