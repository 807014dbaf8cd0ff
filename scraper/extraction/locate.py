"""Where the article is on a page: by a layout of the site's profile, else by its prose.

Pages of unknown publishers, and those of a site after a redesign, are located by what stays the
same in every design: `articleBody` in the mark-up, else the container with the most prose below the
headline. Where that finds nothing, body.py runs trafilatura on the whole page.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from scraper.extraction.boilerplate import is_after
from scraper.extraction.dom.furniture import is_hidden, is_statement
from scraper.extraction.dom.selectors import Element, outermost, text_content
from scraper.extraction.dom.tree import Document, clean, text_of
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
MIN_OUTSIDE = 0.5
"""Characters of prose outside the node of a layout, for each inside, to say that it misses some."""
MIN_IN_SIBLINGS = 0.1
"""Share of the best node's prose that similar siblings must hold to take their parent instead."""

_HEADLINE_TAGS = frozenset("h1 h2 h3 div span p a".split())
_INLINE = frozenset("a abbr b big cite em font i mark q s small span strong sub sup tt u".split())
_PARAGRAPHS = frozenset(("p", "blockquote", "li"))
_OUT = frozenset(
    "script style noscript template nav footer aside select option button textarea head".split()
)
_BESIDE = frozenset("p blockquote ul ol h2 h3 h4 h5 h6 pre dl table".split())
"""Tags of paragraphs that stand beside the article's node where a stray end tag closed it."""
_LANDMARKS = etree.XPath(
    "//text()[string-length() >= 80]"
    "[not(parent::script or parent::style or parent::noscript or parent::a)]"
    " | //h1 | //h2 | //h3 | //h4"
)
_NO_STORY = re.compile(
    r"©|\bcopyright\b|\bhak cipta\b|\ball rights reserved\b|\bcookies?\b|\bkebijakan privasi\b"
    r"|\bnewsletter\b|\bberlangganan\b|\bjavascript\b",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"foot|copyright|about|tentang|author|penulis|biodata|disclaim|newsletter|subscri|promo|banner"
    r"|cookie|modal|popup|login|share|list|item|card|widget|next|latest|terkini|rekomend|recommend"
    r"|summary|ringkas|lead|deck|caption|kesimpulan|desc",
    re.IGNORECASE,
)
"""Classes and ids of what is around an article and is none of its prose."""
_ROOTS = frozenset(("body", "html"))
_ELSEWHERE = re.compile(
    r"comment|komentar|disqus|livefyre|related|terkait|popul|sidebar|teaser", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?…]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutMatch:
    """A layout of the profile, with the node that holds the article's prose."""

    layout: Layout
    node: Element
    more: tuple[Element, ...] = ()
    """Further nodes that hold the rest of the prose, in document order."""
    text_outside: bool = False
    """Whether prose of the article may stand outside all of these."""

    @property
    def nodes(self) -> tuple[Element, ...]:
        """All nodes that hold the prose."""
        return (self.node, *self.more)


def match_layout(page: Document, site: Site) -> LayoutMatch | None:
    """Match the profile's layouts, newest first; None for an unknown site or after a redesign.

    The node that a layout names is held against the prose of the whole page.
    """
    for layout in site.layouts:
        if layout.requires and not page.all(layout.requires):
            continue
        nodes = [node for node in outermost(page.all(layout.body)) if clean(text_content(node))]
        if nodes:
            return _checked(page, site, layout, nodes)
    return None


