"""The layout of a site's stories: selectors that lead on every page to what the readers found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from scraper.crawling.survey.names import Name, names_of, shared
from scraper.crawling.survey.stories import Story, inmost, share
from scraper.extraction.article import read
from scraper.extraction.dom.selectors import Element, outermost, text_content
from scraper.extraction.dom.tree import clean, text_of
from scraper.extraction.fields.bylines import (
    Byline,
    is_byline,
    joined,
    letters_of,
    marks_people,
    name_before_date,
    opens_with_author,
    read_byline,
)
from scraper.extraction.fields.dates import parse_visible
from scraper.extraction.text.overlap import f1, words
from scraper.sites.site import Layout, Site

MAX_CANDIDATES = 24
"""Selectors that are tried for a field."""
MAX_NODES = 3
"""Nodes of a body."""
MIN_SHARE = 0.7
"""Of the words of a story that are in the nodes of its body."""
MIN_INNER = 0.5
"""Of the words that are in a node which is tried, as paragraphs of others may be among them."""
MIN_LEAD = 60
"""Characters of a paragraph of the story that stands outside its body."""
MAX_TAGS = 20
MAX_LINE = 160
"""Characters of a byline or date."""
MAX_AUTHORS = 5
MAX_RANK = 6
"""Of a selector that names people (scraper.crawling.survey.names)."""
GOOD = 0.97
"""F1 of words from which on a body is taken for the whole and nothing else."""
FAIR = 0.8
SAME_LENGTH = 1.05
"""Ratio of two nodes' texts up to which the better name decides."""
MIN_ALIKE = 0.6
"""F1 of words of a heading and the headline of the head, which may be shortened there."""
_TAG = re.compile(r"/(?:tags?|topi[kc]s?|label)/")
_TITLE = re.compile(r"title|judul|headline|heading")
_ELSEWHERE = frozenset(("aside", "nav", "footer", "li", "figure", "figcaption", "form"))
_AROUND_OTHERS = "related terkait popul terkini sidebar comment komentar recommend widget".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found for one field."""

    selectors: tuple[str, ...] = ()
    note: str = ""
    """How sure it is, and what is to be checked."""


def learn_layout(stories: Sequence[Story], site: Site) -> tuple[Layout, dict[str, str]]:
    """Return the layout of the stories, and a note on each of its fields.

    `site`: the profile as far as it is known.
    """
    found = {"headline": _headline(stories), "authors": _authors(stories, site)}
    found["editors"] = _editors(stories, site, found["authors"].selectors)
    found |= {"date": _date(stories, site), "tags": _tags(stories)}
    selectors: dict[str, Any] = {name: each.selectors for name, each in found.items()}
    layout = Layout(name="L1", body=_body(stories, site), **selectors)
    layout = replace(layout, lead=_lead(stories, layout))
    layout = replace(layout, prune=_prune(stories, site, layout))
    notes = {name: each.note for name, each in found.items() if each.note}
    return layout, notes | {"body": _note_of_body(stories, site, layout)}


def _note_of_body(stories: Sequence[Story], site: Site, layout: Layout) -> str:
    worst = min(scores(stories, site, layout))
    sure = f"holds {worst:.0%} of the words, of the worst of {len(stories)} stories"
    if worst >= FAIR:
        return sure
    return f"CHECK: {sure}; name a better one"


def scores(stories: Sequence[Story], site: Site, layout: Layout) -> list[float]:
    """Return for each story how well a layout reads its body: F1 of words; 0 where it misses."""
    return [_score(story, replace(site, layouts=(layout,))) for story in stories]


def _score(story: Story, site: Site) -> float:
    page = story.page
    content_type = page.headers.get("content-type")
    article = read(
        page.body, page.url, site, content_type=content_type, fetched_at=page.fetched_at
    ).article
    if article.layout == "fallback":
        return 0.0
    return f1(article.body, story.body)


def _body(stories: Sequence[Story], site: Site) -> str:
    """Return the smallest container that holds the text on every page."""
    tried: list[tuple[float, int, Name]] = []
    around = [list(_around(story)) for story in stories]
    for name in islice(shared(around), MAX_CANDIDATES):
        lengths = [_length(story, name.selector) for story in stories]
        if all(lengths):
            layout = Layout(name="L1", body=name.selector)
            tried.append((min(scores(stories, site, layout)), sum(lengths), name))
    top = max((score for score, _length, _name in tried), default=0.0)
    good = [each for each in tried if each[0] >= min(GOOD, top - 0.02) and each[0] > 0]
    shortest = min((length for _score, length, _name in good), default=0)
    near = [each for each in good if each[1] <= SAME_LENGTH * shortest]
    _worst, _characters, best = min(near, key=_by_name, default=(0.0, 0, Name(9, "article")))
    return best.selector


def _by_name(tried: tuple[float, int, Name]) -> tuple[int, float, int]:
    score, length, name = tried
    return name.rank, -score, length


def _around(story: Story) -> Iterator[Element]:
    """Yield the node of a story's prose, those around it, and those inside that hold most of it."""
    node: Element | None = inmost(story.node, words(story.body), MIN_INNER)
    while node is not None and node.tag not in ("body", "html"):
        yield node
        node = node.getparent()


