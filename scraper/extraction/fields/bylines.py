"""Bylines: who wrote and who edited, from lines like "Rep: C31/ Red: Israr" or "OLEH: RENI ERINA".

The line is the one that the profile, JSON-LD or meta tags name; where they name none, it is looked
for in the visible lines around the prose: whatever its class is called, every site has the byline
between headline and text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, takewhile
from typing import cast

from lxml import etree

from scraper.extraction.dom.limits import MAX_BYLINE
from scraper.extraction.dom.selectors import Element, text_content
from scraper.extraction.dom.sponsored import is_label
from scraper.extraction.dom.tree import clean, text_of
from scraper.extraction.dom.unread import without_counts

MAX_LINE = 160
"""Characters; a longer line is prose, a caption or a list."""
MAX_NODES = 80
"""Nodes between headline and prose that are read."""
MIN_PARAGRAPH = 80
"""Characters; a shorter paragraph is a label."""
MAX_PROSE = 3
"""Long paragraphs of a story below which no byline stands; one may be its summary. Of 290 pages
real bylines stand behind one at most, names of other people behind six and more.
"""
MAX_DEPTH = 12
"""Nodes around one that names people that may name people, too."""
MAX_SIBLINGS = 12
"""Nodes after the prose that are read."""
MAX_NAME = 60
"""Characters; a longer text is no name."""

_LAST_HEADING = etree.XPath("preceding::h1[1] | ancestor::h1[1]")
_WROTE = "ditulis|dilaporkan|diberitakan|naskah|laporan|teks|written|reported|posted|story|text"
_ROLES = (
    r"rep(?:orter)?|laporan|report|penulis|kontributor|pewarta"
    rf"|(?:(?:{_WROTE})\s+)?(?:oleh|by)"
    r"|red(?:aktur)?|editor|penyunting"
)
_LABEL = re.compile(rf"\b(?P<label>{_ROLES}|author|sumber|foto)\s*:", re.IGNORECASE)
_BYLINE = re.compile(rf"^\W{{0,3}}(?:{_ROLES})\s*:", re.IGNORECASE)
_EDITED = re.compile(r"^\W{0,3}(?:editor|redaktur|penyunting|red)\s*:", re.IGNORECASE)
_EDITOR_LABELS = frozenset(("red", "redaktur", "editor", "penyunting"))
_NOT_PEOPLE = frozenset(("sumber", "foto"))
_DAYS = (
    "senin selasa rabu kamis jumat jum'at jum’at sabtu minggu "
    "sunday monday tuesday wednesday thursday friday saturday".split()
)
# "Selasa, 24 Maret 2015 10:11 WIB" or "Monday, November 18, 2019" behind a name.
_DATE = re.compile(
    r"(?:\b(?:on|pada)\s+)?(?:\b(?:" + "|".join(_DAYS) + r")\b\W*)?"
    r"\b(?:\d{1,2}\s+[a-z]{3,10}\.?|[a-z]{3,10}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?)"
    rf"\s+(?:19|20)\d{{2}}\b.*?(?=$|\b(?:{_ROLES})\s*:)",
    re.IGNORECASE,
)
_YEAR_OR_TIME = re.compile(r"\b(?:19|20)\d{2}\b|\d{1,2}[:.]\d{2}")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\S{1,64}@\S+")
_NAME_AND_DATE = re.compile(r"^(?P<name>[^\d•|:]{3,60}?)\s*[•|–-]\s*(?=.*\b(?:19|20)\d{2}\b)")
_BY = re.compile(
    r"^(?:(?:by|von|oleh|par|por|av|af|door)\s|(?:text[eo]?|текст|автор|aut(?:h?or|eur))\s?:)\s*"
    r"(?=[^\W\d_])",
    re.IGNORECASE,
)
_WROTE_BY = re.compile(rf"^(?:(?:{_WROTE})\s+)?(?:oleh|by)\s+(?=(?-i:[^\W\d_a-z]))", re.IGNORECASE)
"""Opens a byline without a colon: "Ditulis oleh Ratri", not "oleh karena itu"."""
_CODE = re.compile(r"[a-z./]{1,12}|[A-Z]{1,4}")
_PERSONS_PAGE = re.compile(
    r"/(?:authors?|penulis|reporter|wartawan|kontributor|redaktur|autore?n?|auteurs?|profile?s?"
    r"|staff|people|journalists?)/[^/]",
    re.IGNORECASE,
)
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|authors|byline|penulis|reporter|wartawan|writer)"
    r"(?:[_-]{1,2}(?:names?|link|text))?(?:\s|$)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_SEPARATOR = re.compile(
    r"\s*(?:[,;/|•·、]|\s[-–—&]\s|(?<=[\w.)])\s+"
    r"(?:dan|and|und|og|och|et|DAN|AND|UND|OG|OCH|ET)\s+(?=[^\W\d_]))\s*"
)
"""With one capital ("Dan", "Et") a conjunction is a name."""
# "Elena Bauer (ebr)": initials, a role or a place.
_BRACKETS = re.compile(r"(?<=[\w.])\s*(?:\([^()]{0,60}\)|\[[^\[\]]{0,60}\])")
# Korean and Japanese for reporter stand behind the name.
_REPORTER = re.compile(r"\s*(?:기자|특파원|記者)$")
# "S.H.", "M.Si", "S.I.Kom", "SPd", "PhD"; not "AGA", the initials of an editor.
_DEGREE = re.compile(r"[SMAD]\.(?:[A-Z][a-z]{0,3}\.?){1,2}|[SM][A-Z](?:[a-z]{1,3})?\.?|Ph\.?D\.?")
_TITLES = re.compile(
    r"^(?:wartawan|reporter|kontributor|jurnalis|editor|redaktur|penulis)\s+"
    r"(?:[A-Z]\w+(?:\.\w*)?\s*:\s*)?",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"©|\(c\)(?!\w)|\bcopyrights?\b|\bhak cipta\b|\ball rights? reserved\b|\bdilindungi undang",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:super|web)?[ _-]?admin(?:istrator)?[ _-]?\d*|admin \w+|super ?user"
    r"|web ?master|news ?room|root"
    r"|staff?|anonymous|anonim|guest|tamu|user[ _-]?\d*|kontributor|pewarta"
    r"|(?:tim |team |dewan |staff? |admin |meja )?redaksi(?: \w+){0,2}(?:\.\w+){0,2}"
    r"|\w+(?:\.\w+){0,2} redaksi|editor|penulis|reporter|redaktur|author|wartawan|jurnalis"
    r"|by|oleh|undefined|null|none|n/?a|unknown|nachrichten|redaktion|redacción|rédaction"
    r"|(?:the )?(?:news|editorial|web) (?:desk|team|board|staff)"
    r"|(?:www\.)?[\w-]+(?:\.[\w-]+){0,2}\.(?:com|net|org|id|co|news|tv|info|asia|my|ir)",
    re.IGNORECASE,
)
"""Names of no person: roles, accounts, programs' words for nothing, hosts."""
_WORD_PART = re.compile(r"[^\W\d_]+")
# Particles of names that stay small in reading case.
_SMALL = frozenset(("bin", "binti", "van", "de", "der", "von", "al", "el"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """The people of a byline, in order, each once."""

    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()


def read_byline(text: str | None, *, publisher: tuple[str, ...] = ()) -> Byline:
    """Read the authors and editors of a byline; names without a label are authors.

    `publisher` are the publisher's own names, in any case: they are no author's.

    >>> read_byline("Rep: C31/ Red: SRI WAHYUNI")
    Byline(authors=('C31',), editors=('Sri Wahyuni',))
    """
    text = (text or "")[:MAX_BYLINE]
    if _COPYRIGHT.search(text) or _NOBODY.fullmatch(text.strip()):
        return Byline()
    text = without_counts(text)
    text = clean(_DATE.sub(" ", clean(_ADDRESS.sub(" ", _TAG.sub(" ", text)))))
    text = _WROTE_BY.sub("", text)
    authors: list[str] = []
    editors: list[str] = []
    for label, names in _labelled(text):
        if label in _EDITOR_LABELS:
            editors += _names(names, publisher)
        elif label not in _NOT_PEOPLE:
            authors += _names(names, publisher)
    return Byline(authors=tuple(dict.fromkeys(authors)), editors=tuple(dict.fromkeys(editors)))


def joined(bylines: Iterable[Byline]) -> Byline:
    """Join the people of several bylines."""
    read = list(bylines)
    return Byline(
        authors=tuple(dict.fromkeys(name for byline in read for name in byline.authors)),
        editors=tuple(dict.fromkeys(name for byline in read for name in byline.editors)),
    )


def byline_around(above: list[str], below: Iterator[str], publisher: tuple[str, ...]) -> Byline:
    """Read the first line that has a label or a name with a date; below the prose only editors."""
    candidates = (line if is_byline(line) else name_before_date(line) for line in above)
    first = next((read_byline(line, publisher=publisher) for line in candidates if line), Byline())
    edited = (read_byline(line, publisher=publisher) for line in below if _EDITED.match(line))
    return Byline(authors=first.authors, editors=first.editors or next(edited, Byline()).editors)


def lines_above(tree: Element, body: Element) -> list[str]:
    """Return the short lines between the last h1 above the prose and the prose, outermost first."""
    headings = cast("list[Element]", _LAST_HEADING(body))
    nodes: list[Element] = []
    for node in islice(_from(headings[-1]), 1, None) if headings else tree.iter():
        if node is body or len(nodes) == MAX_NODES:
            break
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "a", "img"):
            nodes.append(node)
    lines = (
        text_of(node)
        for node in nodes
        if (node.text if len(node) == 0 else len(text_content(node)) <= 4 * MAX_LINE)
    )
    return [line for line in lines if 3 < len(line) <= MAX_LINE]


def _from(node: Element | None) -> Iterator[Element]:
    """Yield a node and all that begin behind it, in document order."""
    while node is not None:
        yield from node.iter()
        following = node.getnext()
        while following is None and (node := node.getparent()) is not None:
            following = node.getnext()
        node = following


def lines_below(body: Element) -> Iterator[str]:
    """Yield the short lines after the prose, in order."""
    for node in islice(body.itersiblings(), MAX_SIBLINGS):
        line = text_of(node)
        if 3 < len(line) <= MAX_LINE:
            yield line


def marked_byline(tree: Element, body: Element, publisher: tuple[str, ...]) -> Byline:
    """Read the people whom mark-up names between the last h1 above the prose and the prose.

    Mark-up: itemprop or rel "author", a link to an author's page, a class like "byline". Of nodes
    within each other the innermost are read, of several groups the first.
    """
    headings = cast("list[Element]", _LAST_HEADING(body))
    above = _from(headings[-1]) if headings else tree.iter()
    through = chain(takewhile(lambda node: node is not body, above), _before_prose(body))
    marked = list(islice(filter(marks_people, through), MAX_NODES))
    around = {outer for node in marked for outer in islice(node.iterancestors(), MAX_DEPTH)}
    inner = [node for node in marked if node not in around]
    return joined(
        _read_marked(node, publisher) for node in inner if _group(node) is _group(inner[0])
    )


def _before_prose(body: Element) -> Iterator[Element]:
    """Yield the nodes of a story down to its MAX_PROSE-th long paragraph."""
    left = MAX_PROSE
    for node in body.iter():
        left -= node.tag == "p" and len(text_content(node)) >= MIN_PARAGRAPH
        if left == 0:
            return
        yield node


def is_byline(line: str) -> bool:
    """Whether a line begins with the label of a byline ("Penulis:", "By:")."""
    return _BYLINE.match(line) is not None


def persons_folder(link: Element) -> str | None:
    """Return the folder of people's pages, like `/penulis/`, that a link leads to; else None."""
    match = _PERSONS_PAGE.search(link.get("href") or "")
    return match and match[0][:-1]


def marks_people(node: Element) -> bool:
    """Whether the attributes of a node say that it names people."""
    if node.tag == "a" and persons_folder(node) is not None:
        return True
    if "author" in (node.get("itemprop"), *(node.get("rel") or "").split()):
        return True
    return node.tag != "a" and _BYLINE_CLASS.search(node.get("class") or "") is not None


def _group(node: Element) -> Element | None:
    parent = node.getparent()
    return parent if parent is None else parent.getparent()


def _read_marked(node: Element, publisher: tuple[str, ...]) -> Byline:
    line = text_of(node)
    if len(line) > MAX_LINE or _CODE.fullmatch(line):
        return Byline()
    return read_byline(_BY.sub("", line), publisher=publisher)


def opens_with_author(line: str) -> bool:
    """Whether a line begins with "by" and what may be a name, without a colon."""
    return _WROTE_BY.match(line) is not None


def name_before_date(line: str) -> str | None:
    """Return the name of a line like "Marcheilla Ariesta • 19 September 2023 14:30", else None."""
    match = _NAME_AND_DATE.match(line)
    return match and match["name"]


def _labelled(text: str) -> list[tuple[str, str]]:
    """Split into (label in lower case, what follows it); the label of the first part may be ''."""
    pairs, label, position = [], "", 0
    for match in _LABEL.finditer(text):
        pairs.append((label, text[position : match.start()]))
        label, position = match["label"].lower(), match.end()
    pairs.append((label, text[position:]))
    return [(label, names) for label, names in pairs if names.strip()]


def _names(text: str, publisher: tuple[str, ...]) -> list[str]:
    nobody = letters_of_each(publisher)
    names: list[str] = []
    for part in _SEPARATOR.split(_BRACKETS.sub("", text)):
        name = _REPORTER.sub("", _TITLES.sub("", part.strip(" .:-–—()[]"))).strip()
        is_affiliation = letters_of(name.partition(" ")[0]) in nobody
        if names and (is_affiliation or _DEGREE.fullmatch(name)):
            continue
        if _is_name(name) and not is_label(name) and not _is_desk(name, nobody):
            names.append(reading_case(name))
    return names


def _is_desk(name: str, nobody: frozenset[str]) -> bool:
    """Whether it is the publisher, or one of its desks in a word with it: "rawaNews"."""
    letters = letters_of(name)
    desks = (len(own) for own in nobody if len(own) > 3 and letters.startswith(own))
    return letters in nobody or any(name.isalnum() and name[own].isupper() for own in desks)


def _is_name(text: str) -> bool:
    """Whether it is no date, time, day or address."""
    if len(text) > MAX_NAME or "://" in text or "@" in text or text.lower() in _DAYS:
        return False
    if _NOBODY.fullmatch(text):
        return False
    return any(map(str.isalpha, text)) and not _YEAR_OR_TIME.search(text)


@lru_cache(maxsize=64)
def letters_of_each(names: tuple[str, ...]) -> frozenset[str]:
    """Return the letters and digits of each name."""
    return frozenset(filter(None, map(letters_of, names)))


def letters_of(name: str) -> str:
    """Return the letters and digits of a name: "Islam Times" and "islamtimes" are one."""
    return "".join(filter(str.isalnum, name.lower()))


def reading_case(name: str) -> str:
    """Write a name in capitals as it is read; initials and codes stay.

    >>> [reading_case(name) for name in ("RENI ERINA", "M. ICHSAN A.", "C31", "WIL", "Ade S")]
    ['Reni Erina', 'M. Ichsan A.', 'C31', 'WIL', 'Ade S']
    """
    words = name.split()
    is_code = len(words) == 1 and (len(name) <= 4 or any(map(str.isdigit, name)))
    if name != name.upper() or is_code:
        return name
    return " ".join(
        word.lower() if place and word.lower() in _SMALL else _capitalised(word)
        for place, word in enumerate(words)
    )


def _capitalised(word: str) -> str:
    inner = word.strip(".")
    if len(inner) == 1 or any(map(str.isdigit, word)) or "." in inner:
        return word

    def in_case(part: re.Match[str]) -> str:
        if _begins_a_name(word[: part.start()]):
            return part[0].capitalize()
        return part[0].lower()

    return _WORD_PART.sub(in_case, word)


def _begins_a_name(before: str) -> bool:
    """Whether a capital follows: after a hyphen or a bracket, in O'Hara but not in Ma'ruf."""
    return not before or before[-1] in "-(" or (before[-1] in "'’" and len(before) == 2)
