"""Selectors of profiles: CSS, or XPath where they begin with `/`, `.//` or `(`.

A CSS selector is evaluated step by step, each node at most once a step: libxml2 compares every node
that a step finds with all those that it found before. A class or an id at the beginning is looked
up in an index of the page: searching the tree for it takes a quarter of the time of reading a page.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple, TypeAlias, cast

from cssselect import HTMLTranslator, parse
from cssselect.parser import Attrib, Class, CombinedSelector, Hash, Tree
from cssselect.parser import Element as NamedElement
from lxml import etree

from scraper.extraction.dom.limits import MAX_ATTRIBUTES, MAX_CLASSES

Element: TypeAlias = etree._Element
"""A node as libxml2 has it: lxml.html's own class of elements costs a call a node."""
XPath: TypeAlias = Callable[[Element], list[Any]]

HIDING = frozenset(("hidden", "aria-hidden", "style"))
"""Attributes that may hide a node."""

_TEXT = etree.XPath("string()", smart_strings=False)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_IS_XPATH = ("/", ".//", "(")
_PART_OF_CLASS = "*="
"""Begins the name of nodes whose class attribute holds a text, as `[class*=…]` demands."""
_NAME = re.compile(r"(?:[.#]|=['\"]?)([\w-]+)")
_COUNT = re.compile(
    r"count\((?P<siblings>[a-z]+-sibling::[^()\s]+)\) (?P<sign>=|>=) (?P<count>\d+)"
)
_ATTRIBUTES = etree.XPath(".//@*", smart_strings=False)
_TRANSLATOR = HTMLTranslator()
_AXES: dict[str, Callable[[Element, str], Iterator[Element]]] = {
    "descendant-or-self": etree._Element.iter,
    "descendant": etree._Element.iterdescendants,
    "child": etree._Element.iterchildren,
}


def text_content(node: Element) -> str:
    """Return all text of a node, as it stands in the mark-up."""
    return cast("str", _TEXT(node))


def set_attribute(node: Element, name: str, value: str) -> None:
    """Give a node an attribute, without what a page may hold ("&#1;") and XML may not."""
    node.set(name, _NOT_IN_XML.sub("", value))


class _Step(NamedTuple):
    """The part of a CSS selector between two combinators."""

    find: XPath
    """Finds nodes below a node; for the first step, that node included."""
    of_children: bool = False
    """Whether only children are found."""
    names: tuple[str, ...] = ()
    """As in the index, where the step has nothing but those and `tag`."""
    tag: str | None = None


class Index:
    """The classes, ids and itemprops of a page, all read in one walk; endless ones are cut."""

    def __init__(self, tree: Element) -> None:
        self.tree = tree
        self.is_crowded = False
        """Whether a tag has more attributes than the limit: the page is to be parsed anew."""
        self.is_cut = False
        """Whether a class or an id was cut."""
        self.classes: dict[Element, str] = {}
        """Node -> its whole class attribute, in document order."""
        self.ids: dict[Element, str] = {}
        self.hiding: set[Element] = set()
        """Nodes with any attribute that may hide them."""
        self._named: defaultdict[str, list[Element]] = defaultdict(list)
        for node in tree.iter("*"):
            attributes = node.keys()
            if not attributes:
                continue
            if "class" in attributes:
                self.classes[node] = self._short(node, "class")
            if "id" in attributes:
                self.ids[node] = self._short(node, "id")
            if not HIDING.isdisjoint(attributes):
                self.hiding.add(node)
            if "itemprop" in attributes:
                self._named[f"[{node.get('itemprop')}]"].append(node)
            if len(attributes) > MAX_ATTRIBUTES:
                self.is_crowded = True

    def _short(self, node: Element, name: str) -> str:
        value = node.get(name) or ""
        if len(value) > MAX_CLASSES:
            self.is_cut = True
            value = value[:MAX_CLASSES]
            set_attribute(node, name, value)
        return value

    def nodes(self, name: str) -> list[Element]:
        """Return the nodes that have a name, in document order."""
        if name.startswith((".", "#")):
            return self._by_name.get(name, [])
        if name.startswith(_PART_OF_CLASS):
            part = name.removeprefix(_PART_OF_CLASS)
            return [node for node, classes in self.classes.items() if part in classes]
        return self._named.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[Element]]:
        found: defaultdict[str, list[Element]] = defaultdict(list)
        split: dict[str, tuple[str, ...]] = {}
        for node, classes in self.classes.items():
            names = split.get(classes)
            if names is None:
                names = split[classes] = tuple("." + name for name in classes.split())
            for name in names:
                found[name].append(node)
        for node, identity in self.ids.items():
            found["#" + identity].append(node)
        return found


def _names_of(node: Element) -> list[str]:
    """Return the names of a node as the index has them."""
    names = ["." + name for name in (node.get("class") or "").split()]
    if identity := node.get("id"):
        names.append("#" + identity)
    if described := node.get("itemprop"):
        names.append(f"[{described}]")
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
        nodes = [node for node in index.nodes(first.names[0]) if _is_named(node, first)]
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
        yield _Step(
            _finder("child" if of_children else "descendant", tree.subselector), of_children
        )
        return
    find = _finder("descendant-or-self", tree)
    names, named = _names_in(tree)
    if isinstance(named, NamedElement):
        yield _Step(find, names=names, tag=named.element)
    else:
        yield _Step(find)


def _names_in(tree: Tree) -> tuple[tuple[str, ...], Tree]:
    """Return the names that a selector without combinators demands, and what is left of it."""
    if isinstance(tree, Attrib) and (tree.attrib, tree.operator) == ("class", "*="):
        part = tree.value.value if tree.value is not None else ""
        return (f"{_PART_OF_CLASS}{part}",), tree.selector
    names: list[str] = []
    while isinstance(tree, (Class, Hash, Attrib)) and (name := _name(tree)):
        names.append(name)
        tree = tree.selector
    return tuple(names), tree


def _name(tree: Class | Hash | Attrib) -> str | None:
    """Return the name, as in the index, that the last part of a selector demands."""
    if isinstance(tree, Class):
        return f".{tree.class_name}"
    if isinstance(tree, Hash):
        return f"#{tree.id}"
    if tree.value is None or (tree.attrib, tree.operator) != ("itemprop", "="):
        return None
    return f"[{tree.value.value}]"


def _finder(axis: str, tree: Tree) -> XPath:
    """Return what finds the nodes of a step; a tag alone needs no XPath."""
    if isinstance(tree, NamedElement) and tree.element is not None:
        return partial(_with_tag, _AXES[axis], tree.element.lower())
    return _xpath(f"{axis}::{_path(tree)}")


def _with_tag(axis: Callable[[Element, str], Iterator[Element]], tag: str, node: Element) -> Any:
    return list(axis(node, tag))


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
