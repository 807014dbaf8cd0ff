"""The prose: the profile narrows the tree, trafilatura takes the text out, newsroom rules clean its
edges.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

import trafilatura
from lxml import html

from archive.identity import joined_url
from scraper.extraction.blocks import Block, blocks
from scraper.extraction.boilerplate import BYLINE_RULES, trim
from scraper.extraction.bylines import read_byline
from scraper.extraction.datelines import Opening, split_dateline
from scraper.extraction.locate import Narrowed
from scraper.extraction.selectors import Element, pruned
from scraper.extraction.tree import Document, clean, text_of
from scraper.sites.site import Identity, Site

# What stands inside articles of all sites and is no prose.
COMMON_PRUNE = (
    "blockquote.twitter-tweet",
    "blockquote.twitter-video",
    "blockquote.instagram-media",
    ".fb-post",
    ".fb-video",
    "blockquote.tiktok-embed",
    "[id^=div-gpt-ad]",
    "[id^=div-ad]",
    "[id^=google_ads]",
    ".adsbygoogle",
    ".google-auto-placed",
    "div[aria-hidden=true]",
    "section[aria-hidden=true]",
    "[style*='display:none']",
    "[style*='display: none']",
    "[class$=caption]",
    "[class*='caption ']",
)

MAX_LINKED = 0.5
"""Share of an unknown page's text that may be links before it is taken for a list."""

MIN_KEPT = 0.7
"""Share of the narrowed article's words that trafilatura must leave; below, its pruning hit the
story itself.
"""

logging.getLogger("trafilatura").setLevel(
    logging.CRITICAL
)  # it logs an error a page that it finds too short


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The prose of a page and what was read at its edges."""

    text: str = ""
    dateline: str | None = None
    agency: str | None = None
    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    """(rule, text) of every line that was taken out."""


def read_body(page: Document, site: Site, narrowed: Narrowed, identity: Identity | None) -> Body:
    """The prose of a narrowed article."""
    layout = narrowed.layout
    furniture = pruned(narrowed.node, (*COMMON_PRUNE, *site.prune, *layout.prune))
    found = [block for lead in page.all(*layout.lead) for block in blocks(lead, set())]
    found += blocks(narrowed.node, furniture)
    return finish(found, site, identity)


def fallback_body(
    page: Document,
    node: Element | None,
    site: Site | None,
    identity: Identity | None,
    headline: str | None,
) -> Body:
    """The prose of a page whose layout is unknown: what stands in the node that was found, else
    what trafilatura finds.
    """
    if node is not None:
        found, _apart = _without(
            lambda context: True,
            blocks(node, pruned(node, (*COMMON_PRUNE, *(site.prune if site else ())))),
        )
    else:
        document = trafilatura.bare_extraction(
            copy(page.tree), include_comments=False, with_metadata=False, deduplicate=False
        )
        lines = (getattr(document, "text", None) or "").split("\n")
        titles = {text_of(link) for link in page.tree.iter("a")}
        texts = [text for line in lines if (text := clean(line.removeprefix("- ")))]
        found = [Block(text=text, linked=len(text) if text in titles else 0) for text in texts]
    if sum(block.linked for block in found) > MAX_LINKED * sum(len(block.text) for block in found):
        return Body()  # a list of headlines is no article, wherever it stands
    if found and found[0].text == headline:
        found = found[1:]
    return finish(
        [block for block in found if not _is_list_of_links(block)], site, identity, whole_page=True
    )


def _is_list_of_links(block: Block) -> bool:
    """A paragraph or an entry that is nothing but a link: on an unknown page it leads away from the
    story.
    """
    return block.is_link and block.kind != "heading" and not block.text.startswith("http")


def finish(
    found: list[Block], site: Site | None, identity: Identity | None, *, whole_page: bool = False
) -> Body:
    """Paragraphs without furniture, credits and dateline; `whole_page`: what follows the story may
    still be among them.
    """
    own = identity.key if identity is not None else None

    def is_story(address: str) -> bool:
        url = joined_url(identity.url, address) if identity is not None else address
        other = site.identify(url) if site is not None and url is not None else None
        return isinstance(other, Identity) and other.key != own

    rules = site.rules if site else ()
    trimmed = trim(
        found,
        rules,
        end_credit=site.end_credit if site else "",
        is_story=is_story,
        whole_page=whole_page,
    )
    opening = (
        split_dateline(trimmed.blocks, site) if site is not None else Opening(blocks=trimmed.blocks)
    )
    kept, widgets = _without(_is_widget, opening.blocks)
    taken = (*trimmed.taken, *(("widget", block.text) for block in widgets))
    newsroom = site.newsroom_names if site else ()
    people = [
        read_byline(text, newsroom=newsroom) for rule, text in trimmed.taken if rule in BYLINE_RULES
    ]
    return Body(
        text="\n\n".join(block.text for block in kept),
        dateline=opening.place,
        agency=trimmed.agency,
        authors=(
            *read_byline(opening.author, newsroom=newsroom).authors,
            *(name for byline in people for name in byline.authors),
        ),
        editors=(*trimmed.editors, *(name for byline in people for name in byline.editors)),
        taken=taken,
    )


def _without(
    suspect: Callable[[str], bool], found: Sequence[Block]
) -> tuple[list[Block], list[Block]]:
    """(prose, furniture): paragraphs that stand in containers of their own within the article,
    where the container is suspect.

    Where that would take more than a third of the article, it is the article's own mark-up, and all
    of it stays.
    """
    taken = [block for block in found if _apart(block, suspect)]
    lost = sum(len(block.text) for block in taken)
    if not taken or lost > (1 - MIN_KEPT) * sum(len(block.text) for block in found):
        return list(found), []
    return [block for block in found if not _apart(block, suspect)], taken


def _apart(block: Block, suspect: Callable[[str], bool]) -> bool:
    """Whether a paragraph stands in a suspect container; a row of a table does not: tables have
    containers of their own.
    """
    return bool(block.context) and block.kind != "row" and suspect(block.context)


@lru_cache(maxsize=16384)
def _is_widget(context: str) -> bool:
    """Whether trafilatura discards what stands in a container of these classes and ids: a widget
    that no profile lists yet.

    It is asked once for each and the answer is kept: a site has a few dozen, and trafilatura's
    rules look at nothing else.
    """
    root = html.document_fromstring(
        f"<article><p>{_PROSE[0]}</p><div><p>{_PROSE[1]}</p></div><p>{_PROSE[2]}</p></article>"
    )
    container = root.find(".//div")
    assert container is not None
    container.set("class", context)
    document = trafilatura.bare_extraction(
        root, fast=True, include_comments=False, with_metadata=False, deduplicate=False
    )
    return _PROSE[1] not in (getattr(document, "text", None) or "")


_SENTENCE = "warga kampung memperbaiki saluran air di tepi sawah, lalu mereka makan siang bersama di balai desa."
_PROSE = tuple(" ".join([f"{word} {_SENTENCE}"] * 4) for word in ("Pagi", "Siang", "Sore"))