def _lead(stories: Sequence[Story], layout: Layout) -> tuple[str, ...]:
    """Return the paragraph above the body that readers take for a part of every story."""
    outside = [list(_above(story, layout)) for story in stories]
    for name in islice(shared(outside), MAX_CANDIDATES):
        texts = [story.document.text(name.selector) or "" for story in stories]
        if name.rank <= MAX_RANK and all(map(_is_read, stories, texts)):
            for story, text in zip(stories, texts, strict=True):
                if text not in story.body:
                    story.body = f"{text}\n\n{story.body}"
            return (name.selector,)
    return ()


def _above(story: Story, layout: Layout) -> Iterator[Element]:
    """Yield the nodes before a story's body that hold a paragraph of it."""
    bodies = set(story.document.all(layout.body))
    for node in story.document.tree.iter("*"):
        if node in bodies:
            return
        own = bodies.isdisjoint(node.iterdescendants())
        if own and node.tag in ("div", "p", "section", "strong") and _is_read(story, text_of(node)):
            yield node


def _is_read(story: Story, text: str) -> bool:
    return len(text) >= MIN_LEAD and any(text in each for each in story.texts)


def _length(story: Story, selector: str) -> int:
    """Return the characters of what a selector finds; 0 where that is not the story's text."""
    nodes = list(outermost(story.document.all(selector)))
    if len(nodes) > MAX_NODES or sum(share(node, words(story.body)) for node in nodes) < MIN_SHARE:
        return 0
    return sum(len(clean(text_content(node))) for node in nodes)


def _prune(stories: Sequence[Story], site: Site, layout: Layout) -> tuple[str, ...]:
    """Return what stands inside the body and is none of the text, where leaving it out helps."""
    kept = _inside(stories, layout)
    layout = replace(layout, prune=kept)
    before = scores(stories, site, layout)
    for selector in islice(_foreign(stories, layout), MAX_CANDIDATES):
        after = scores(stories, site, replace(layout, prune=(*kept, selector)))
        helps = sum(after) > sum(before) + 0.001
        if helps and all(new >= old - 0.001 for new, old in zip(after, before, strict=True)):
            kept, before = (*kept, selector), after
    return kept


def _inside(stories: Sequence[Story], layout: Layout) -> tuple[str, ...]:
    """Return the selectors of people and time that find a line inside the body."""
    found: dict[str, None] = {}
    for story in stories:
        bodies = set(story.document.all(layout.body))
        for selector in (*layout.authors, *layout.editors, *layout.date):
            for node in story.document.all(selector):
                within = not bodies.isdisjoint(node.iterancestors())
                if within and len(text_of(node)) <= MAX_LINE:
                    found[selector] = None
    return tuple(found)


def _foreign(stories: Sequence[Story], layout: Layout) -> Iterator[str]:
    """Yield the names of nodes inside the body whose text is none of the story's."""
    seen: set[str] = set()
    for story in stories:
        whole = " ".join(story.body.split())
        for body in story.document.all(layout.body):
            for node in body.iterdescendants("div", "section", "ul", "aside", "p", "table", "span"):
                text = text_of(node)
                name = next((name for name in names_of(node) if name.rank <= 3), None)
                if name and len(text) > 3 and text not in whole and name.selector not in seen:
                    seen.add(name.selector)
                    yield name.selector


