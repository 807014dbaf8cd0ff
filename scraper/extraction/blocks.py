"""The paragraphs of a narrowed article, as a reader sees them: the sites part them by <p>, <br>,
bare text and lost breaks.

Medcom and IslamTimes part paragraphs by `<br>`, metrotvnews leaves bare text between `<p>`s,
Republika opens `<p>` twice, and where an advert stood the break is missing altogether (the facts
sheets of the sites tell more).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scraper.extraction.selectors import Element
from scraper.extraction.tree import clean

_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table tbody td tfoot th thead tr ul video audio iframe object embed".split()
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
MAX_BLOCKS = 5_000
"""Paragraphs of one article at most; no story has a tenth of it, a hostile page has more."""

_CELLS = frozenset(("td", "th"))
_NO_TEXT = frozenset(
    ("script", "style", "noscript", "template", "head", "svg", "img", "select", "button")
)
_FURNITURE = frozenset("iframe form object embed video audio nav aside figure figcaption".split())
"""Blocks that stand in articles of all sites and hold no prose; captions are read from the page,
not from the body.
"""
_SENTENCE_ENDS = re.compile(r"[.!?…:;][\"'”’)\]]*$")
# "…2020.Material longsor…": the break between two paragraphs was lost. Not "Suara.Com", not
# "Prof.Dr.Emil", not "Rp1.Juta".
_GLUED = re.compile(
    r"(?:(?<=[a-z]{4}[.?!])|(?<=\s\d{4}[.?!])|(?<=[.?!][”\"]))(?=[“\"]?[A-Z][a-z])(?!(?:Com|Id|Co|Net|Org|Go|Tv|Js|News)\b)"
)
_SENTENCE_STARTS = re.compile(r"[A-Z0-9\"'“‘(]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph with the evidence that rules ask for."""

    text: str
    kind: str = "p"
    """`p`, `heading`, `li` or `row`."""
    linked: int = 0
    """How many of its characters are links."""
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

    def add(self, text: str, words: str, *, link: str | None, bold: bool) -> None:
        self.pieces.append(text)
        if not words:
            return
        self.last = words
        if link is not None:
            self.linked += len(words)
            if not self.links or self.links[-1] != link:
                self.links.append(link)
        if bold and not self.plain_seen:
            self.bold.append(text)
        elif not bold:
            self.plain_seen = True


class _Walker:
    """Walks a tree once and cuts it into blocks."""

    def __init__(self, root: Element, pruned: set[Element]) -> None:
        self._root = root
        self._pruned = pruned
        self._run = _Run()
        self._blocks: list[Block] = []
        self._breaks = 0  # <br>s since the last text
        self._soft = False  # an inline node was taken out here

    def blocks(self) -> list[Block]:
        self._walk(self._root, link=None, bold=False, kind="p", context="")
        self._flush("p", "")
        return self._blocks

    def _walk(
        self, node: Element, *, link: str | None, bold: bool, kind: str, context: str
    ) -> None:
        self._text(node.text, link=link, bold=bold, kind=kind, context=context)
        for child in node:
            self._child(child, link=link, bold=bold, kind=kind, context=context)
            self._text(child.tail, link=link, bold=bold, kind=kind, context=context)

    def _child(
        self, child: Element, *, link: str | None, bold: bool, kind: str, context: str
    ) -> None:
        tag = child.tag
        if not isinstance(tag, str) or tag in _NO_TEXT:
            self._soft = True
        elif tag == "br":
            self._breaks += 1
        elif child in self._pruned or tag in _FURNITURE:
            self._break(tag, kind, context)
        elif tag in _CELLS:
            self._walk(child, link=link, bold=bold, kind="row", context=context)
            self._run.pieces.append(" | ")
        elif tag in _BLOCKS:
            inner = (
                "heading"
                if tag in _HEADINGS
                else "li"
                if tag == "li"
                else "row"
                if tag == "tr"
                else kind
            )
            self._flush(kind, context)
            within = _context(child, context)
            self._walk(child, link=link, bold=bold or tag in _HEADINGS, kind=inner, context=within)
            self._flush(inner, within)
        else:
            target = child.get("href") or "" if tag == "a" else link
            strong = bold or tag in ("b", "strong") or "bold" in (child.get("style") or "")
            self._walk(child, link=target, bold=strong, kind=kind, context=context)

    def _break(self, tag: str, kind: str, context: str) -> None:
        """A node of furniture was taken out: the text before and after it are two paragraphs if it
        was a block.
        """
        if tag in _BLOCKS:
            self._flush(kind, context)
        else:
            self._soft = True

    def _text(
        self, text: str | None, *, link: str | None, bold: bool, kind: str, context: str
    ) -> None:
        if not text:
            return
        words = clean(text)
        if words and (self._breaks or self._soft):
            before = self._run.last
            glued = (
                self._soft
                and not text[0].isspace()
                and bool(_SENTENCE_ENDS.search(before))
                and bool(_SENTENCE_STARTS.match(text))
            )
            if before and (
                self._breaks > 1 or glued or (self._breaks == 1 and not _flows_on(before, words))
            ):
                self._flush(kind, context)
            elif self._breaks:
                self._run.pieces.append(" ")
            self._breaks = 0
            self._soft = False
        self._run.add(text, words, link=link, bold=bold)

    def _flush(self, kind: str, context: str) -> None:
        run, self._run, self._breaks = self._run, _Run(), 0
        text = clean("".join(run.pieces))
        if kind == "row":
            text = text.strip("| ")
        if text and len(self._blocks) < MAX_BLOCKS:
            self._blocks.append(
                Block(
                    text=text,
                    kind=kind,
                    linked=run.linked,
                    links=tuple(run.links),
                    opening=clean("".join(run.bold)),
                    context=context,
                )
            )


def _flows_on(before: str, after: str) -> bool:
    """Whether a single line break stands in the middle of a sentence."""
    return after[0].islower() and not _SENTENCE_ENDS.search(before)


def _context(node: Element, outer: str) -> str:
    return " ".join(filter(None, (outer, node.get("id"), node.get("class"))))


def blocks(root: Element, pruned: set[Element]) -> list[Block]:
    """The paragraphs below `root` in reading order, without what stands in `pruned` nodes."""
    return _Walker(root, pruned).blocks()


def split_glued(text: str) -> list[str]:
    """Paragraphs that stand in one text without a break or a space between two sentences.

    >>> split_glued("Jalan tertutup tanah.Warga dievakuasi.")
    ['Jalan tertutup tanah.', 'Warga dievakuasi.']
    """
    return [part for part in _GLUED.split(text) if part]
