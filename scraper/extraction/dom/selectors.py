"""Selectors of profiles: CSS, or XPath where they begin with `/`, `.//` or `(`.

A CSS selector is evaluated step by step, each node at most once a step: libxml2 compares every node
that a step finds with all those that it found before. A class or an id at the beginning is looked
up in an index of the page: searching the tree for it takes a quarter of the time of reading a page.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

from cssselect import HTMLTranslator, parse
from cssselect.parser import Class, CombinedSelector, Hash, Tree
from cssselect.parser import Element as NamedElement
from lxml import etree, html

from scraper.extraction.dom.limits import MAX_CLASSES

Element: TypeAlias = html.HtmlElement
XPath: TypeAlias = Callable[[Element], list[Any]]
Index: TypeAlias = dict[str, list[Element]]
"""`.class` and `#id` -> the nodes that have them, in document order."""

_IS_XPATH = ("/", ".//", "(")
_NAME = re.compile(r"(?:[.#]|=['\"]?)([\w-]+)")
_COUNT = re.compile(
    r"count\((?P<siblings>[a-z]+-sibling::[^()\s]+)\) (?P<sign>=|>=) (?P<count>\d+)"
)
_ATTRIBUTES = etree.XPath(".//@*[name() != 'href' and name() != 'src']")
_NAMED_NODES = etree.XPath("descendant-or-self::*[@class or @id]")
_TRANSLATOR = HTMLTranslator()


class _Step(NamedTuple):
    """The part of a CSS selector between two combinators."""

    find: XPath
    """Finds nodes below a node; for the first step, that node included."""
    of_children: bool = False
    """Whether only children are found."""
    names: tuple[str, ...] = ()
    """Classes and ids as in the index, where the step has nothing but those and `tag`."""
    tag: str | None = None


def index_of(tree: Element) -> tuple[Index, bool]:
    """Index the nodes of a page by class and id; return also whether endless ones were cut."""
    index: Index = {}
    shortened = False
    for node in cast("list[Element]", _NAMED_NODES(tree)):
        classes, identity = node.get("class"), node.get("id")
        if classes:
            if len(classes) > MAX_CLASSES:
                classes = classes[:MAX_CLASSES]
                node.set("class", classes)
                shortened = True
            for name in classes.split():
                index.setdefault("." + name, []).append(node)
        if identity:
            if len(identity) > MAX_CLASSES:
                identity = identity[:MAX_CLASSES]
                node.set("id", identity)
                shortened = True
            index.setdefault("#" + identity, []).append(node)
    return index, shortened


def _names_of(node: Element) -> list[str]:
    """Return the classes and the id of a node as the index names them."""
    names = ["." + name for name in node.get("class", "").split()]
    if identity := node.get("id"):
        names.append("#" + identity)
    return names


def select(selector: str, tree: Element, index: Index | None = None) -> list[Any]:
    """Return what a selector matches, each node once; of "a, b" the nodes of `a` come first."""
    if selector.startswith(_IS_XPATH):
        return _xpath(selector)(tree)
    found: dict[Any, None] = {}
    for steps in _alternatives(selector):
        found |= dict.fromkeys(_walked(steps, tree, index))
    return list(found)


def pruned(node: Element, selectors: Iterable[str]) -> set[Element]:
    """Return the nodes below `node` that any of the selectors matches.

    Only those are tried whose names occur in attributes there: few do.
    """
    attributes = " ".join(cast("list[str]", _ATTRIBUTES(node)))
    found: set[Element] = set()
    for selector in selectors:
        if any(all(name in attributes for name in names) for names in _mentioned(selector)):
            found.update(select(selector, node))
    return found


def _walked(steps: tuple[_Step, ...], tree: Element, index: Index | None) -> list[Element]:
    first, *others = steps
    if first.names and index is not None:
        nodes = [node for node in index.get(first.names[0], ()) if _is_named(node, first)]
    else:
        nodes = first.find(tree)
    for step in others:
        above = nodes if step.of_children else outermost(nodes)
        nodes = [found for node in above for found in step.find(node)]
    return nodes


def _is_named(node: Element, step: _Step) -> bool:
    if step.tag is not None and node.tag != step.tag:
        return False
    return len(step.names) == 1 or set(step.names) <= set(_names_of(node))


def outermost(nodes: Iterable[Element]) -> Iterator[Element]:
    """Yield the nodes, in document order, that are inside no other one.

    What was found out about an ancestor is kept, so that each is visited once.
    """
    inside: dict[Element, bool] = {}
    for node in nodes:
        path = []
        above = node.getparent()
        while above is not None and above not in inside:
            path.append(above)
            above = above.getparent()
        is_inside = above is not None and inside[above]
        inside.update(dict.fromkeys(path, is_inside))
        inside[node] = True
        if not is_inside:
            yield node


@lru_cache(maxsize=2048)
def _alternatives(selector: str) -> tuple[tuple[_Step, ...], ...]:
    return tuple(tuple(_steps(one.parsed_tree)) for one in parse(selector))


def _steps(tree: Tree) -> Iterator[_Step]:
    """Yield the steps of a parsed selector; one that compares siblings is a single step."""
    if isinstance(tree, CombinedSelector) and tree.combinator in " >":
        yield from _steps(tree.selector)
        of_children = tree.combinator == ">"
        axis = "child::" if of_children else "descendant::"
        yield _Step(_xpath(axis + _path(tree.subselector)), of_children)
        return
    names: list[str] = []
    named = tree
    while isinstance(named, (Class, Hash)):
        names.append(f".{named.class_name}" if isinstance(named, Class) else f"#{named.id}")
        named = named.selector
    find = _xpath("descendant-or-self::" + _path(tree))
    if isinstance(named, NamedElement):
        yield _Step(find, names=tuple(names), tag=named.element)
    else:
        yield _Step(find)


def _path(tree: Tree) -> str:
    """Translate a step to XPath; siblings are counted no further than the condition needs."""
    return _COUNT.sub(_bounded, str(_TRANSLATOR.xpath(tree)))


def _bounded(match: re.Match[str]) -> str:
    siblings, count = match["siblings"], int(match["count"])
    if match["sign"] == ">=":
        return f"{siblings}[{count}]"
    no_more = f"not({siblings}[{count + 1}])"
    return f"({siblings}[{count}] and {no_more})" if count else no_more


@lru_cache(maxsize=2048)
def _xpath(path: str) -> XPath:
    return cast("XPath", etree.XPath(path))


@lru_cache(maxsize=2048)
def _mentioned(selector: str) -> tuple[tuple[str, ...], ...]:
    """Return, per alternative, the names that attributes must have; none for an XPath.

    >>> _mentioned("div.artikel p, #isi")
    (('artikel',), ('isi',))
    """
    if selector.startswith(_IS_XPATH):
        return ((),)
    return tuple(tuple(_NAME.findall(alternative)) for alternative in selector.split(","))
