"""The publishers that warta knows: five that come with it, one file each with its profile as SITE,
and those of installed packages and of folders. Scrapy runs a spider for every one.

May import `sites`.
"""

import logging
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import urlsplit

from archive.printable import in_line
from scraper.sites import folders, loader
from scraper.sites.hosts import host_site, name_of_host
from scraper.sites.loader import Broken, Publishers
from scraper.sites.site import Identity, Site

logger = logging.getLogger(__name__)


def publishers(archive: Path | None = None) -> Publishers:
    """Return all publishers, and the profiles that cannot be used. Loaded once for the folders that
    `scraper.sites.folders` names; where it knows none, those of the environment and the one beside
    the `archive`.
    """
    found, turn = folders.current()
    if archive is not None and not folders.are_known():
        found = folders.of_environment(archive)
    return _loaded(found, turn)


@lru_cache(maxsize=2)
def _loaded(found: folders.Folders, _turn: int) -> Publishers:
    own = {name: import_module(f"{__name__}.{name}").SITE for name in _own()}
    known = loader.publishers(own, found)
    if not folders.are_known():  # the commands say it themselves, where it matters
        for broken in known.broken:
            logger.warning("%s", in_line(str(broken)))
    return known


def forget() -> None:
    """Load the profiles anew when they are needed next."""
    _loaded.cache_clear()


def _own() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))


def names() -> list[str]:
    """Return the names of all publishers, those of broken profiles included, and load none."""
    return loader.names(_own(), folders.current()[0])


def unread() -> list[Broken]:
    """Return the folders that cannot be read: `names` does not know what is in them."""
    return loader.unread(folders.current()[0])


def sites() -> dict[str, Site]:
    """Return the profiles by name, in the order of their names."""
    return publishers().sites


def site_of(url: str) -> Site | None:
    """Return the profile that reads pages of this address; None for an unknown publisher."""
    return publishers().of_host(_host(url))


def any_site_of(url: str) -> Site | None:
    """Return the profile that reads pages of this address, of an unknown publisher its host; None
    where it names no host.
    """
    host = _host(url)
    return publishers().of_host(host) or (host_site(name_of_host(host)) if host else None)


def site_named(name: str) -> Site:
    """Return a profile by its name, of a publisher without one that of its host."""
    return sites().get(name) or host_site(name)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def story_of(address: str) -> tuple[str, str] | None:
    """Return (site, key) of the story that an address belongs to by its site's profile."""
    site = site_of(address)
    if site is None or not isinstance(found := site.identify(address), Identity):
        return None
    return found.site, found.key
