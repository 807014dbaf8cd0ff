"""Selectors of nodes that hold on other pages of a site, too: by ids, itemprops and classes."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scraper.extraction.dom.selectors import Element
from scraper.extraction.fields.bylines import persons_folder

_PLAIN = re.compile(r"[A-Za-z_][\w-]{1,60}")
_NUMBERED = re.compile(r"\d{3,}|(?:^|[_-])\d+$")
"""Numbers in a name: mostly those of the story."""
_GENERATED = re.compile(
    r"^(?:css|sc|jsx|jss|emotion|svelte|astro|styled|elementor-element)-"
    r"|^[a-z]{1,3}[A-Z0-9]\w{0,4}$"
)
_MODULE = re.compile(
    r"(?P<stem>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z][A-Za-z0-9]*)?__?)[A-Za-z0-9_-]{5,8}"
)
"""A class of CSS modules, whose end changes with each release: `Article_body__3fK2x`."""
_UTILITY = re.compile(
    r"(?:[mp][trblxy]?|w|h|min|max|text|font|leading|tracking|flex|grid|gap|col|cols|row|rows|bg"
    r"|border|rounded|shadow|space|items|justify|self|order|hidden|block|inline|relative|absolute"
    r"|float|clearfix|container|wrapper|wrap|inner|active|left|right|center|fade|in|d|fs|fw|mx|my"
    r"|lg|md|sm|xs|xl|prose)(?:-[\w./]+)*"
)
"""A class that says how something looks, not what it is."""
_DESCRIPTIVE = re.compile(
    r"article|content|body|detail|entry|post|story|read|isi|berita|news|text|title|judul|headline"
    r"|author|byline|writer|penulis|reporter|editor|date|time|tanggal|waktu|publish|tag|topik",
    re.IGNORECASE,
)
"""A class that says what it holds."""
_OF_ITSELF = frozenset(("article", "main", "h1", "time", "author", "figcaption"))
MAX_NAMES = 12


class Name(NamedTuple):
    """A selector, and how sure it is to hold: 0 is best."""

    rank: int
    selector: str


def names_of(node: Element) -> list[Name]:
    """Return the selectors that a node's own attributes suggest, the surest first."""
    tag = str(node.tag)
    found = _by_itemprop(node.get("itemprop") or "")
    if _is_plain(node, "id") and not _NUMBERED.search(node.get("id") or ""):
        found.append(Name(1, f"#{node.get('id')}"))
    found += _by_class(tag, (node.get("class") or "").split()[:MAX_NAMES])
    if tag == "a" and (people := persons_folder(node)) is not None:
        found.append(Name(3, f"a[href*='{people}']"))
    if tag in _OF_ITSELF:
        found.append(Name(4, tag))
    return sorted(dict.fromkeys(found))


def _by_itemprop(names: str) -> list[Name]:
    """Return the selector of an itemprop; of several in one attribute that of each."""
    if _PLAIN.fullmatch(names):
        return [Name(0, f"[itemprop={names}]")]
    plain = [name for name in names.split()[:MAX_NAMES] if _PLAIN.fullmatch(name)]
    return [Name(1, f"[itemprop~={name}]") for name in plain]


def _is_plain(node: Element, attribute: str) -> bool:
    return _PLAIN.fullmatch(node.get(attribute) or "") is not None


def _by_class(tag: str, classes: Sequence[str]) -> Iterator[Name]:
    plain = [name for name in classes if _PLAIN.fullmatch(name) and not _NUMBERED.search(name)]
    for name in plain:
        module = _MODULE.fullmatch(name)
        if module is not None and _is_generated(module["stem"], name[len(module["stem"]) :]):
            yield Name(3, f"[class*='{module['stem']}']")
        elif _GENERATED.search(name):
            yield Name(7, f"{tag}.{name}")
        elif _UTILITY.fullmatch(name):
            yield Name(6, f"{tag}.{name}")
        else:
            yield Name(2 if _DESCRIPTIVE.search(name) else 3, f".{name}")
    descriptive = [name for name in plain if _DESCRIPTIVE.search(name)]
    if len(descriptive) > 1:
        yield Name(3, "." + ".".join(descriptive[:2]))


def _is_generated(stem: str, end: str) -> bool:
    """Whether the end of a class is a program's: of CSS modules it has capitals and digits."""
    return (stem.endswith("__") or end != end.lower()) and any(map(str.isdigit, end))


def selectors_of(node: Element) -> list[Name]:
    """Return the selectors of a node: its own names, those below a named ancestor, its place."""
    found = names_of(node)
    tag, outer = str(node.tag), node.getparent()
    steps = 0
    place = _place(node)
    while outer is not None and outer.tag not in ("body", "html") and steps < 3:
        around = [name for name in names_of(outer) if name.rank <= 4]
        for name in around[:3]:
            if steps == 0:
                found.append(Name(name.rank + 4, f"{name.selector} > {place}"))
            if tag not in ("div", "section", "span", "p"):
                found.append(Name(name.rank + 3, f"{name.selector} {tag}"))
            if steps:
                found.append(Name(name.rank + 6, f"{name.selector} > {place}"))
        place = f"{_place(outer)} > {place}"
        outer, steps = outer.getparent(), steps + 1
    return sorted(dict.fromkeys(found))


def _place(node: Element) -> str:
    """Return the tag of a node and its number among its siblings."""
    before = sum(1 for _sibling in node.itersiblings(str(node.tag), preceding=True))
    return f"{node.tag!s}:nth-of-type({before + 1})"


def shared(pages: Sequence[Sequence[Element]]) -> list[Name]:
    """Return the selectors that nodes of every page have, the surest first.

    `pages`: for each page the nodes that hold the same field.
    """
    each = [{name for node in nodes for name in selectors_of(node)} for nodes in pages]
    best: dict[str, int] = {}
    for name in set().union(*each):
        everywhere = all(name.selector in {other.selector for other in names} for names in each)
        if everywhere:
            best[name.selector] = min(name.rank, best.get(name.selector, name.rank))
    return sorted(Name(rank, selector) for selector, rank in best.items())
