"""Addresses that pages and sources name: their canonical form, and which are internal.

No page may make the crawler request an internal address.
"""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from archive.identity import canonical_url

_INTERNAL_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
"""Networks whose last 32 bits are an IPv4 address: RFC 6052, RFC 4291 2.5.5.1."""
_PORTS = {"http": 80, "https": 443}
_NUMBER = r"(?:[2-9]|1\d|20)"
_PARTS = (
    *(
        re.compile(rf"(?<=[?&])(?:{names})=(?P<number>{_NUMBER})(?=&|#|$)", re.IGNORECASE)
        for names in ("page|paged|pg|halaman|hal|laman", "p")  # beside them `p` is the story's key
    ),
    re.compile(
        rf"(?:/|(?:/|(?<=\w)-)(?:page|halaman|hal|laman)[/-]?)(?P<number>{_NUMBER})"
        r"(?=/?(?:[?#]|$))",
        re.IGNORECASE,
    ),
)
"""The number of a page of a story, 2 to 20, as publishing systems write it in addresses."""


def is_private(host: str) -> bool:
    """Whether the host's name says that it is loopback, private, link-local or else not public.

    >>> [is_private(host) for host in ("127.0.0.1", "0x7f.1", "[::1]", "www.suara.com")]
    [True, True, True, False]
    """
    name = host.strip("[]").rstrip(".").lower()
    if not name or name == "localhost" or name.endswith(_INTERNAL_NAMES):
        return True
    try:
        return not _is_public(ipaddress.ip_address(name))
    except ValueError:
        # No public domain ends in a number: such a name is an old spelling of an IPv4 address.
        last = name.rsplit(".", 1)[-1]
        return last.isdigit() or last.startswith("0x")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        by_gateways = address.sixtofour is not None  # 6to4 is no more (RFC 7526)
        if by_gateways or not all(map(_is_public, _within(address))):
            return False
    return address.is_global and not address.is_multicast


def _within(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses to which gateways translate an IPv6 address."""
    if (mapped := address.ipv4_mapped) is not None:
        yield mapped
    if any(address in network for network in _NAT64):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def is_usual_port(url: str) -> bool:
    """Whether an address names no port, or that of its scheme.

    >>> [is_usual_port(f"https://rmol.id{port}/") for port in ("", ":443", ":80", ":8443", ":x")]
    [True, True, False, False, False]
    """
    parts = urlsplit(url)
    try:
        return parts.port in (None, _PORTS.get(parts.scheme))
    except ValueError:
        return False


def plain_url(url: str) -> str | None:
    """Return the canonical form of a foreign address; None where it is no web address."""
    try:
        return canonical_url(url)
    except ValueError:
        return None


def host_of(url: str) -> str:
    """Return the host of an address; empty where it is no web address."""
    plain = plain_url(url)
    return plain.split("/")[2] if plain else ""


def split_part(url: str) -> tuple[str, int]:
    """Return an address without the number of a story's page, and that number; 1 for none.

    >>> split_part("https://kabar.example/desa/panen?page=3"), split_part("/desa/panen/halaman/2")
    (('https://kabar.example/desa/panen?', 3), ('/desa/panen', 2))
    >>> split_part("https://kabar.example/?p=12&page=2")
    ('https://kabar.example/?p=12&', 2)
    """
    match = _part_of(url)
    if match is None:
        return url, 1
    return url[: match.start()] + url[match.end() :], int(match["number"])


def with_part(url: str, number: int) -> str:
    """Return the address of another page of the same story."""
    match = _part_of(url)
    if match is None:
        return url
    start, end = match.span("number")
    return f"{url[:start]}{number}{url[end:]}"


def _part_of(url: str) -> re.Match[str] | None:
    return next(filter(None, (pattern.search(url) for pattern in _PARTS)), None)
