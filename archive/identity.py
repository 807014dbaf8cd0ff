"""Identity of bytes, texts and URLs: digests, and the canonical form of an address."""

import hashlib
import posixpath
import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

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
    if not text.isascii():
        text = _shaped(unicodedata.normalize("NFKC", _shaped(text)))
    return " ".join(text.replace("`", "'").split())


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


MAX_URL = 2_048
"""Characters of a web address: the limit of the sitemaps protocol, and of most servers."""

# Parameters that say where a reader came from, never which story: from AdGuard's TrackParamFilter
# (general_url.txt), ClearURLs' global rules and Firefox's query stripping, as of November 2026.
_TRACKING = re.compile(
    r"(?:utm|ga|gad|hsa|itm|mc|mtm|matomo|oft|otm|piwik|pk|stm|at|tt|vero|sfmc|ml|oly|wt|hmb|vn"
    r"|guce_referrer|fb_action|fb|_branch|__hs|hs|elqtrack|_hs|ss_email|li_fat|cmp|dlv)_\w*"
    r"|\w*(?:clid|clkid|clickid)"
    r"|utm|_ga|_gl|_kx|_openstat|__s|__hs[a-z]+|_hsenc|hsctatracking|action_\w+_map|amp|cmpid|dicbo"
    r"|epik|from|gbraid|gclsrc|gs_l|guccounter|igsh|igshid|irgwc|mibextid|mkt_tok|ncid"
    r"|oborigurl|ref|ref_|ref_src|ref_url|referrer|rdid|s_cid|sccid|si|source|spm|src|srsltid|tblci"
    r"|tracking_source|vgo_ee|wbraid|wickedid|wtrid|xmt|xtor|zanpid|__twitter_impression",
    re.IGNORECASE,
)
_WHOLE_STORY = {("page", "all"), ("page", "1"), ("showpage", "all"), ("single", "1")}
"""Parameters for the whole text of a story in parts, or for its first page."""
_DOUBLE_SLASH = re.compile(r"/{2,}")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(f"{string.ascii_letters}{string.digits}-._~")


@lru_cache(maxsize=8192)
def canonical_url(url: str) -> str:
    """Return the URL over https without port, fragment, tracking, double or trailing slash.

    Host and escapes have one spelling (RFC 3986, 6.2.2), dot segments are resolved; the remaining
    query keeps its order, the path its case. A parameter for the whole story is dropped.

    >>> canonical_url("HTTP://www.Example.id:80//berita/x/../%7ea%c3%a9?utm_source=x&id=3#top")
    'https://www.example.id/berita/~a%C3%A9?id=3'

    Raises ValueError where `url` is no web address, or longer than MAX_URL.
    """
    if len(url) > MAX_URL:
        raise ValueError(f"longer than a web address: {url[:200]}")
    from w3lib.url import safe_url_string  # it imports an HTTP client, which few readers need

    parts = urlsplit(safe_url_string(url.strip()))
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"not a web address: {url[:200]}")
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _DOUBLE_SLASH.sub("/", _ESCAPE.sub(_one_spelling, parts.path))
    if "/." in path:
        path = posixpath.normpath(path)
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair[0]) and pair not in _WHOLE_STORY]
    query = urlencode(kept, errors="surrogateescape")
    return urlunsplit(("https", host + port, path.rstrip("/") or "/", query, ""))


def _one_spelling(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def joined_url(base: str, address: str) -> str | None:
    """Return an address on a page as an absolute URL; None for one that is no web address."""
    address = address.strip()
    if len(address) > MAX_URL:
        return None
    try:
        url = urljoin(base, address)
    except ValueError:  # a broken IPv6 address
        return None
    return url if url.startswith(("http://", "https://")) else None
