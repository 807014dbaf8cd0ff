"""Resolve host names to public addresses only: no DNS record may point the crawler inside."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from scraper.sites.addresses import is_private


class PublicAddressResolver(CachingThreadedResolver):
    """Scrapy's resolver without internal addresses, except those of the user's own proxies."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        """Resolve a host name; fails with DNSLookupError for an internal address."""
        found = super().getHostByName(name, timeout)
        return found if name in _proxy_hosts() else found.addCallback(_public, name)


def _public(address: Any, name: str) -> Any:
    if is_private(str(address)):
        raise DNSLookupError(f"{name} has an internal address")
    return address


def _proxy_hosts() -> set[str]:
    return {
        urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or ""
        for proxy in getproxies().values()
    }
