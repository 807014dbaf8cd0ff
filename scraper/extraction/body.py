"""The prose: the profile narrows the tree, trafilatura takes the text out, newsroom rules clean its edges."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

import trafilatura
from lxml import html

from scraper.extraction.blocks import Block, blocks
from scraper.extraction.boilerplate import BYLINE_RULES, trim
from scraper.extraction.bylines import read_byline
from scraper.extraction.datelines import split_dateline
from scraper.extraction.narrow import Narrowed
from scraper.extraction.tree import Element, clean, find_all, union
from scraper.site import Identity, Site

# What stands inside articles of all sites and is no prose.
COMMON_PRUNE = (
    "script", "style", "noscript", "template", "iframe", "form", "button", "svg", "object", "embed", "video", "audio", "nav", "aside",
    "select",
    "figure", "figcaption", "ins", "img", "blockquote.twitter-tweet", "blockquote.twitter-video", "blockquote.instagram-media", ".fb-post",
    ".fb-video", "blockquote.tiktok-embed", "[id^=div-gpt-ad]", "[id^=div-ad]", "[id^=google_ads]", ".adsbygoogle", ".google-auto-placed",
    "[aria-hidden=true]", "[style*='display:none']", "[style*='display: none']",
)  # fmt: skip

MIN_KEPT = 0.7
"""Share of the narrowed article's words that trafilatura must leave; below, its pruning hit the story itself."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs an error a page that it finds too short


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
    warnings: tuple[str, ...] = field(default=())


def read_body(tree: Element, site: Site, narrowed: Narrowed, identity: Identity | None) -> Body:
    """The prose of a narrowed article."""
    layout = narrowed.layout
    pruned = set(union((*COMMON_PRUNE, *site.prune, *layout.prune))(narrowed.node))
    found = [block for lead in find_all(tree, layout.lead) for block in blocks(lead, set())]
    found += blocks(narrowed.node, pruned)
    return _finished(found, site, identity, through_trafilatura=True)


def fallback_body(tree: Element, site: Site | None, identity: Identity | None) -> Body:
    """The prose of a page whose layout is unknown: trafilatura on the whole page, the newsroom's rules afterwards."""
    document = trafilatura.bare_extraction(copy(tree), include_comments=False, include_tables=True, with_metadata=False, deduplicate=False)
    lines = (getattr(document, "text", None) or "").split("\n")
    found = [Block(text=clean(line.removeprefix("- "))) for line in lines if clean(line)]
    return _finished(found, site, identity, through_trafilatura=False)


def _finished(found: list[Block], site: Site | None, identity: Identity | None, *, through_trafilatura: bool) -> Body:
    own = identity.key if identity is not None else None

    def is_story(url: str) -> bool:
        other = site.identify(url) if site is not None and url.startswith("http") else None
        return isinstance(other, Identity) and other.key != own

    trimmed = trim(found, site.rules if site else (), end_credit=site.end_credit if site else "", is_story=is_story)
    dateline, kept = split_dateline(trimmed.blocks, site) if site is not None else (None, trimmed.blocks)
    texts = [block.text for block in kept]
    warnings: tuple[str, ...] = ()
    if through_trafilatura and kept:
        texts, warnings = _through_trafilatura(kept)
    newsroom = site.newsroom_names if site else ()
    people = [read_byline(text, newsroom=newsroom) for rule, text in trimmed.taken if rule in BYLINE_RULES]
    return Body(
        text="\n\n".join(texts),
        dateline=dateline,
        agency=trimmed.agency,
        authors=tuple(name for byline in people for name in byline.authors),
        editors=(*trimmed.editors, *(name for byline in people for name in byline.editors)),
        taken=tuple(trimmed.taken),
        warnings=warnings,
    )


def _through_trafilatura(kept: Sequence[Block]) -> tuple[list[str], tuple[str, ...]]:
    """What trafilatura leaves of the paragraphs: it knows the class names of many widgets that no profile lists.

    It is given plain paragraphs inside their containers' classes, so that no text between tags is lost on the way.
    """
    root = html.Element("html")
    article = html.Element("article")
    body = html.Element("body")
    root.append(body)
    body.append(article)
    for block in kept:
        paragraph = html.Element("p")
        paragraph.text = block.text
        wrapper = html.Element("div")
        if block.context:
            wrapper.set("class", block.context)
        wrapper.append(paragraph)
        article.append(wrapper)
    document = trafilatura.bare_extraction(root, fast=True, include_comments=False, with_metadata=False, deduplicate=False)
    texts = [clean(line) for line in (getattr(document, "text", None) or "").split("\n") if clean(line)]
    before, after = sum(len(block.text) for block in kept), sum(map(len, texts))
    if after < MIN_KEPT * before:
        return [block.text for block in kept], ("trafilatura_disagrees",)
    return texts, ()
