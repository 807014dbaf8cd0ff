"""The five sites, one file each with its profile as SITE; Scrapy runs a spider for every one.

May import `sites`.
"""

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import urlsplit

from scraper.sites.site import Identity, Site


@lru_cache(maxsize=1)
def sites() -> dict[str, Site]:
    """Return the profiles by name, in the order of their names."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").SITE for name in names}


def site_of(url: str) -> Site | None:
    """Return the profile that reads pages of this address; None for an unknown publisher."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    return next((site for site in sites().values() if site.owns(host)), None)


def story_of(address: str) -> tuple[str, str] | None:
    """Return (site, key) of the story that an address belongs to by its site's profile."""
    site = site_of(address)
    if site is None or not isinstance(found := site.identify(address), Identity):
        return None
    return found.site, found.key
