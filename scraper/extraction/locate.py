"""Where the article is on a page: by a layout of the site's profile, else by its prose.

Pages of unknown publishers, and those of a site after a redesign, are located by what stays the
same in every design. The container with the most prose is where the article is; its borders are
drawn by climbing to the ancestor that adds more prose than furniture, that is links and labels.
Blocks below that node that are neither prose nor next to prose are dropped. Where no container has
enough prose, body.py runs trafilatura on the whole page.

The same passages of prose check the nodes that a layout names.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import TypeVar

from scraper.extraction.dom.prose import HEADINGS, LINK, Passage, Prose, ends_sentence, is_notice
from scraper.extraction.dom.selectors import Element, outermost, text_content
from scraper.extraction.dom.tree import Document, clean
from scraper.extraction.dom.unread import is_statement
from scraper.extraction.text.boilerplate import is_after
from scraper.sites.site import Layout, Site

T = TypeVar("T")

MIN_STORY = 250
"""Characters; less is a teaser, a caption or a notice."""
MIN_BELOW_HEADLINE = 100
"""Characters that are enough below the page's own headline."""
MIN_BELOW = 0.5
"""Share of the page's prose that stands below its headline. A breadcrumb shows it, too: with any
share F1 on scrapinghub's pages is 0.963 instead of 0.968.
"""
MAX_HEADLINE = 160
"""Characters; a longer `h1` inside a story is a caption or a lead."""

DECAY = 0.8
"""Weight of prose that an ancestor adds, for each step up from the heaviest container. F1 on the
Fundus and scrapinghub pages: 0.977 and 0.968; with 0.7 it is 0.965 and 0.968, with 1 0.974 and
0.964.
"""
MAX_END_NOTICE = 200
"""Characters of a notice below the last paragraph; a longer one may be the story's."""
MIN_OUTSIDE = 0.5
"""Characters of prose outside the node of a layout, for each inside, to say that it misses some."""

