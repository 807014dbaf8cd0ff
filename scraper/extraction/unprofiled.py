"""Pages of publishers without a profile: which are stories, and of which story each is."""

import re
from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

from archive.records import Article
from scraper.extraction.dom.json_ld import ARTICLE_TYPES
from scraper.extraction.dom.limits import MAX_MATCHES
from scraper.extraction.dom.selectors import Element, text_content
from scraper.sites.site import Identity, Refusal, Site

MIN_DATED, MIN_UNDATED = 600, 800
"""Characters of text that make a story of a page that does not say that it is one: with a time of
publication, and without one.
"""

MIN_TEASER, MIN_TEASERS = 20, 5
"""Characters of a link that is a headline, and how many of them make a list."""
MIN_PROSE, MIN_PROSE_DECLARED = 400, 100
"""Characters of text for each headline that stands in it; less is a list of teasers. Of pages whose
og:type is an article's, as some write for their sections too, only with much less.
"""

_LISTS = {
    "searchresultspage": "search_page",
    "profilepage": "author_page",
    "collectionpage": "index_page",
    "itemlist": "index_page",
}
"""Type of an object in JSON-LD -> what its page is, if none of them is an article."""
_DECLARED = ("article", "news")
"""How the values of og:type begin that stories have."""
_INLINE = frozenset("span b strong em i font u mark small".split())
_NUMBER = re.compile(r"\d{4,}")


def headlines_in(node: Element) -> int:
    """Return how many other pages a part of a page names by links that stand alone."""
    found = set()
    lengths: dict[Element, int] = {}  # a block may hold all links of a page
    for link in islice(node.iter("a"), MAX_MATCHES):
        length, block = len(text_content(link).strip()), _block_of(link)
        if block not in lengths:
            lengths[block] = len(text_content(block).strip())
        if length >= MIN_TEASER and lengths[block] == length:
            found.add(link.get("href"))
    return len(found)


def _block_of(link: Element) -> Element:
    """Return the node of which a link is the text."""
    block = link.getparent()
    while block is not None and block.tag in _INLINE:
        block = block.getparent()
    return link if block is None else block


def refusal_of_any(
    article: Article, site: Site, metas: Mapping[str, str], types: Set[str], headlines: int
) -> str | None:
    """Return why a page of any publisher is no story, a code of archive.ledger.wording.

    One that says so is a story if it has a text at all. Another needs more of it, under a headline:
    front pages, sections and statements of a publisher have texts, too.
    """
    address = site.identify(article.url)
    if isinstance(address, Refusal):
        return address.reason
    if types & ARTICLE_TYPES:
        return None
    listed = next((_LISTS[name] for name in _LISTS if name in types), None)
    declared = metas.get("og:type", "").strip().lower().startswith(_DECLARED)
    prose = MIN_PROSE_DECLARED if declared else MIN_PROSE
    if listed is None and MIN_TEASERS <= headlines > len(article.body) / prose:
        listed = "index_page"
    if listed is not None or declared:
        return listed
    enough = MIN_UNDATED if article.published_at is None else MIN_DATED
    if article.headline is None or len(article.body) < enough:
        return "not_an_article"
    return None


def named(article: Article, site: Site, canonical: str | None, metas: Mapping[str, str]) -> Article:
    """Return the article under its publisher's name, and under the address that it declares.

    A declared address counts where it may be a story's of the publisher and is confirmed: by
    og:url, or by a number or the words of the page's own address. Templates that declare one
    address for all stories would make them one.
    """
    own = site.story(article.url, on=article.url)
    if own is None:
        return replace(article, site=site.name)
    found = own
    declared, confirmed = (
        site.story(link, on=article.url) for link in (canonical, metas.get("og:url"))
    )
    if declared is not None and (
        _words(declared) & _words(own) or (confirmed is not None and confirmed.key == declared.key)
    ):
        found = declared
    return replace(article, site=site.name, canonical_url=found.url)


def _words(story: Identity) -> set[str]:
    """Return what is a story's own in its address: the last name of its path, and long numbers."""
    parts = urlsplit(story.key)
    slug = parts.path.rpartition("/")[2].partition(".")[0]
    return {slug, *_NUMBER.findall(f"{parts.path}?{parts.query}")} - {"", "index"}
