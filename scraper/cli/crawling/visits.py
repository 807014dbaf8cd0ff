"""A dozen requests with the settings of a crawl, as `doctor` and `sites new` send them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from scrapy.settings import Settings

from scraper.cli.defaults import configured
from scraper.crawling.doctor.visitor import Visitor
from scraper.crawling.process import configured_settings, crawl_settings, overrides_of, run_spiders

Spider = TypeVar("Spider", bound=Visitor)


def visit_settings(
    archive: Path, site: str, overrides: Sequence[str], *, verbose: bool
) -> Settings:
    """Return the settings that a crawl of the site would have."""
    known = configured()
    settings = crawl_settings(archive, (*configured_settings(known), *overrides), verbose=verbose)
    settings.set("PROGRESS_BAR", False, priority="cmdline")
    own = overrides_of(known, site, overrides)
    if own.delay is not None:
        settings.set("DOWNLOAD_DELAY", own.delay, priority="cmdline")
    return settings


def visited(kind: type[Spider], settings: Settings, given: Mapping[str, Any]) -> Spider:
    """Run a visit and return its spider. Raises click.ClickException if it broke off."""
    spiders = [crawl.crawler.spider for crawl in run_spiders([kind], settings, given)]
    if not spiders or not isinstance(spider := spiders[0], kind):
        raise click.ClickException("the examination broke off; run it with -v to see where")
    return spider