def _checked(page: Document, site: Site, layout: Layout, nodes: list[Element]) -> LayoutMatch:
    """Take the nodes that hold the article's prose, and the prose that fell out of them."""
    prose = _Story(page, site, nodes)
    if not prose.inside:
        if prose.outside and prose.is_article(prose.outside):
            first, *others = dict.fromkeys(piece.container for piece in prose.outside)
            return LayoutMatch(layout=layout, node=first, more=tuple(others), text_outside=True)
        return LayoutMatch(layout=layout, node=nodes[0])
    holders = [node for node in nodes if node in prose.inside]
    added = dict.fromkeys(root for piece in prose.outside for root in piece.beside(holders))
    covered = {*holders, *added}
    left = [piece for piece in prose.outside if covered.isdisjoint(piece.path)]
    roots = prose.in_order(covered)
    return LayoutMatch(
        layout=layout, node=roots[0], more=tuple(roots[1:]), text_outside=prose.is_article(left)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph's text that is outside of the nodes that a layout names."""

    text: str
    holder: Element
    container: Element
    path: tuple[Element, ...]
    """The holder and all around it."""

    def beside(self, nodes: list[Element]) -> list[Element]:
        """Return what is to be read besides the nodes: siblings up to this paragraph.

        Nothing where the paragraph stands in a container of its own, which may be another story's.
        """
        last = nodes[-1]
        around = set(last.iterancestors())
        place = next((i for i, node in enumerate(self.path) if node in around), 0)
        if place == 0:
            return []  # bare text
        branch = self.path[place - 1]
        alike = (last.tag, last.get("class"))
        twin = last.get("class") is not None and (branch.tag, branch.get("class")) == alike
        if branch.tag not in _BESIDE and not twin:
            return []
        found = [branch]
        for node in branch.itersiblings(preceding=True):
            if node is last or node in around:
                break
            if node.tag in _BESIDE:
                found.append(node)
        return found[::-1]


class _Story:
    """The paragraphs of a page below its headline, up to what follows the story."""

    def __init__(self, page: Document, site: Site, nodes: list[Element]) -> None:
        self.inside: dict[Element, int] = {}
        """Nodes of the layout -> characters of prose in them."""
        self.outside: list[_Piece] = []
        """Paragraphs elsewhere, not known to be boilerplate."""
        self._tree = page.tree
        places = set(nodes)
        seen = _Prose(unclosed=page.unclosed)
        for found in cast("list[Any]", _LANDMARKS(page.tree)):
            if not isinstance(found, str):
                if self._ends_at(found, site, places):
                    break
                continue
            if (
                not is_statement(found)
                or (container := _container(holder := _holder(found))) is None
            ):
                continue
            node: Element | None = holder
            while node is not None and node not in places:
                node = node.getparent()
            if node is not None:
                self.inside[node] = self.inside.get(node, 0) + len(found)
            elif not seen.is_elsewhere(container) and not _NO_STORY.search(found):
                path = (holder, *holder.iterancestors())
                named = " ".join(f"{node.get('class')} {node.get('id')}" for node in path[:4])
                if not _BELOW.search(named):
                    self.outside.append(_Piece(found, holder, container, path))

    def _ends_at(self, heading: Element, site: Site, places: set[Element]) -> bool:
        """Whether a heading is that of the page, or of what follows the story."""
        inside = not places.isdisjoint(heading.iterancestors())
        if heading.tag == "h1" and not inside:
            if self.inside:
                return True
            self.outside.clear()
        return bool(self.inside) and not inside and is_after(text_of(heading), site.rules)

    def in_order(self, nodes: set[Element]) -> list[Element]:
        """Return nodes in document order, without those within others."""
        return [node for node in self._tree.iter() if node in nodes] if len(nodes) > 1 else [*nodes]

    def is_article(self, pieces: list[_Piece]) -> bool:
        """Whether paragraphs are as much as an article, and stand as those of one do."""
        together: dict[Element, int] = {}
        for piece in pieces:
            together[piece.container] = together.get(piece.container, 0) + len(piece.text)
        most = max(together.values(), default=0)
        return most >= max(MIN_PROSE, MIN_OUTSIDE * sum(self.inside.values()))


def find_article(page: Document, headline: str | None) -> Element | None:
    """Find the node that holds the article's prose; None where no container has enough of it."""
    for node in outermost(page.all("[itemprop=articleBody]")):
        if len(clean(text_content(node))) >= MIN_PROSE:
            return node
    found = _weigh(page.tree, clean(headline), page.unclosed)
    best = max(found.weights, key=found.weights.__getitem__, default=None)
    enough = MIN_BELOW_HEADLINE if found.below_headline else MIN_PROSE
    if best is None or found.weights[best] < enough:
        return None
    return _with_siblings(best, found.weights)


def _holder(text: Any) -> Element:
    """Return the element that holds a text node that an XPath found."""
    node = cast("Element", text.getparent())
    return cast("Element", node.getparent()) if text.is_tail else node


@dataclass(slots=True)
class _Prose:
    """Weights of the containers of prose."""

    weights: defaultdict[Element, float] = field(default_factory=lambda: defaultdict(float))
    """Characters directly in each container, and DECAY of those in its children."""
    below_headline: bool = False
    """Only what is below the first node that shows the headline was counted."""
    elsewhere: dict[Element, bool] = field(default_factory=dict)
    """Whether a node is within boilerplate, as far as that was looked up."""
    unclosed: frozenset[str] = frozenset()
    """Tags that are not closed on this page and hold what follows them."""

    def add(self, text: str | None, holder: Element | None) -> None:
        """Count a text node, held by that element."""
        weight = _weight(text)
        if not weight or (container := _container(holder)) is None or self.is_elsewhere(container):
            return
        self.weights[container] += weight
        parent = container.getparent()
        if parent is not None and parent.tag not in _ROOTS:
            self.weights[parent] += DECAY * weight

    def is_elsewhere(self, node: Element) -> bool:
        """Whether a node or one around it is boilerplate; each is looked at once."""
        path = []
        outer: Element | None = node
        while outer is not None and outer not in self.elsewhere:
            path.append(outer)
            outer = outer.getparent()
        inherited = outer is not None and self.elsewhere[outer]
        for inner in reversed(path):
            inherited = inherited or _is_boilerplate(inner, self.unclosed)
            self.elsewhere[inner] = inherited
        return inherited


def _weigh(tree: Element, headline: str, unclosed: frozenset[str]) -> _Prose:
    found = _Prose(unclosed=unclosed)
    out = _OUT - unclosed
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in out:
            continue
        looking = bool(headline) and not found.below_headline
        if looking and node.tag in _HEADLINE_TAGS and _shows(node, headline):
            found = _Prose(below_headline=True, elsewhere=found.elsewhere, unclosed=unclosed)
        found.add(node.text, node)
        found.add(node.tail, node.getparent())
    return found


def _shows(node: Element, headline: str) -> bool:
    """Whether a node shows the headline; a label like "LIVE" may be inside."""
    if clean(node.text) == headline:
        return True
    return node.tag == "h1" and len(node) > 0 and text_of(node).endswith(headline)


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


def _is_boilerplate(node: Element, unclosed: frozenset[str]) -> bool:
    if (node.tag in _OUT and node.tag not in unclosed) or is_hidden(node):
        return True
    return _ELSEWHERE.search(f"{node.get('class')} {node.get('id')}") is not None


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