def _headline(stories: Sequence[Story]) -> Found:
    """Return the heading that shows the headline."""
    shown = [list(_headings(story)) for story in stories]
    texts = [{text_of(node) for node in nodes} for nodes in shown]
    for name in shared(shown):
        first = [story.document.text(name.selector) for story in stories]
        if all(text in some for text, some in zip(first, texts, strict=True)):
            return Found(selectors=(name.selector,))
    return Found(note="CHECK: no heading shows it on every page: read from the head")


def _headings(story: Story) -> Iterator[Element]:
    """Yield the headings that show a story's headline; as the head says it, else nearly so: there
    it may be shortened, or stand beside the site's name.
    """
    wanted = letters_of(story.article.headline or "")
    nodes = [node for node in story.document.tree.iter("*") if _may_be_headline(node)]
    shown = [(letters_of(text_of(node)), node) for node in nodes if not _is_elsewhere(node)]
    same = [node for letters, node in shown if letters == wanted]
    inside = [node for letters, node in shown if letters and letters in wanted]
    longest = max((len(letters) for letters, _node in shown if letters in wanted), default=0)
    if same or longest >= MIN_ALIKE * len(wanted):
        yield from same or [node for node in inside if len(letters_of(text_of(node))) == longest]
        return
    alone = story.head.nodes["h1"]
    if len(alone) == 1 and f1(text_of(alone[0]), story.article.headline or "") > MIN_ALIKE:
        yield alone[0]


def _may_be_headline(node: Element) -> bool:
    if node.tag in ("h1", "h2", "h3", "h4"):
        return True
    named = f"{node.get('class') or ''} {node.get('itemprop') or ''}".lower()
    return node.tag in ("div", "span", "p", "strong") and _TITLE.search(named) is not None


def _authors(stories: Sequence[Story], site: Site) -> Found:
    """Return the nodes that name the authors: labelled ones, else those that the head knows."""
    lines = [list(_bylines(story)) for story in stories]
    known = [story.article.authors for story in stories]
    labelled = [[node for node in nodes if is_byline(text_of(node))] for nodes in lines]
    for candidates, certain in ((labelled, True), (lines, False)):
        best: tuple[int, int, int] | None = None
        chosen = ""
        for name in islice(shared(candidates), MAX_CANDIDATES):
            people = [_people(story, site, name.selector) for story in stories]
            named = [byline.authors for byline in people]
            if name.rank > MAX_RANK or not _fits(named, known, certain=certain):
                continue
            if any(_has_headline(*each) for each in zip(stories, named, strict=True)):
                continue
            key = (-sum(map(bool, named)), name.rank, len(name.selector))
            if best is None or key < best:
                best, chosen = key, name.selector
        if best is not None:
            return Found(selectors=(chosen,), note=_note_of_authors(-best[0], stories, known))
    if any(known):
        return Found(note="from the head of the pages; no line of the page names them alike")
    return Found(note="CHECK: no authors were found; name the line beside the text that has them")


def _note_of_authors(named: int, stories: Sequence[Story], known: Sequence[object]) -> str:
    agreed = "" if any(known) else ", the head of the pages names nobody"
    return f"in {named} of {len(stories)} stories{agreed}"


def _fits(
    named: Sequence[tuple[str, ...]], known: Sequence[tuple[str, ...]], *, certain: bool
) -> bool:
    """Whether a selector's people are the stories' authors, as far as the head knows them."""
    if not any(named) or any(len(people) > MAX_AUTHORS for people in named):
        return False
    if certain:
        return True
    agreeing = [
        set(map(letters_of, here)) == set(map(letters_of, there))
        for here, there in zip(named, known, strict=True)
        if there
    ]
    if agreeing:
        return all(agreeing)
    return sum(map(bool, named)) * 2 > len(named)


def _has_headline(story: Story, people: tuple[str, ...]) -> bool:
    """Whether a selector also finds the headline."""
    return letters_of(story.article.headline or "") in map(letters_of, people)


