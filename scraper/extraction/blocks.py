"""The paragraphs of an article as a reader sees them.

Sites part paragraphs by <p>, by <br> (Medcom, IslamTimes), by bare text between <p>s (metrotvnews);
Republika opens <p> twice, and where an advert was cut out the break is missing altogether.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from scraper.extraction.limits import MAX_CONTEXT, MAX_LINKS, MAX_PARAGRAPHS
from scraper.extraction.selectors import Element
from scraper.extraction.tree import clean

_BLOCKS = frozenset(
    """
    address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul video audio
    iframe object embed
    """.split()
)
_KINDS = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading") | {"li": "li", "tr": "row"}
_CELLS = frozenset(("td", "th"))
_NO_TEXT = frozenset("script style noscript template head svg img select button".split())
# Blocks inside articles of all sites that hold no prose; captions are read from the page.
_FURNITURE = frozenset("iframe form object embed video audio nav aside figure figcaption".split())
_SENTENCE_ENDS = re.compile(r"[.!?…:;][\"'”’)\]]*$")
_SENTENCE_STARTS = re.compile(r"[A-Z0-9\"'“‘(]")
# "…2020.Material longsor…": the break between two paragraphs was lost. Not "Suara.Com", not
# "Prof.Dr.Emil", not "Rp1.Juta".
_GLUED = re.compile(
    r"""
    (?: (?<=[a-z]{4}[.?!]) | (?<=\s\d{4}[.?!]) | (?<=[.?!][”"]) )
    (?=[“"]?[A-Z][a-z])
    (?! (?:Com|Id|Co|Net|Org|Go|Tv|Js|News)\b )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, with the evidence that rules need."""

    text: str
    """Clean, in one line."""
    kind: str = "p"
    """`p`, `heading`, `li` or `row`."""
    linked: int = 0
    """Number of its characters that are links."""
    links: tuple[str, ...] = ()
    """Where they lead."""
    opening: str = ""
    """The bold text that it begins with."""
    context: str = ""
    """Classes and ids of the nodes between the article and this paragraph."""

    @property
    def is_link(self) -> bool:
        """Whether nearly all of it is a link."""
        return bool(self.links) and self.linked >= 0.8 * len(self.text)


def blocks(root: Element, pruned: set[Element]) -> list[Block]:
    """Return the paragraphs below `root` in reading order, without those in `pruned` nodes."""
    return _Walker(pruned).blocks(root)


def split_glued(text: str) -> list[str]:
    """Split a text at paragraph breaks of which nothing is left, not even a space.

    >>> split_glued("Jalan tertutup tanah.Warga dievakuasi.")
    ['Jalan tertutup tanah.', 'Warga dievakuasi.']
    """
    return [part for part in _GLUED.split(text) if part]


class _Style(NamedTuple):
    """What a text inherits from the nodes around it."""

    link: str | None = None
    bold: bool = False
    kind: str = "p"
    context: str = ""


@dataclass(slots=True)
class _Run:
    """Text gathered until the next break."""

    pieces: list[str] = field(default_factory=list)
    linked: int = 0
    links: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    plain_seen: bool = False
    last: str = ""
    """The last words gathered."""

    def add(self, text: str, words: str, style: _Style) -> None:
        self.pieces.append(text)
        if not words:
            return
        self.last = words
        if style.link is not None:
            self.linked += len(words)
            if len(self.links) < MAX_LINKS and (not self.links or self.links[-1] != style.link):
                self.links.append(style.link)
        if not style.bold:
            self.plain_seen = True
        elif not self.plain_seen:
            self.bold.append(text)


class _Walker:
    """Walks a tree once and cuts it into blocks."""

    def __init__(self, pruned: set[Element]) -> None:
        self._pruned = pruned
        self._run = _Run()
        self._blocks: list[Block] = []
        self._breaks = 0
        """<br>s since the last text."""
        self._cut = False
        """Whether an inline node was removed since the last text."""

    def blocks(self, root: Element) -> list[Block]:
        self._walk(root, _Style())
        self._flush(_Style())
        return self._blocks

    def _walk(self, node: Element, style: _Style) -> None:
        self._text(node.text, style)
        for child in node:
            self._child(child, style)
            self._text(child.tail, style)

    def _child(self, child: Element, style: _Style) -> None:
        tag = child.tag
        if not isinstance(tag, str) or tag in _NO_TEXT:
            self._cut = True
        elif tag == "br":
            self._breaks += 1
        elif child in self._pruned or tag in _FURNITURE:
            # The text before and after a block are two paragraphs.
            if tag in _BLOCKS:
                self._flush(style)
            else:
                self._cut = True
        elif tag in _CELLS:
            self._walk(child, style._replace(kind="row"))
            self._run.pieces.append(" | ")
        elif tag in _BLOCKS:
            self._flush(style)
            inner = _inside(child, style)
            self._walk(child, inner)
            self._flush(inner)
        else:
            self._walk(child, _inline(child, style))

    def _text(self, text: str | None, style: _Style) -> None:
        if not text:
            return
        words = clean(text)
        if words and (self._breaks or self._cut):
            if self._is_break(text, words):
                self._flush(style)
            elif self._breaks:
                self._run.pieces.append(" ")
            self._breaks = 0
            self._cut = False
        self._run.add(text, words, style)

    def _is_break(self, text: str, words: str) -> bool:
        """Whether a new paragraph begins with this text, after a <br> or a removed node."""
        before = self._run.last
        if not before:
            return False
        if self._breaks:
            sentence_goes_on = words[0].islower() and not _SENTENCE_ENDS.search(before)
            if self._breaks > 1 or not sentence_goes_on:
                return True
        glued = self._cut and not text[0].isspace()
        return glued and bool(_SENTENCE_ENDS.search(before) and _SENTENCE_STARTS.match(text))

    def _flush(self, style: _Style) -> None:
        run, self._run, self._breaks = self._run, _Run(), 0
        text = clean("".join(run.pieces))
        if style.kind == "row":
            text = text.strip("| ")
        if text and len(self._blocks) < MAX_PARAGRAPHS:
            self._blocks.append(
                Block(
                    text=text,
                    kind=style.kind,
                    linked=run.linked,
                    links=tuple(run.links),
                    opening=clean("".join(run.bold)),
                    context=style.context,
                )
            )


def _inside(block: Element, style: _Style) -> _Style:
    kind = _KINDS.get(str(block.tag), style.kind)
    context = " ".join(filter(None, (style.context, block.get("id"), block.get("class"))))
    return _Style(style.link, style.bold or kind == "heading", kind, context[:MAX_CONTEXT])


def _inline(node: Element, style: _Style) -> _Style:
    bold = style.bold or node.tag in ("b", "strong") or "bold" in (node.get("style") or "")
    link = style.link
    if node.tag == "a":
        link = node.get("href") or ""
    return _Style(link, bold, style.kind, style.context)
