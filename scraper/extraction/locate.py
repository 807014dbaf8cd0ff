"""The article on a page whose layout nobody has described: by what stays the same across redesigns.

That is `articleBody` in the mark-up, else the container with the most prose after the headline.
Pages of unknown publishers take this way, and those of a site after a redesign; the general
algorithm (trafilatura on the whole page) comes after it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from scraper.extraction.selectors import Element
from scraper.extraction.tree import Document, clean
from scraper.sites.site import Layout, Site

MIN_PROSE = 250
"""Characters; less is a teaser, a caption or a notice."""
MIN_PIECE = 40
"""Characters of one paragraph; shorter ones are labels and headlines of lists."""
DECAY = 0.5
"""Share of a paragraph's weight that its container's container gets: some sites wrap each
paragraph.
"""

MIN_BELOW_HEADLINE = 100
"""Characters; enough where they stand below the page's own headline."""
MORE = 0.1
"""Share of the prose that has to stand in nodes beside the best one to take them all."""

_SHOWS = frozenset(("h1", "h2", "h3", "div", "span", "p", "a"))
_INLINE = frozenset(
    (
        "a",
        "abbr",
        "b",
        "big",
        "cite",
        "em",
        "font",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
    )
)
_PARAGRAPHS = frozenset(("p", "blockquote", "li"))
_OUT = frozenset(
    (
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "footer",
        "aside",
        "form",
        "select",
        "option",
        "button",
        "textarea",
        "head",
    )
)
_ELSEWHERE = re.compile(r"comment|komentar|related|terkait|popul|sidebar|teaser", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…]")
_MARKED = "[itemprop=articleBody]"


def find_article(page: Document, headline: str | None) -> Element | None:
    """The node that holds the article's prose; None where no container has enough of it."""
    for node in page.all(_MARKED):
        if len(clean(node.text_content())) >= MIN_PROSE:
            return node  # type: ignore[no-any-return]
    found = _weights(page.tree, clean(headline))
    best = max(found.weights, key=lambda node: found.weights[node], default=None)
    if best is None or found.weights[best] < (
        MIN_BELOW_HEADLINE if found.below_headline else MIN_PROSE
    ):
        return None
    return _with_siblings(best, found.weights)


@dataclass(slots=True)
class _Found:
    """Characters of prose that stand directly in each container."""

    weights: defaultdict[Element, float] = field(default_factory=lambda: defaultdict(float))
    below_headline: bool = False
    """Only what stands below the last node that shows the headline was counted."""


def _weights(tree: Element, headline: str) -> _Found:
    found = _Found()
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in _OUT:
            continue
        if (
            headline
            and not found.below_headline
            and node.tag in _SHOWS
            and clean(node.text) == headline
        ):
            found = _Found(below_headline=True)
        for text, holder in ((node.text, node), (node.tail, node.getparent())):
            weight = _weight(text)
            container = _container(holder) if weight else None
            if container is not None:
                found.weights[container] += weight
                above = container.getparent()
                if above is not None and above.tag not in ("body", "html"):
                    found.weights[above] += DECAY * weight
    return found


def _with_siblings(node: Element, weights: Mapping[Element, float]) -> Element:
    """The container above, where nodes that look like this one hold the rest of the prose."""
    above = node.getparent()
    if above is None or above.tag in ("body", "html"):
        return node
    alike = sum(
        weights.get(other, 0.0)
        for other in above
        if other is not node and other.tag == node.tag and other.get("class") == node.get("class")
    )
    return above if alike >= MORE * weights[node] else node


def _weight(text: str | None) -> int:
    """Characters of a piece of text that reads like prose."""
    if text is None or len(text) < MIN_PIECE:
        return 0
    cleaned = clean(text)
    return len(cleaned) if len(cleaned) >= MIN_PIECE and _SENTENCE.search(cleaned) else 0


def _container(node: Element | None) -> Element | None:
    """The block that holds the paragraph of a text; None within links and furniture."""
    place = node
    while place is not None and place.tag in _INLINE:
        place = None if place.tag == "a" else place.getparent()
    if place is not None and place.tag in _PARAGRAPHS:
        place = place.getparent()
    within = place
    while (
        within is not None
        and within.tag not in _OUT
        and not _ELSEWHERE.search(f"{within.get('class')} {within.get('id')}")
    ):
        within = within.getparent()
    return place if within is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """The article's node, in the layout that matched."""

    layout: Layout
    node: Element


def narrow(page: Document, site: Site) -> Narrowed | None:
    """The newest layout of the profile that the page shows, with the node of its prose; None after
    a redesign.
    """
    for layout in site.layouts:
        if layout.requires and not page.all(layout.requires):
            continue
        for node in page.all(layout.body):
            if clean(node.text_content()):
                return Narrowed(layout=layout, node=node)
    return None
