"""Identity of bytes, texts and URLs: digests, and the canonical form of an address."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

# Shapes of quotes and dashes change with the editor's keyboard, not with the story.
_SHAPES = (
    dict.fromkeys("‘’‚‛`´′", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", "")
)


def bytes_digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def normalised(text: str) -> str:
    """Drop what carries no meaning: white space, shapes of quotes and dashes, invisible characters.

    >>> normalised("“Air”\\u00a0 –  naik ")
    '"Air" - naik'
    """
    return " ".join(_shaped(unicodedata.normalize("NFKC", _shaped(text))).split())


def _shaped(text: str) -> str:
    # Much faster than `str.translate`, as most shapes are in no text.
    for shape, plain in _SHAPES.items():
        text = text.replace(shape, plain)
    return text


def text_digest(values: Iterable[str | None]) -> str:
    """Return the SHA-256 of normalised texts; None equals the empty text."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(normalised(value or "").encode())
        digest.update(b"\0")
    return digest.hexdigest()


_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|yclid|msclkid|igshid|mc_[ce]id|_ga"
    r"|ref|ref_src|source|src|from|amp)$",
    re.IGNORECASE,
)
_DOUBLE_SLASH = re.compile(r"/{2,}")


@lru_cache(maxsize=8192)
def canonical_url(url: str) -> str:
    """Return the URL over https without port, fragment, tracking, double or trailing slash.

    The host is in lower case, the remaining query keeps its order, the path its case and bytes.

    >>> canonical_url("HTTP://www.Example.id:80//berita//a?utm_source=x&id=3#top")
    'https://www.example.id/berita/a?id=3'

    Raises ValueError where `url` is no web address.
    """
    parts = urlsplit(safe_url_string(url.strip()))
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"not a web address: {url[:200]}")
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _DOUBLE_SLASH.sub("/", parts.path).rstrip("/") or "/"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, value) for name, value in pairs if not _TRACKING.match(name)])
    return urlunsplit(("https", host + port, path, query, ""))


def joined_url(base: str, address: str) -> str | None:
    """Return an address on a page as an absolute URL; None for one that is no web address."""
    try:
        url = urljoin(base, address.strip())
    except ValueError:  # a broken IPv6 address
        return None
    return url if url.startswith(("http://", "https://")) else None
