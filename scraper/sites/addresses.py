"""Addresses that pages and sources name: their canonical form, and which are internal.

No page may make the crawler request an internal address.
"""

import ipaddress

from archive.identity import canonical_url

_INTERNAL_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


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
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return _is_public(mapped)
    return address.is_global and not address.is_multicast


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
