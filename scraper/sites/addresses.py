"""Addresses that pages and sources give: in their canonical form, and which are internal: no page
may make the crawler ask one.
"""

from __future__ import annotations

import ipaddress

from archive.identity import canonical_url

_INTERNAL_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


def is_private(host: str) -> bool:
    """Whether the host is, as far as its name tells, loopback, private, link-local or otherwise not
    public.

    >>> is_private("127.0.0.1"), is_private("0x7f.1"), is_private("[::1]"), is_private("www.suara.com")
    (True, True, True, False)
    """
    name = host.strip("[]").rstrip(".").lower()
    if not name or name == "localhost" or name.endswith(_INTERNAL_NAMES):
        return True
    try:
        return not _is_public(ipaddress.ip_address(name))
    except ValueError:
        # No domain of the public DNS ends in a number: such a name is an old spelling of an IPv4
        # address.
        last = name.rsplit(".", 1)[-1]
        return last.isdigit() or last.startswith("0x")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return _is_public(mapped)
    return address.is_global and not address.is_multicast


def plain_url(url: str) -> str | None:
    """The canonical form of an address that somebody else wrote; None where there is no web address
    in it.
    """
    try:
        return canonical_url(url)
    except ValueError:
        return None


def host_of(url: str) -> str:
    """The host of its canonical form; empty where there is none."""
    plain = plain_url(url)
    return plain.split("/")[2] if plain else ""
