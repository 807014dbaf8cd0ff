"""Selectors of the profiles: CSS, or XPath where they begin with `/`, `(` or `.//`. Each is
compiled once.

Most are a class or an id, with or without something below: such a node is looked up in an index of
the page instead of being searched for through the whole tree, which took most of the time of
reading a large page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from cssselect import HTMLTranslator
from lxml import etree, html

Element: TypeAlias = html.HtmlElement
Selector: TypeAlias = Callable[[Element], list[Any]]

_TRANSLATOR = HTMLTranslator()
_XPATH = ("/", ".//", "(")
_NAME = re.compile(r"[.#]([\w-]+)|=['\"]?([\w-]+)")
_PLAIN = re.compile(
    r"(?P<tag>[a-z][a-z0-9]*)?(?P<names>(?:[.#][\w-]+)+)(?:(?P<child>\s*>\s*)|\s+)?(?P<rest>(?<=[\s>]).+)?"
)
_NAMED = etree.XPath("descendant-or-self::*[@class or @id]")
_ATTRIBUTES = etree.XPath(".//@*[name() != 'href' and name() != 'src']")

Index: TypeAlias = dict[str, list[Element]]
"""`.class` and `#id` to the nodes that carry them, in the order of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How to find what a plain selector names: by the index, then downwards."""

    tag: str | None
    names: tuple[str, ...]
    rest: Selector | None

    def nodes(self, index: Index) -> list[Any]:
        first, *more = self.names
        anchors = [
            node
            for node in index.get(first, ())
            if (self.tag is None or node.tag == self.tag)
            and all(node in index.get(name, ()) for name in more)
        ]
        return (
            anchors
            if self.rest is None
            else [found for anchor in anchors for found in self.rest(anchor)]
        )


def index_of(tree: Element) -> Index:
    """The nodes of a page by their classes and ids."""
    index: Index = {}
    for node in cast("list[Element]", _NAMED(tree)):
        for name in (node.get("class") or "").split():
            index.setdefault("." + name, []).append(node)
        identity = node.get("id")
        if identity:
            index.setdefault("#" + identity, []).append(node)
    return index


def select(selector: str, tree: Element, index: Index) -> list[Any]:
    """What a selector finds, each node once; of several alternatives ("a, b") the first one's nodes
    come first.
    """
    if selector.startswith(_XPATH):
        return compiled(selector)(tree)
    found: dict[Any, None] = {}
    for alternative, plan in _plans(selector):
        found |= dict.fromkeys(
            plan.nodes(index) if plan is not None else compiled(alternative)(tree)
        )
    return list(found)


@lru_cache(maxsize=2048)
def _plans(selector: str) -> tuple[tuple[str, _Plan | None], ...]:
    return tuple(
        (alternative.strip(), _plan(alternative.strip())) for alternative in selector.split(",")
    )


def _plan(selector: str) -> _Plan | None:
    match = _PLAIN.fullmatch(selector)
    if match is None:
        return None
    rest = match["rest"]
    below = (
        etree.XPath(
            _TRANSLATOR.css_to_xpath(rest, prefix="child::" if match["child"] else "descendant::")
        )
        if rest
        else None
    )
    return _Plan(
        tag=match["tag"],
        names=tuple(re.findall(r"[.#][\w-]+", match["names"])),
        rest=cast("Selector | None", below),
    )


@lru_cache(maxsize=2048)
def compiled(selector: str) -> Selector:
    """The nodes, or attributes' values, that a selector finds from a node downwards."""
    return cast("Selector", etree.XPath(_xpath_of(selector)))


@lru_cache(maxsize=256)
def _union(selectors: tuple[str, ...]) -> Selector:
    return cast("Selector", etree.XPath(" | ".join(map(_xpath_of, selectors))))


def _xpath_of(selector: str) -> str:
    return selector if selector.startswith(_XPATH) else _TRANSLATOR.css_to_xpath(selector)


def pruned(node: Element, selectors: tuple[str, ...]) -> set[Element]:
    """Nodes below `node` that any of the selectors finds; those whose names stand in no attribute
    there are not tried.
    """
    attributes = " ".join(cast("list[str]", _ATTRIBUTES(node)))
    present = tuple(
        selector
        for selector in selectors
        if any(all(name in attributes for name in names) for names in _names(selector))
    )
    return set(_union(present)(node)) if present else set()


@lru_cache(maxsize=2048)
def _names(selector: str) -> tuple[tuple[str, ...], ...]:
    """For each alternative of a selector the classes, ids and attribute values that a page must
    hold; () for anything.

    >>> _names("div.artikel p, #isi")
    (('artikel',), ('isi',))
    """
    if selector.startswith(_XPATH):
        return ((),)
    return tuple(
        tuple(a or b for a, b in _NAME.findall(alternative)) for alternative in selector.split(",")
    )
