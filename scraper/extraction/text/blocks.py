"""The paragraphs of an article as a reader sees them.

Sites part paragraphs by <p>, by <br> (Medcom, IslamTimes), by bare text between <p>s (metrotvnews);
Republika opens <p> twice, and where an advert was cut out the break is missing altogether.
"""

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from scraper.extraction.dom.limits import MAX_CONTEXT, MAX_LINKS, MAX_PARAGRAPHS
from scraper.extraction.dom.prose import BLOCKS, is_link
from scraper.extraction.dom.selectors import Element, text_content
from scraper.extraction.dom.tree import clean, text_of, unescape
from scraper.extraction.dom.unread import is_statement, paragraphs

MAX_STRUCK = 300
"""Characters of a struck-out text; a longer one was never closed."""
MIN_IN_FORM = 3
"""Paragraphs in a form that is around the article; in others are hints and conditions."""
MAX_LABEL = 40
"""Characters in which the label of a related link is looked for, before the link."""
MAX_LABEL_PIECES = 6
"""Text nodes that make up such a label at most."""
MIN_PIECE = 40
"""Characters behind a related link that are a paragraph of their own."""

_KINDS = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading") | {"li": "li", "tr": "row"}
_NO_CONTAINERS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol li".split())
"""Tags whose classes say how the story's own text looks."""
_CELLS = frozenset(("td", "th"))
_NO_TEXT = frozenset("script style noscript template head svg img select button".split())
# Blocks inside articles of all sites that hold no prose; captions are read from the page.
_FURNITURE = frozenset("iframe form object embed video audio nav aside figure figcaption".split())
_MAY_HOLD_PROSE = frozenset(("form", "figure", "aside", "nav", "footer", "header"))
_STRUCK = frozenset(("del", "s", "strike"))
_NOT_OF_SPANS = frozenset("p li h1 h2 h3 h4 h5 h6 td th dd dt figcaption pre".split())
_BLOCK_STYLE = re.compile(r"(?<![\w-])display\s*:\s*(?:block|list-item|table|flex|grid)\b", re.I)
_LINES_STYLE = re.compile(r"(?<![\w-])white-space\s*:\s*(?:pre|break-spaces)", re.I)
_LABEL = re.compile(
    r"""
    (?: ^ | (?<=[.!?…"”’)\]]) | (?<=\s)(?=(?-i:[A-Z])\w+\s+juga\s*:) ) [\s\[(*>»-]*
    (?P<label>
        (?:baca|lihat|simak|tonton) (?: (?:\s+(?:juga|pula|selengkapnya))? \s*: | \s+(?:juga|pula) )
    ) \s* $
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""The label of a link to another story, at the beginning or the end of a paragraph."""
_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
_DOUBLE_REFERENCE = re.compile(r"&(?:\#\d{1,7}|\#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
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
    is_apart: bool = False
    """Whether any of them is a container with a name of its own, not only a paragraph or a list."""
    is_sentence: bool = False
    """Whether its sentence goes on behind its last link."""
    is_quote: bool = False
    """Whether it stands in a <blockquote>."""

    @property
    def is_link(self) -> bool:
        """Whether nearly all of it is a link."""
        return bool(self.links) and self.linked >= 0.8 * len(self.text)


def blocks(
    root: Element, pruned: set[Element], unclosed: frozenset[str] = frozenset()
) -> list[Block]:
    """Return the paragraphs below `root` in reading order, without those in `pruned` nodes.

    `unclosed`: tags of furniture that the page does not close, so that prose is inside.
    """
    return _Walker(pruned, unclosed).blocks(root)


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
    lines: bool = False
    """Whether line breaks are shown, as in <pre>."""
    apart: bool = False
    """Whether a container with a name is around it."""
    quote: bool = False


class _Mark(NamedTuple):
    """Where the label of a related link begins in a run, and what was before it."""

    start: int
    linked: int
    links: int
    bold: int


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
    length: int = 0
    """Characters gathered."""
    label: _Mark | None = None
    """The label of a related link, whose link was read."""
    goes_on: bool = False
    """Whether the text behind the last link goes on with its sentence."""

    def piece(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def find_label(self) -> _Mark | None:
        """Return where a label of a related link begins that ends here; None without one."""
        tail = "".join(self.pieces[-MAX_LABEL_PIECES:])[-MAX_LABEL:]
        match = _LABEL.search(tail)
        if match is None or (match.start() == 0 and self.length > len(tail)):
            return None
        start = self.length - len(tail) + match.start("label")
        return _Mark(start, self.linked, len(self.links), len(self.bold))

    def add(self, text: str, words: str, style: _Style) -> None:
        self.piece(text)
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

    def __init__(self, pruned: set[Element], unclosed: frozenset[str]) -> None:
        self._pruned = pruned
        self._unclosed = unclosed
        self._run = _Run()
        self._blocks: list[Block] = []
        self._breaks = 0
        """<br>s since the last text."""
        self._cut = False
        """Whether an inline node was removed since the last text."""

    def blocks(self, root: Element) -> list[Block]:
        style = _Style(kind=_KINDS.get(str(root.tag), "p"), lines=root.tag == "pre")
        self._walk(root, style)
        self._flush(style)
        return self._blocks

    def _walk(self, node: Element, style: _Style) -> None:
        self._text(node.text, style)
        apart = _is_of_spans(node)
        for child in node:
            self._child(child, style)
            if apart:
                self._flush(style)
            self._text(child.tail, style)

    def _child(self, child: Element, style: _Style) -> None:
        tag = child.tag
        if not isinstance(tag, str) or tag in _NO_TEXT:
            self._cut = True
        elif tag == "br":
            self._breaks += 1
        elif child in self._pruned or (tag in _FURNITURE and not self._holds_prose(child)):
            # The text before and after a block are two paragraphs.
            if tag in BLOCKS:
                self._flush(style)
            else:
                self._cut = True
        elif tag in _CELLS:
            self._walk(child, style._replace(kind="row"))
            self._run.piece(" | ")
        elif tag in _STRUCK and len(text_content(child)) <= MAX_STRUCK:
            self._cut = True
        elif tag in BLOCKS or _is_block_by_style(child):
            self._flush(style)
            inner = _inside(child, style)
            self._walk(child, inner)
            self._flush(inner)
        elif is_link(child):
            self._link(child, style)
        else:
            self._walk(child, _inline(child, style))

    def _link(self, link: Element, style: _Style) -> None:
        """Read a link; one behind a label that leads to another story is a paragraph of its own."""
        label = self._run.find_label()
        run = self._run
        self._walk(link, _inline(link, style))
        run.label, run.goes_on = label, False

    def _holds_prose(self, node: Element) -> bool:
        """Whether furniture is around the article itself: never closed, or a form around it all."""
        tag = str(node.tag)
        if tag not in _MAY_HOLD_PROSE:
            return False
        if tag in self._unclosed:
            return next(paragraphs(node), None) is not None
        if tag == "figure":
            caption = node.find("figcaption")
            return caption is not None and any(
                is_statement(text_of(later)) for later in caption.itersiblings("p")
            )
        if tag != "form":
            return False
        enough = 1 if node.find(".//h1") is not None else MIN_IN_FORM
        return len(list(islice(paragraphs(node), enough))) == enough

    def _text(self, text: str | None, style: _Style) -> None:
        if not text:
            return
        if style.lines and "\n" in text:
            plain = style._replace(lines=False)
            for place, paragraph in enumerate(_EMPTY_LINE.split(text)):
                self._breaks += 2 * (place > 0)
                self._text(paragraph, plain)
            return
        words = clean(text)
        if words and style.link is None and self._run.links:
            self._after_link(words, style)
        if words and (self._breaks or self._cut):
            if self._is_break(text, words):
                self._flush(style)
            elif self._breaks:
                self._run.piece(" ")
            self._breaks = 0
            self._cut = False
        self._run.add(text, words, style)

    def _after_link(self, words: str, style: _Style) -> None:
        """Judge whether the words behind a link are its sentence or a paragraph of their own."""
        run = self._run
        if words[0].islower() or words[0] in ",;":
            run.goes_on, run.label = True, None
        elif run.label is not None and len(words) >= MIN_PIECE:
            self._flush(style)
            self._cut = False

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
        text = "".join(run.pieces)
        label, links = run.label, tuple(run.links)
        if label is None or not clean(text[: label.start]):
            self._add(text, style, run.linked, links, run.bold, is_sentence=run.goes_on)
            return
        before, after = text[: label.start], text[label.start :]
        self._add(before, style, label.linked, links[: label.links], run.bold[: label.bold])
        self._add(after, style, run.linked - label.linked, links[label.links :], [])

    def _add(
        self,
        text: str,
        style: _Style,
        linked: int,
        links: tuple[str, ...],
        bold: list[str],
        *,
        is_sentence: bool = False,
    ) -> None:
        text = clean(text)
        if "&" in text and _DOUBLE_REFERENCE.search(text):
            text = clean(unescape(text))
        if style.kind == "row":
            text = text.strip("| ")
        if text and len(self._blocks) < MAX_PARAGRAPHS:
            self._blocks.append(
                Block(
                    text=text,
                    kind=style.kind,
                    linked=linked,
                    links=links,
                    opening=clean("".join(bold)),
                    context=style.context,
                    is_apart=style.apart,
                    is_sentence=is_sentence,
                    is_quote=style.quote,
                )
            )


def _is_block_by_style(node: Element) -> bool:
    look = node.get("style")
    return look is not None and _BLOCK_STYLE.search(look) is not None


def _is_of_spans(node: Element) -> bool:
    """Whether a container's paragraphs are <span>s, one beside the other."""
    if len(node) < 2 or node[0].tag != "span" or node.tag in _NOT_OF_SPANS:
        return False
    if (node.text or "").strip() or any((child.tail or "").strip() for child in node):
        return False
    spans = [child for child in node if child.tag == "span"]
    return len(spans) >= 2 and all(is_statement(text_of(span)) for span in spans[:2])


def _inside(block: Element, style: _Style) -> _Style:
    kind = _KINDS.get(str(block.tag), style.kind)
    if kind == "heading" and style.kind == "li":
        kind = "li"  # the headline of a teaser
    identity, classes = block.get("id"), block.get("class")
    context = " ".join(filter(None, (style.context, identity, classes)))
    is_named = identity is not None or classes is not None
    apart = style.apart or (is_named and block.tag not in _NO_CONTAINERS)
    lines = style.lines or block.tag == "pre"
    look = block.get("style")
    lines = lines or (look is not None and _LINES_STYLE.search(look) is not None)
    bold = style.bold or kind == "heading"
    quote = style.quote or block.tag == "blockquote"
    return _Style(style.link, bold, kind, context[:MAX_CONTEXT], lines, apart, quote)


def _inline(node: Element, style: _Style) -> _Style:
    bold = style.bold or node.tag in ("b", "strong") or "bold" in (node.get("style") or "")
    link = style.link
    if is_link(node):
        link = node.get("href") or ""
    return style._replace(link=link, bold=bold)
