"""Where the article is on a page: by a layout of the site's profile, else by its prose.

Pages of unknown publishers, and those of a site after a redesign, are located by what stays the
same in every design: `articleBody` in the mark-up, else the container with the most prose below the
headline. Where that finds nothing, body.py runs trafilatura on the whole page.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from scraper.extraction.selectors import Element, outermost
from scraper.extraction.tree import Document, clean
from scraper.sites.site import Layout, Site

MIN_PROSE = 250
"""Characters; less is a teaser, a caption or a notice."""
MIN_BELOW_HEADLINE = 100
"""Characters that are enough below the page's own headline."""
MIN_PIECE = 40
"""Characters of one paragraph; shorter ones are labels and headlines of lists."""
DECAY = 0.5
"""Share of a paragraph's weight that the parent of its container gets: some sites wrap each
paragraph.
"""
MIN_IN_SIBLINGS = 0.1
"""Share of the best node's prose that similar siblings must hold to take their parent instead."""

_HEADLINE_TAGS = frozenset("h1 h2 h3 div span p a".split())
_INLINE = frozenset("a abbr b big cite em font i mark q s small span strong sub sup tt u".split())
_PARAGRAPHS = frozenset(("p", "blockquote", "li"))
_OUT = frozenset(
    "script style noscript template nav footer aside form select option button textarea "
    "head".split()
)
_ROOTS = frozenset(("body", "html"))
_ELSEWHERE = re.compile(r"comment|komentar|related|terkait|popul|sidebar|teaser", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutMatch:
    """A layout of the profile, with the node that holds the article's prose."""

    layout: Layout
    node: Element


def match_layout(page: Document, site: Site) -> LayoutMatch | None:
    """Match the profile's layouts, newest first; None for an unknown site or after a redesign."""
    for layout in site.layouts:
        if layout.requires and not page.all(layout.requires):
            continue
        for node in outermost(page.all(layout.body)):
            if clean(node.text_content()):
                return LayoutMatch(layout=layout, node=node)
    return None


def find_article(page: Document, headline: str | None) -> Element | None:
    """Find the node that holds the article's prose; None where no container has enough of it."""
    for node in outermost(page.all("[itemprop=articleBody]")):
        if len(clean(node.text_content())) >= MIN_PROSE:
            return node
    found = _weigh(page.tree, clean(headline))
    best = max(found.weights, key=found.weights.__getitem__, default=None)
    enough = MIN_BELOW_HEADLINE if found.below_headline else MIN_PROSE
    if best is None or found.weights[best] < enough:
        return None
    return _with_siblings(best, found.weights)


@dataclass(slots=True)
class _Prose:
    """Weights of the containers of prose."""

    weights: defaultdict[Element, float] = field(default_factory=lambda: defaultdict(float))
    """Characters directly in each container, and DECAY of those in its children."""
    below_headline: bool = False
    """Only what is below the first node that shows the headline was counted."""
    elsewhere: dict[Element, bool] = field(default_factory=dict)
    """Whether a node is within boilerplate, as far as that was looked up."""

    def add(self, text: str | None, holder: Element | None) -> None:
        """Count a text node, held by that element."""
        weight = _weight(text)
        if not weight or (container := _container(holder)) is None or self._is_elsewhere(container):
            return
        self.weights[container] += weight
        parent = container.getparent()
        if parent is not None and parent.tag not in _ROOTS:
            self.weights[parent] += DECAY * weight

    def _is_elsewhere(self, node: Element) -> bool:
        """Whether a node or one around it is boilerplate; each is looked at once."""
        path = []
        outer: Element | None = node
        while outer is not None and outer not in self.elsewhere:
            path.append(outer)
            outer = outer.getparent()
        inherited = outer is not None and self.elsewhere[outer]
        for inner in reversed(path):
            inherited = inherited or _is_boilerplate(inner)
            self.elsewhere[inner] = inherited
        return inherited


def _weigh(tree: Element, headline: str) -> _Prose:
    found = _Prose()
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in _OUT:
            continue
        looking = bool(headline) and not found.below_headline
        if looking and node.tag in _HEADLINE_TAGS and clean(node.text) == headline:
            found = _Prose(below_headline=True, elsewhere=found.elsewhere)
        found.add(node.text, node)
        found.add(node.tail, node.getparent())
    return found


def _weight(text: str | None) -> int:
    """Count the characters of a piece of text that reads like prose."""
    if text is None or len(text) < MIN_PIECE:
        return 0
    cleaned = clean(text)
    if len(cleaned) < MIN_PIECE or not _SENTENCE.search(cleaned):
        return 0
    return len(cleaned)


def _container(node: Element | None) -> Element | None:
    """Return the block that holds the paragraph of a text; None within links."""
    while node is not None and node.tag in _INLINE:
        if node.tag == "a":
            return None
        node = node.getparent()
    if node is not None and node.tag in _PARAGRAPHS:
        node = node.getparent()
    return node


def _is_boilerplate(node: Element) -> bool:
    return (
        node.tag in _OUT or _ELSEWHERE.search(f"{node.get('class')} {node.get('id')}") is not None
    )


def _with_siblings(node: Element, weights: Mapping[Element, float]) -> Element:
    """Return the parent where siblings that look like this node hold the rest of the prose."""
    parent = node.getparent()
    if parent is None or parent.tag in _ROOTS:
        return node
    similar = sum(
        weights.get(other, 0.0)
        for other in parent
        if other is not node and other.tag == node.tag and other.get("class") == node.get("class")
    )
    return parent if similar >= MIN_IN_SIBLINGS * weights[node] else node
