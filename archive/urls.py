"""The identity of a URL, before any site's own rules: what two addresses of one page have in common."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|yclid|msclkid|igshid|mc_[ce]id|_ga|ref|ref_src|source|src|from|amp)$", re.IGNORECASE
)
_DOUBLE_SLASH = re.compile(r"/{2,}")


@lru_cache(maxsize=8192)
def canonical_url(url: str) -> str:
    """The URL over https with a lower-case host, without port, fragment, tracking, double or trailing slash.

    The remaining query keeps its order; the path keeps its case and its bytes.

    >>> canonical_url("HTTP://www.Example.id:80//berita//a?utm_source=x&id=3#top")
    'https://www.example.id/berita/a?id=3'

    Raises ValueError where there is no web address in `url`.
    """
    parts = urlsplit(safe_url_string(url.strip()))
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"not a web address: {url[:200]}")
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _DOUBLE_SLASH.sub("/", parts.path).rstrip("/") or "/"
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)])
    return urlunsplit(("https", host + port, path, query, ""))


def joined_url(base: str, address: str) -> str | None:
    """An address of a page as a whole URL; None for one that is no address, or none of the web."""
    try:
        url = urljoin(base, address.strip())
    except ValueError:  # a broken IPv6 address
        return None
    return url if url.startswith(("http://", "https://")) else None
