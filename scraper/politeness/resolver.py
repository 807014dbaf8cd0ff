"""Resolve host names to public addresses only: no DNS record may point the crawler inside.

Requests that go through a proxy are checked in the same way before they are sent, as far as names
can be resolved here: the proxy resolves them again by itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from scraper.sites.addresses import is_private

KNOWN_FOR = 60.0
"""Seconds for which the addresses of a name are remembered."""
UNKNOWN_FOR = 600.0
"""Seconds for which a name that could not be resolved is not tried again."""


class InternalAddress(DNSLookupError):
    """A host name has an internal address."""


_internal: set[str] = set()
"""Names that resolved to an internal address when they were last looked up."""


def is_internal_name(host: str) -> bool:
    """Whether a host name was refused: Twisted reports that like a name that does not exist."""
    return host in _internal


class PublicAddressResolver(CachingThreadedResolver):
    """Scrapy's resolver without internal addresses, except those of the user's own proxies."""

    def getHostByName(  # noqa: N802 - Twisted's name
        self, name: str, timeout: Sequence[int] = ()
    ) -> Deferred[str]:
        """Resolve a host name; fails with InternalAddress for an internal address."""
        found = super().getHostByName(name, timeout)
        if name in _proxy_hosts():
            return found
        return found.addCallback(_public, name)


def _public(address: Any, name: str) -> Any:
    if is_private(str(address)):
        _internal.add(name.lower())
        raise InternalAddress(f"{name} has an internal address")
    _internal.discard(name.lower())
    return address


def _proxy_hosts() -> set[str]:
    return {
        urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or ""
        for proxy in getproxies().values()
    }


def goes_through_proxy(url: str, proxy: str | None) -> bool:
    """Whether a request goes through `proxy` or, if that is None, through one of the environment.

    An empty `proxy` is none.
    """
    if proxy is not None:
        return bool(proxy)
    parts = urlsplit(url)
    return _goes_through_one(parts.scheme, parts.hostname or "")


@lru_cache(maxsize=1_000)
def _goes_through_one(scheme: str, host: str) -> bool:
    """The same by the environment, whose variables are all read each time: once for a host."""
    return scheme in getproxies() and not proxy_bypass(host)


class ProxiedNames:
    """Resolves the names that a proxy is about to resolve, each in a thread of its own."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, asyncio.Future[frozenset[str]]]] = {}

    async def addresses(self, host: str) -> frozenset[str]:
        """All addresses of a host; none if it cannot be resolved here."""
        at, found = self._known.get(host, (0.0, None))
        if found is None or (found.done() and self._is_old(at, found)):
            at, found = self._known[host] = (self._clock(), _looked_up(host))
        return await asyncio.shield(found)

    def _is_old(self, at: float, found: asyncio.Future[frozenset[str]]) -> bool:
        lasts = KNOWN_FOR if found.result() else UNKNOWN_FOR
        return self._clock() - at >= lasts


def _looked_up(host: str) -> asyncio.Future[frozenset[str]]:
    """Resolve in a daemon thread: a resolver that hangs must not hold up the end of a process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[frozenset[str]] = loop.create_future()

    def resolve() -> None:
        found = _resolved(host)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(future.set_result, found)

    Thread(target=resolve, name=f"resolve {host}", daemon=True).start()
    return future


def _resolved(host: str) -> frozenset[str]:
    """The addresses of all families, and the one that a direct request would use."""
    found: set[str] = set()
    with suppress(OSError, UnicodeError):
        found |= {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    with suppress(OSError, UnicodeError):
        found.add(socket.gethostbyname(host))
    return frozenset(found)