def _bylines(story: Story) -> Iterator[Element]:
    """Yield the nodes that may name a story's people, outside of other boxes."""
    for node in story.document.tree.iter("*"):
        if node.tag in ("script", "style", "meta", "link", "body", "html", "head"):
            continue
        line = text_of(node)
        if not 3 < len(line) <= MAX_LINE or _is_elsewhere(node):
            continue
        named = is_byline(line) or opens_with_author(line) or name_before_date(line)
        if named or marks_people(node):
            yield node


def _is_elsewhere(node: Element) -> bool:
    """Whether a node stands in navigation, or in a box of other stories."""
    for outer in islice(node.iterancestors(), 8):
        names = f"{outer.get('class') or ''} {outer.get('id') or ''}".lower()
        if outer.tag in ("body", "html", "article", "main"):
            return False
        if outer.tag in _ELSEWHERE or any(word in names for word in _AROUND_OTHERS):
            return True
    return False


def _people(story: Story, site: Site, selector: str) -> Byline:
    nobody = (*site.newsroom_names, site.title, *site.domains)
    return joined(
        read_byline(text_of(node), publisher=nobody) for node in story.document.all(selector)
    )


def _editors(stories: Sequence[Story], site: Site, taken: tuple[str, ...]) -> Found:
    """Return the nodes that name editors and nobody else, where they have a label."""
    lines = [[node for node in _bylines(story) if is_byline(text_of(node))] for story in stories]
    for name in islice(shared(lines), MAX_CANDIDATES):
        people = [_people(story, site, name.selector) for story in stories]
        only = all(each.editors and not each.authors for each in people)
        if only and name.selector not in taken:
            return Found(selectors=(name.selector,))
    return Found()


def _date(stories: Sequence[Story], site: Site) -> Found:
    """Return the node whose text is the time of publication."""
    dated = [list(_dates(story, site)) for story in stories]
    known = [story.article.published_at for story in stories]
    if not all(dated):
        if all(known):
            return Found()
        return Found(note="CHECK: no time of publication was found; name the node that shows it")
    for name in islice(shared(dated), MAX_CANDIDATES):
        first = [parse_visible(story.document.text(name.selector), site.zone) for story in stories]
        if all(first):
            return Found(selectors=(name.selector,))
    return Found()


def _dates(story: Story, site: Site) -> Iterator[Element]:
    """Yield the smallest nodes with the time of publication, or any time where none is known."""
    known = story.article.published_at
    for node in story.document.tree.iter("*"):
        if node.tag in ("script", "style", "meta", "title", "body", "html"):
            continue
        line = text_of(node)
        if not 8 < len(line) <= MAX_LINE or _is_elsewhere(node):
            continue
        at = parse_visible(line, site.zone)
        if at is None or any(parse_visible(text_of(child), site.zone) for child in node):
            continue
        if known is None or abs((at - known).total_seconds()) < 60:
            yield node


def _tags(stories: Sequence[Story]) -> Found:
    """Return the links to the pages of a story's tags."""
    linked = [story.document.all("a[rel=tag], a[href*='/t']") for story in stories]
    own = [
        [node for node in nodes if _TAG.search(node.get("href") or "") and not _is_elsewhere(node)]
        for nodes in linked
    ]
    boxes = [[box for node in nodes if (box := _box(node)) is not None] for nodes in own]
    for name in shared(boxes):
        selector = f"{name.selector} a"
        links = [story.document.all(selector) for story in stories]
        few = name.rank <= MAX_RANK - 3 and all(0 < len(some) <= MAX_TAGS for some in links)
        if few and all(_TAG.search(link.get("href") or "") for some in links for link in some):
            return Found(selectors=(selector,))
    return Found()


def _box(link: Element) -> Element | None:
    """Return the node around a link that holds nothing but links."""
    box, outer = None, link.getparent()
    while outer is not None and outer.tag not in ("body", "article", "main"):
        linked = sum(len(text_of(node)) for node in outer.iter("a"))
        if 2 * linked < len(text_of(outer)):
            return box
        box, outer = outer, outer.getparent()
    return box
