"""Publishers without a profile: each is its host, and says by its addresses what is no story."""

import re
from dataclasses import fields
from functools import lru_cache
from urllib.parse import urlsplit

from archive.identity import MAX_URL, canonical_url
from scraper.sites.addresses import is_private, is_usual_port, split_part
from scraper.sites.site import MAX_REFUSED_URL, SPONSORED, UNKNOWN, Identity, Refusal, Site

_SAME_SITE = re.compile(r"^(?:(?:www\d?|m|mobile|wap|amp)\.)+(?=[^.]+\.)")
"""Names of hosts that show the same stories: to phones, in AMP, or for no reason."""
_AMP = re.compile(r"^/amp(?=/.)|(?:/amp|(?<=\w)\.amp)$|\.amp(?=\.html?$)", re.IGNORECASE)
"""The part of a path by which a site asks for the AMP page of a story."""
_QUERY_OF_SEARCH = re.compile(r"(?:^|&)(?:s|q|query|keyword|search)=", re.IGNORECASE)
_DAY = re.compile(r"(?:19|20)\d\d(?:/\d\d?){0,2}")

# Names in paths, as publishing systems and Indonesian newsrooms give them.
_TAGS = frozenset("tag tags topic topics topik topik-pilihan label labels keyword hashtag".split())
_SEARCHES = frozenset("search cari pencarian hasil-pencarian".split())
_PEOPLE = frozenset("author authors penulis profile profil user users reporter editor".split())
_LISTS = frozenset(
    "category categories kategori indeks index archive archives arsip terbaru terpopuler populer "
    "popular trending latest headline headlines rubrik kanal channel section sections page".split()
)
_FRONTS = frozenset("index default home main beranda".split())
_STATEMENTS = frozenset(
    "about about-us tentang tentang-kami redaksi pedoman pedoman-media-siber disclaimer contact "
    "contact-us kontak kontak-kami hubungi-kami privacy privacy-policy kebijakan-privasi terms "
    "terms-of-service terms-of-use terms-and-conditions syarat-dan-ketentuan kode-etik karier "
    "karir careers login register masuk daftar sitemap info-iklan".split()
)
_MACHINES = frozenset("feed rss wp-json wp-admin wp-content wp-includes api ajax cgi-bin".split())
_MACHINES_READ = frozenset("xml rss atom json js css txt".split())


class Host(Site):
    """A publisher without a profile: its name is its host, its pages are read by the fallback."""

    profiled = False

    def owns(self, host: str) -> bool:
        """Whether the host is this one, or shows the same stories."""
        return name_of_host(host) == self.name

    def _part(self, url: str) -> tuple[Identity | Refusal, int]:
        """Return the story that an address may be of, and which page of it that is."""
        first, number = split_part(url)
        found = _identified(self.name, first)
        if number > 1 and isinstance(found, Refusal):
            return _identified(self.name, url), 1
        return found, number


@lru_cache(maxsize=4096)
def host_site(name: str) -> Host:
    """Return the publisher whose name is a host, as `name_of_host` gives it."""
    unknown = {field.name: getattr(UNKNOWN, field.name) for field in fields(UNKNOWN)}
    return Host(**unknown | {"name": name, "home": f"https://{name}/", "domains": (name,)})


def name_of_host(host: str) -> str:
    """Return the name of a host's publisher.

    >>> [name_of_host(host) for host in ("www.Lereng.example", "m.lereng.example.", "amp.dev")]
    ['lereng.example', 'lereng.example', 'amp.dev']
    """
    return _SAME_SITE.sub("", host.lower().rstrip("."))


@lru_cache(maxsize=8192)
def _identified(name: str, url: str) -> Identity | Refusal:
    try:
        canonical = canonical_url(url)
    except ValueError:
        return Refusal(url=url[:MAX_REFUSED_URL], reason="bad_address")
    if len(canonical) > MAX_URL:
        return Refusal(url=url[:MAX_REFUSED_URL], reason="bad_address")
    reason = _of_another_publisher(name, canonical) or _no_story(canonical)
    if reason is not None:
        return Refusal(url=canonical, reason=reason)
    parts = urlsplit(canonical)
    path = _AMP.sub("", parts.path)
    query = f"?{parts.query}" if parts.query else ""
    plain = f"https://{name}{path}{query}"
    return Identity(site=name, url=canonical, story_id=None, plain_url=plain)


def _of_another_publisher(name: str, url: str) -> str | None:
    """Return why an address is none of a publisher's; None for one of its own."""
    host = urlsplit(url).hostname or ""
    if is_private(host):
        return "private_address"
    if name_of_host(host) != name or "." not in host:
        return "foreign_site"
    return None if is_usual_port(url) else "other_port"


def _no_story(url: str) -> str | None:
    """Return what is at an address instead of a story; None where it may be one.

    >>> [_no_story(f"https://lereng.example/{path}") for path in ("2026/11", "tag/padi", "padi-12")]
    ['index_page', 'tag_page', None]
    """
    parts = urlsplit(url)
    path = parts.path.lower().strip("/")
    names = path.split("/")
    last, _dot, extension = names[-1].partition(".")
    if _QUERY_OF_SEARCH.search(parts.query) or not _SEARCHES.isdisjoint(names):
        return "search_page"
    if _is_front(names, last, parts.query) or _DAY.fullmatch(path):
        return "index_page"
    if not _TAGS.isdisjoint(names):
        return "tag_page"
    if last in _STATEMENTS or names[0] in _MACHINES or extension in _MACHINES_READ:
        return "not_an_article"
    if re.search(SPONSORED, f"{parts.hostname}/{path}/"):
        return "advertorial"
    return _list_of(names)


def _is_front(names: list[str], last: str, query: str) -> bool:
    """Whether a path is that of a front page: also of a language, or with a section as its key."""
    if query:  # `/?p=12` and `/index.php?id=12` are stories
        return False
    return len(names) == 1 and (len(last) < 3 or last in _FRONTS)


def _list_of(names: list[str]) -> str | None:
    """Return which kind of list ends a path, with at most one name below what says so."""
    for place, reason in ((_PEOPLE, "author_page"), (_LISTS, "index_page")):
        if names[-1] in place or (len(names) > 1 and names[-2] in place):
            return reason
    return None
