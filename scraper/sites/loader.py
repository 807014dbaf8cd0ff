"""The profiles of all spiders, as Scrapy's own loader finds them."""

from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from scraper.sites.site import Site


def project_settings() -> Settings:
    """Return the project's settings, from whatever folder warta is started."""
    settings = Settings()
    settings.setmodule("scraper.settings", priority="project")
    return settings


@lru_cache(maxsize=1)
def sites() -> dict[str, Site]:
    """Return the profiles by name, in the order of their names."""
    loader = SpiderLoader.from_settings(project_settings())
    spiders = {name: cast(Any, loader.load(name)) for name in sorted(loader.list())}
    return {name: spider.site for name, spider in spiders.items()}


def site_of(url: str) -> Site | None:
    """Return the profile that reads pages of this address; None for an unknown publisher."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    return next((site for site in sites().values() if site.owns(host)), None)