_BESIDE = frozenset("p blockquote ul ol h2 h3 h4 h5 h6 pre dl table".split())
"""Tags of paragraphs that stand beside the article's node where a stray end tag closed it."""
_LISTS = frozenset("ul ol dl blockquote table thead tbody tr td th dt dd".split())
"""Tags whose paragraphs stand beside those around them."""
_CELLS = frozenset(("td", "th"))
_RIGHTS = re.compile(
    r"©|\ball rights\b|\bdilindungi\b|\b(?:copyright|hak cipta)\W{0,3}\d", re.IGNORECASE
)
"""What only a notice says of rights, be it a sentence."""
_LISTED = frozenset((LINK, "<nav>"))
_ROOTS = frozenset(("body", "html"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutMatch:
    """A layout of the profile, with the node that holds the article's prose."""

    layout: Layout
    node: Element
    more: tuple[Element, ...] = ()
    """Further nodes that hold the rest of the prose, in document order."""
    text_outside: bool = False
    """Whether prose of the article may stand outside all of these."""
    furniture: frozenset[Element] = frozenset()
    """Nodes inside that are none of the article, where they were found without the layout."""

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
    covered = set(holders)
    for piece in prose.beside():
        covered.update(piece.beside(holders[-1], covered))
    left = [piece for piece in prose.outside if covered.isdisjoint(piece.path)]
    furniture: frozenset[Element] = frozenset()
    if prose.is_article(left) and not any(piece.is_headed for piece in left):
        containers, furniture = _found_around(page, holders, left)
        covered |= containers
        left = [piece for piece in left if covered.isdisjoint(piece.path)]
    roots = prose.in_order(covered)
    return LayoutMatch(
        layout=layout,
        node=roots[0],
        more=tuple(roots[1:]),
        text_outside=prose.is_article(left),
        furniture=furniture,
    )


def _found_around(
    page: Document, holders: list[Element], left: list["_Piece"]
) -> tuple[set[Element], frozenset[Element]]:
    """Return the containers of prose left outside that the finder takes for the same article, and
    what it takes for furniture.
    """
    found = find_article(page, None)
    if found is None or found.node not in {holders[0], *holders[0].iterancestors()}:
        return set(), frozenset()
    inside = {
        piece.container
        for piece in left
        if found.node in piece.path and found.furniture.isdisjoint(piece.path)
    }
    return inside, found.furniture if inside else frozenset()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph that is outside of the nodes that a layout names."""

    length: int
    container: Element
    path: tuple[Element, ...]
    """The paragraph's node and all around it."""
    is_headed: bool
    """Whether the prose outside begins with a heading."""

    def beside(self, last: Element, covered: set[Element]) -> list[Element]:
        """Return what is to be read besides the last node: siblings up to this paragraph, from the
        first that is not covered.

        Nothing where the paragraph stands in a container of its own, which may be another story's.
        """
        around = set(last.iterancestors())
        place = next((i for i, node in enumerate(self.path) if node in around), 0)
        if place == 0:
            return []  # bare text
        branch = self.path[place - 1]
        alike = (last.tag, last.get("class"))
        twin = last.get("class") is not None and (branch.tag, branch.get("class")) == alike
        if branch in covered or (branch.tag not in _BESIDE and not twin):
            return []
        found = [branch]
        for node in branch.itersiblings(preceding=True):
            if node in covered or node in around:
                break
            if node.tag in _BESIDE:
                found.append(node)
        return found


class _Story:
    """The paragraphs of a page below its headline, up to what follows the story."""

    def __init__(self, page: Document, site: Site, nodes: list[Element]) -> None:
        self.inside: dict[Element, int] = {}
        """Nodes of the layout -> characters of prose in them."""
        self.outside: list[_Piece] = []
        """Paragraphs elsewhere, not known to be boilerplate."""
        self._tree = page.tree
        known: dict[Element, Element | None] = {page.tree: None} | {node: node for node in nodes}
        self._begun = False
        """Whether a headline was passed, or anything in the nodes."""
        self._is_headed = False
        article: Element | None = None
        ended = False
        prose = Prose(page, long_only=True)
        for passage in prose.passages:
            node = _inherited(passage.node, known)
            self._begun |= node is not None
            if passage.node.tag in HEADINGS:
                if node is None:
                    ended = self._ends_at(passage, site, ended=ended)
                if ended and self.inside:
                    break
            elif node is not None:
                # Lines parted by `<br>` are one passage, which may end with the editor's mark.
                if is_statement(passage.text) or prose.is_story(passage):
                    own = article_around(node)
                    article = article if self.inside else own
                    if own is article or own is None or article is None:
                        self.inside[node] = self.inside.get(node, 0) + len(passage.text)
                    ended = self._is_headed = False  # what was above it was a box above the story
            elif not ended and is_statement(passage.text) and prose.is_story(passage):
                path = (passage.node, *passage.node.iterancestors())
                piece = _Piece(len(passage.text), passage.container, path, self._is_headed)
                self.outside.append(piece)

    def _ends_at(self, heading: Passage, site: Site, *, ended: bool) -> bool:
        """Whether the story has ended at a heading outside of the nodes."""
        if heading.node.tag != "h1":
            self._is_headed |= bool(self.inside) and not self.outside
            return ended or (self._begun and is_after(heading.text, site.rules))
        self._begun = True
        if not self.inside:
            self.outside.clear()
        return bool(self.inside)

    def beside(self) -> list[_Piece]:
        """Return the paragraphs outside that may be the article's; below a heading of their own
        only as many as there are inside.
        """
        headed = sum(piece.length for piece in self.outside if piece.is_headed)
        if headed > sum(self.inside.values()):
            return [piece for piece in self.outside if not piece.is_headed]
        return self.outside

    def in_order(self, nodes: set[Element]) -> list[Element]:
        """Return nodes in document order, without those within others."""
        if len(nodes) == 1:
            return [*nodes]
        return list(outermost(node for node in self._tree.iter() if node in nodes))

    def is_article(self, pieces: list[_Piece]) -> bool:
        """Whether paragraphs are as much as an article, and stand as those of one do."""
        together: dict[Element, int] = {}
        for piece in pieces:
            together[piece.container] = together.get(piece.container, 0) + piece.length
        most = max(together.values(), default=0)
        return most >= max(MIN_STORY, MIN_OUTSIDE * sum(self.inside.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where the article is on a page of unknown layout."""

    node: Element
    """Holds all of its prose."""
    furniture: frozenset[Element] = frozenset()
    """Nodes inside that are none of it."""


def find_article(page: Document, headline: str | None) -> Located | None:
    """Find the node that holds the article's prose; None where no container has enough of it."""
    return _Finder(Prose(page), clean(headline)).located()


class _Finder:
    """Finds the container with the most prose, then draws the borders of the article around it."""

    def __init__(self, prose: Prose, headline: str) -> None:
        self._prose = prose
        self._story = [passage for passage in prose.passages if prose.is_story(passage)]
        first = self._below(headline)
        self._below_headline = first is not None
        if first is not None:
            self._story = self._of_one_story(first, headline)
        self._in_story = set(map(id, self._story))

    def located(self) -> Located | None:
        """Return the node of the article."""
        best = self._heaviest()
        if best is None:
            return None
        node, alien = self._borders(best)
        return Located(node=node, furniture=frozenset(self._furniture(node, alien)))

    def _below(self, headline: str) -> int | None:
        """Return the place of the headline with most of the prose below it."""
        below = sum(len(passage.text) for passage in self._story)
        enough = MIN_BELOW * below
        story = set(map(id, self._story))
        for place, passage in enumerate(self._prose.passages):
            if below < enough or not headline:
                return None
            below -= (id(passage) in story) * len(passage.text)
            if _shows(passage, headline):
                return place if below >= enough else None
        return None

    def _of_one_story(self, first: int, headline: str) -> list[Passage]:
        """Return the prose between its headline and that of another story.

        Nothing of a box below it with a heading like "Related Articles"; the box is the outermost
        node around the heading that holds none of the prose above.
        """
        found: list[Passage] = []
        length = 0
        around: set[Element] = set()
        box: Element | None = None
        for passage in self._prose.passages[first + 1 :]:
            is_headline = (
                passage.node.tag == "h1"
                and passage.text != headline
                and len(passage.text) < MAX_HEADLINE
            )
            if is_headline and length >= MIN_STORY:
                break
            is_end = passage.node.tag in HEADINGS and is_after(passage.text, ())
            if is_end and length >= MIN_STORY:
                *_, box = _up_to(passage.node, around)
            path = _up_to(passage.node, around)
            if self._prose.is_story(passage) and (box is None or box not in path):
                found.append(passage)
                around.update(path)
                length += len(passage.text)
        return _of_one_article(found, self._prose.passages[first].node)

    def _heaviest(self) -> Element | None:
        """Return the container with the most prose, if it is enough for an article."""
        weights: Counter[Element] = Counter()
        for passage in self._story:
            container = passage.container
            weights[container] += 2 * len(passage.text)
            parent = container.getparent()
            if parent is not None and parent.tag not in _ROOTS:
                weights[parent] += len(passage.text)  # some sites wrap each paragraph
        best = max(weights, key=weights.__getitem__, default=None)
        enough = MIN_BELOW_HEADLINE if self._below_headline else MIN_STORY
        if best is not None and weights[best] >= 2 * enough:
            return best
        return None

    def _borders(self, best: Element) -> tuple[Element, list[Element]]:
        """Climb to the ancestor that adds more prose than furniture, near ones before far ones.

        Returns also the branches that it adds and that are more furniture than prose.
        """
        path = [best, *(node for node in best.iterancestors() if node.tag != "html")]
        steps = {node: step for step, node in enumerate(path)}
        branches = steps | {
            child: step for node, step in steps.items() for child in node if child not in steps
        }
        known = {node: node for node in branches}
        prose, furniture = Counter[Element](), Counter[Element]()
        for passage in self._prose.passages:
            branch = _inherited(passage.node, known)
            if branch is not None and id(passage) in self._in_story:
                prose[branch] += len(passage.text)
            elif branch is not None and self._prose.may_stand(passage, linked=True):
                furniture[branch] += len(passage.text)
        gains = [0.0] * len(path)
        for branch, step in branches.items():
            gains[step] += DECAY**step * prose[branch] - furniture[branch]
        gains[0] = 0
        totals = list(accumulate(gains))
        alien = [node for node in prose if branches[node] and furniture[node] > prose[node]]
        return path[totals.index(max(totals))], alien

    def _furniture(self, root: Element, alien: list[Element]) -> Iterator[Element]:
        """Yield the blocks below a node that are none of the article: what is no prose and does not
        stand beside any.
        """
        yield from alien
        page = root.getroottree().getroot()
        known = {page: False, root: True} | dict.fromkeys(alien, False)
        kept = [passage for passage in self._story if _inherited(passage.node, known)]
        frames = {_frame(passage, root) for passage in kept}
        around = {root}
        for passage in kept:
            node: Element | None = passage.node
            while node is not None and node not in around:
                around.add(node)
                node = node.getparent()
        ids, seen = set(map(id, kept)), 0
        held: list[Element] = []
        for passage in self._prose.passages:
            if id(passage) in ids:
                seen += 1
            elif passage.node not in around:
                more = seen < len(kept)
                beside = (seen > 0 or passage.node.tag == "p") and self._is_beside(
                    passage, _frame(passage, root) in frames, more
                )
                waits = beside and not more and passage.node.tag in HEADINGS
                if waits or not beside:
                    yield from held  # headings of nothing that stays
                held = [passage.node] if waits else []
                if not beside:
                    yield passage.node
        yield from held

    def _is_beside(self, passage: Passage, in_frame: bool, more: bool) -> bool:
        """Whether a short text belongs to the prose around it, `more` of which follows."""
        if passage.is_prose or not self._prose.may_stand(passage) or _is_link_line(passage):
            return False
        if passage.node.tag in _CELLS and not passage.linked:
            return True
        if not more and (2 * passage.linked > len(passage.text) or _is_end(passage)):
            return False
        return in_frame or (more and passage.node.tag in HEADINGS and not passage.linked)


def _is_end(passage: Passage) -> bool:
    """Whether a text below a story is a notice; a sentence with a word of notices may be prose."""
    text = passage.text
    if len(text) >= MAX_END_NOTICE or not is_notice(text):
        return False
    is_sentence = ends_sentence(text) and not passage.linked
    return not is_sentence or _RIGHTS.search(text) is not None


def _is_link_line(passage: Passage) -> bool:
    """Whether a line is mostly a link with words, as those to other stories are."""
    is_line = not ends_sentence(passage.text) and not passage.text.startswith("http")
    return is_line and 2 * passage.linked > len(passage.text)


def _inherited(node: Element | None, known: dict[Element, T]) -> T | None:
    """Return what is known of the nearest node at or above one; each node is visited once."""
    path = []
    while node is not None and node not in known:
        path.append(node)
        node = node.getparent()
    if node is None:
        return None
    known.update(dict.fromkeys(path, known[node]))
    return known[node]


def _frame(passage: Passage, root: Element) -> Element:
    """Return the container of a passage, lists and tables aside."""
    frame = passage.container
    while frame is not root and frame.tag in _LISTS:
        outer = frame.getparent()
        if outer is None:
            break
        frame = outer
    return frame


def _shows(passage: Passage, headline: str) -> bool:
    """Whether a passage shows the headline; a label like "LIVE" may be inside."""
    if passage.node.tag not in ("h1", "h2", "h3") or not passage.against.isdisjoint(_LISTED):
        return False
    is_first = passage.node.tag == "h1"
    return passage.text == headline or (is_first and passage.text.endswith(headline))


def _up_to(node: Element, around: set[Element]) -> list[Element]:
    """Return a node and those around it, up to the first that is known."""
    outer = takewhile(lambda outer: outer not in around, node.iterancestors())
    return [node, *outer]


def _of_one_article(found: list[Passage], headline: Element) -> list[Passage]:
    """Return prose without that of further `<article>`s, where it begins in one.

    A card above the story is one, too, so that the one with the most prose counts. Below a headline
    outside of them all, its siblings are entries, as those of a live blog, unless it has most of
    their prose.
    """
    articles = [article_around(passage.node) for passage in found]
    if not found or articles[0] is None:
        return found
    lengths: Counter[Element | None] = Counter()
    for passage, article in zip(found, articles, strict=True):
        lengths[article] += len(passage.text) * (article is not None)
    own = max(lengths, key=lengths.__getitem__)
    entries = {own}
    if own is not None and article_around(headline) is None:
        entries.update(article for article in lengths if _is_entry(article, own))
    if 2 * lengths[own] > sum(map(lengths.__getitem__, entries)):
        entries = {own}
    kept = zip(found, articles, strict=True)
    return [passage for passage, article in kept if article is None or article in entries]


def _is_entry(article: Element | None, own: Element) -> bool:
    """Whether an article stands as another does, and its headline leads to no page of its own."""
    if article is None or article.getparent() is not own.getparent():
        return False
    classes, others = _classes(article), _classes(own)
    if classes != others and classes.isdisjoint(others):
        return False
    links = (link for heading in HEADINGS for link in _links_of(article, heading))
    return all("#" in (link.get("href") or "#") for link in links)


def _classes(node: Element) -> frozenset[str]:
    return frozenset((node.get("class") or "").split())


def _links_of(article: Element, heading: str) -> Iterator[Element]:
    """Yield the links within the headings of an article, and those around them."""
    for node in article.iter(heading):
        yield from node.iter("a")
        yield from node.iterancestors("a")


def article_around(node: Element) -> Element | None:
    """Return the outermost `<article>` around a node."""
    return next(iter([*node.iterancestors("article")][-1:]), None)
