"""Where the further pages of a story are: the URLs that its pager links to."""

import re
from itertools import islice
from urllib.parse import urlsplit

from archive.identity import joined_url
from archive.records import Page
from scraper.extraction.dom.selectors import Element
from scraper.extraction.dom.tree import Document, clean, parse_html, text_of
from scraper.sites.addresses import host_of, plain_url, split_part, with_part
from scraper.sites.site import Identity, Site

MAX_PARTS = 20
"""Pages of one story; further ones count as missing."""
_PART = re.compile(rb"page=[2-9]|-part[2-9]")
_PART_ADDRESS = re.compile(
    rb"""(?:page|paged|pg|halaman|hal|laman|[?&;]p)[=/-]?(?:[2-9]|1\d|20)\b"""
    rb"""|/(?:[2-9]|1\d|20)/?["'\#?\s>]""",
    re.IGNORECASE,
)
"""Without it nothing on a page leads to a further one (scraper.sites.addresses)."""
_TO_PART = re.compile(
    r"\W*(?:(?:halaman|laman|hal|page)\W*)?"
    r"(?:selanjutnya|berikutnya|lanjut(?:kan)?|next(?: page)?|\d{1,2}|[>›»→])\W*",
    re.IGNORECASE,
)
"""All of the text of a link to another page of a story: its number, or "Selanjutnya"."""
MAX_LABEL = 40
"""Characters of such a text."""
_PAGER = re.compile(r"paginat|paging|\bpager\b|page-(?:links?|numbers?)|halaman", re.IGNORECASE)
"""Classes and ids of what links the pages of a story."""
_ELSEWHERE = re.compile(
    r"comment|komentar|disqus|respond|related|terkait|latest|terbaru|terkini|popul|rekomend"
    r"|recommend|sidebar|teaser",
    re.IGNORECASE,
)
"""Classes, ids and fragments of lists of other stories and of comments."""
MAX_AROUND = 10
"""Nodes around a link whose classes and ids are looked at."""
_ROOTS = frozenset(("html", "body"))
_SAYS_ARTICLE = (
    "//meta[@property='og:type' and @content='article']",
    "//meta[@property='article:published_time']",
    "[itemprop=articleBody]",
)


def may_have_parts(page: Page, site: Site) -> bool:
    """Whether the page's bytes may link to further pages of its story."""
    if not site.layouts:
        return _PART_ADDRESS.search(page.body) is not None
    if not (site.pager and site.part_url):
        return False
    # The expression alone takes five times as long.
    named = b"page=" in page.body or b"-part" in page.body
    return named and _PART.search(page.body) is not None


def part_urls(page: Page, site: Site) -> list[str]:
    """URLs of pages 2 to n of the same story, in order, from its pager."""
    if not may_have_parts(page, site):
        return []
    document = parse_html(page.body, page.headers.get("content-type"))
    if document is None:
        return []
    find = _in_pager if site.layouts else _by_signs
    found = find(page, site, document)
    # A long pager omits pages ("1 2 3 … 9"): the gaps follow the same pattern.
    first = site.part_number(page.url) + 1
    for missing in range(first, max(found, default=0)):
        number, url = next(iter(found.items()))
        found.setdefault(missing, _with_number(url, number, missing, site))
    return [found[number] for number in sorted(found) if number >= first]


def _with_number(url: str, number: int, wanted: int, site: Site) -> str:
    if not site.layouts:
        return with_part(url, wanted)
    return re.sub(rf"(page=|-part){number}\b", rf"\g<1>{wanted}", url)


def _in_pager(page: Page, site: Site, document: Document) -> dict[int, str]:
    """Return number -> URL of the pages that the profile's pager links to."""
    own = site.identify(page.url)
    found: dict[int, str] = {}
    if not isinstance(own, Identity):
        return found
    for link in document.all(site.pager):
        url = joined_url(page.url, link.get("href") or "")
        if url is None:
            continue
        named = site.identify(url)
        number = site.part_number(url)
        if number > 1 and isinstance(named, Identity) and named.key == own.key:
            found.setdefault(number, url)
    return found


def _by_signs(page: Page, site: Site, document: Document) -> dict[int, str]:
    """Return number -> URL of the pages that a page without a layout links to as its own.

    The address is that of its story but for the number, on the same host, and the link says that it
    leads to another page: by its text, `rel=next` or its pager. Lists and comments have pagers of
    their own.
    """
    if "page=all" in page.url or not _is_story(page, site, document):
        return {}
    found: dict[int, str] = {}
    for link in document.tree.iter("a", "link"):
        href = link.get("href") or ""
        if (
            split_part(href)[1] == 1
            or (url := joined_url(page.url, href.partition("#")[0])) is None
        ):
            continue
        number = split_part(url)[1]
        if number not in found and _is_part(page, site, url) and _leads_on(link, number):
            found[number] = url
    return found


def _is_story(page: Page, site: Site, document: Document) -> bool:
    """Whether a page is one of a story: by its address, else as it says itself."""
    if site.article_urls:
        return isinstance(site.identify(page.url), Identity)
    return urlsplit(page.url).path not in ("", "/") and bool(document.all(*_SAYS_ARTICLE))


def _is_part(page: Page, site: Site, url: str) -> bool:
    """Whether an address is that of a further page of a page's story."""
    if host_of(url) != host_of(page.url):
        return False
    if not site.article_urls:  # its own number may be that of the story
        return plain_url(split_part(url)[0]) == plain_url(page.url)
    own, named = site.identify(page.url), site.identify(url)
    same = isinstance(own, Identity) and isinstance(named, Identity) and named.key == own.key
    return same and site.part_number(url) > 1


def _leads_on(link: Element, number: int) -> bool:
    """Whether a link says that it leads to the page with this number, and not in another list."""
    href = link.get("href") or ""
    around = [link, *islice(link.iterancestors(), MAX_AROUND)]
    named = [f"{node.get('class')} {node.get('id')}" for node in around if node.tag not in _ROOTS]
    if any(map(_ELSEWHERE.search, (*named, href.partition("#")[2]))):
        return False
    if "next" in (link.get("rel") or "").lower().split():
        return True
    text = text_of(link) or clean(link.get("aria-label") or link.get("title"))
    if len(text) <= MAX_LABEL and _TO_PART.fullmatch(text):
        return not text.isdigit() or int(text) == number
    return any(map(_PAGER.search, named[:4]))
