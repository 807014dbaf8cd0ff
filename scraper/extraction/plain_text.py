"""Texts that somebody already scraped, furniture included: the lines above the story are read as
its fields, the rest goes the way of every other body, through the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive.records import Article
from scraper.extraction.article import Reading, extractor_of
from scraper.extraction.blocks import Block, split_glued
from scraper.extraction.body import finish
from scraper.extraction.boilerplate import is_after
from scraper.extraction.bylines import Byline, name_before_date, read_byline
from scraper.extraction.dates import ZONES, parse_visible
from scraper.extraction.tree import clean
from scraper.sites.site import Site

MAX_HEAD = 30
"""Lines above a story that are looked at; a longer head is a page that nobody has seen yet."""
MAX_LINE = 120
"""Characters of a date line or a byline; prose that holds a date is longer."""

MIN_REPEATED = 80
"""Characters; a paragraph as long as this is not written twice."""
MIN_WIDE, MAX_WIDE = 300, 20
"""Characters and number of lines that may hold whole paragraphs of what follows."""
MIN_FLAT = 400
"""Characters; in a longer line several paragraphs were run together."""
MIN_TITLE_WORDS = 4

_INLINE_LABEL = re.compile(r"(?<=[.!?”\")]) ?\bBaca Juga:?\s+(?=[A-Z0-9])")
_TOKEN = re.compile(r"[^\s\"“”'‘’(]\S*")
_OPENERS = frozenset(
    "Menurut Namun Selain Sementara Adapun Sebelumnya Dalam Pada Untuk Kata Hal Ia Dia Mereka Kami Kita Saya Sebagai Sejak Saat Setelah "
    "Hingga Oleh Karena Sedangkan Bahkan Jika Bila Meski Tak Tidak Di Dari Dengan Salah Sejumlah Para".split()
)
_SMALL_IN_TITLES = frozenset(
    "dan di ke dari yang untuk pada dengan bagi tak atau oleh soal hingga demi agar vs usai saat jadi akan tidak".split()
)
_STATEMENT = re.compile(r"\.[\"'”’)\]]*$")
_ANY_ZONE = ZONES["WIB"]  # only whether there is a date is asked with it
_COUNTER = re.compile(r"^\d{1,6}$")
_CREDIT = re.compile(r"^(?:foto|photo|sumber foto|credit)\s*:", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?:/\s*(?:foto|net|ist|rmol|repro)\b[^/]{0,30}$|\[[^\]]{3,40}/[^\]]{2,40}\]$|\([^()]*/[^()]*\)$)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"^\W{0,2}(?:rep(?:orter)?|laporan|report|penulis|red(?:aktur)?|editor|oleh)\s*:", re.IGNORECASE
)
_STORY_CODE = re.compile(r"^story code\s*:\s*(?P<id>\d+)$", re.IGNORECASE)


@dataclass(slots=True)
class Head:
    """The lines above a story, sorted by what they are."""

    dates: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    kicker: str | None = None
    headline: str | None = None
    deck: str | None = None
    story_id: str | None = None


def site_of_text(text: str, sites: Sequence[Site]) -> Site | None:
    """The site whose marks the text carries; None where none is recognised, or the marks of several
    are.
    """
    found = [
        site for site in sites if site.text_marks and re.search(site.text_marks, text, re.MULTILINE)
    ]
    return found[0] if len(found) == 1 else None


def clean_text(text: str, site: Site | None) -> Reading:
    """The article of a scraped text; never raises. What the text does not hold is None or empty."""
    lines = _lines(text)
    start = _body_start(lines, site)
    head = _read_head(lines[:start])
    body = finish([Block(text=line) for line in _once(lines[start:])], site, None, whole_page=True)
    people = _people(head, site)
    zone = site.zone if site is not None else None
    article = Article(
        url="",
        site=site.name if site is not None else "unknown",
        canonical_url="",
        story_id=head.story_id,
        headline=head.headline,
        kicker=head.kicker,
        deck=head.deck,
        body=body.text,
        dateline=body.dateline,
        authors=people.authors or body.authors,
        editors=tuple(dict.fromkeys((*people.editors, *body.editors))),
        agency=body.agency,
        published_at=next(
            (moment for line in head.dates if zone and (moment := parse_visible(line, zone))), None
        ),
        caption=next(iter(head.captions), None),
        language=site.language if site is not None else "id",
        layout="text",
        extractor=extractor_of(site),
        warnings=() if body.text else ("missing_body",),
    )
    return Reading(article=article, taken=body.taken)


def _lines(text: str) -> list[str]:
    """The lines that are not empty, glued sentences parted."""
    return [line for raw in text.splitlines() for line in split_glued(_without_titles(clean(raw)))]


def _without_titles(line: str) -> str:
    """A text without line breaks, without the headlines that stand behind "Baca Juga" in its
    middle.

    Headlines are Written Like This; the story goes on with the last capital before words that are
    not.
    """
    label = _INLINE_LABEL.search(line) if len(line) >= MIN_FLAT else None
    if label is None:
        return line
    words = list(_TOKEN.finditer(line, label.end()))
    flows = [word[0][0].islower() for word in words]
    prose = next(
        (
            at
            for at in range(len(words) - 1)
            if flows[at] and flows[at + 1] and not _small(words[at][0])
        ),
        0,
    )
    start = next((at for at in range(prose - 1, 0, -1) if words[at][0][0].isupper()), 0)
    start = next(
        (at for at in range(start, max(start - 6, 0), -1) if words[at][0].strip(",") in _OPENERS),
        start,
    )
    if start < MIN_TITLE_WORDS:
        return line
    return f"{line[: label.start()].rstrip()} {line[words[start].start() :]}"


def _small(word: str) -> bool:
    return word.lower().strip(",:;?!'\"") in _SMALL_IN_TITLES


def _once(lines: Sequence[str]) -> list[str]:
    """Lines without the long ones that an earlier line holds already: nested paragraphs were read
    twice by some scraper.
    """
    kept: dict[str, None] = {}
    wide: list[str] = []
    for line in lines:
        if len(line) >= MIN_REPEATED and (line in kept or any(line in earlier for earlier in wide)):
            continue
        kept[line if len(line) >= MIN_REPEATED else f"{line}\n{len(kept)}"] = None
        if len(line) >= MIN_WIDE and len(wide) < MAX_WIDE:
            wide.append(line)
    return [line.partition("\n")[0] for line in kept]


def _body_start(lines: Sequence[str], site: Site | None) -> int:
    """Where the story begins: at its newsroom's own opening, else after the last line that can only
    stand above a story.
    """
    top = lines[:MAX_HEAD]
    if site is not None and site.text_opening:
        opening = next(
            (place for place, line in enumerate(top) if re.match(site.text_opening, line)), None
        )
        if opening is not None:
            return opening
    end = next(
        (place for place, line in enumerate(top) if is_after(line, site.rules if site else ())),
        len(top),
    )
    prose = next(
        (place for place in range(end) if _is_prose(top[place]) and top.count(top[place]) == 1), end
    )
    end = prose if prose < len(lines) - 1 or prose == 0 else end
    above = [place for place in range(end) if _is_above(top[place])]
    if not above:
        return 0  # lines that repeat each other are captions only where there is a head at all
    return max(above + [place for place in range(end) if _repeats(top, place)]) + 1


def _is_prose(line: str) -> bool:
    """A line that only a story has: long, and a statement to its end; a caption with its credit is
    none.
    """
    return len(line) >= MIN_REPEATED and _STATEMENT.search(line) is not None and not _is_date(line)


def _is_above(line: str) -> bool:
    return bool(
        _COUNTER.match(line)
        or _CREDIT.match(line)
        or _STORY_CODE.match(line)
        or (_LABELLED.match(line) and len(line) <= MAX_LINE)
        or _is_date(line)
    )


def _is_date(line: str) -> bool:
    """A line that is hardly more than a date, with a name at the most."""
    return (
        len(line) <= MAX_LINE
        and parse_visible(line, _ANY_ZONE) is not None
        and sum(map(str.isalpha, line)) <= 70
    )


def _repeats(lines: Sequence[str], place: int) -> bool:
    """The second of two equal lines with at most a credit between them: a caption and its
    alternative text.
    """
    return lines[place] in lines[max(0, place - 2) : place]


def _read_head(lines: Sequence[str]) -> Head:
    head = Head()
    for place, line in enumerate(lines):
        code = _STORY_CODE.match(line)
        if code:
            head.story_id = code["id"]
        elif _COUNTER.match(line) or _CREDIT.match(line):
            continue
        elif _is_date(line):
            head.dates.append(line)
            name = name_before_date(line)
            head.people += [name] if name else []
        elif _LABELLED.match(line):
            head.people.append(line)
        elif line.endswith(":") and head.headline is None:
            head.kicker = line.rstrip(" :")
        else:
            _sort(head, lines, place)
    head.headline = head.headline or next(iter(head.titles), None)
    after = (
        head.titles[head.titles.index(head.headline) + 1 :] if head.headline in head.titles else []
    )
    head.deck = next(iter(after), None)
    return head


def _sort(head: Head, lines: Sequence[str], place: int) -> None:
    """A line that is title, deck, caption or an advert's words."""
    line = lines[place]
    twice = [other for other, text in enumerate(lines) if text == line]
    if len(twice) > 1 and max(twice) - min(twice) <= 2:
        if line not in head.captions:
            head.captions.append(line)
    elif len(twice) > 1:
        head.headline = line
    elif _CAPTION.search(line):
        head.captions.append(line)
    else:
        head.titles.append(line)


def _people(head: Head, site: Site | None) -> Byline:
    newsroom = site.newsroom_names if site is not None else ()
    read = [read_byline(line, newsroom=newsroom) for line in head.people]
    return Byline(
        authors=tuple(dict.fromkeys(name for byline in read for name in byline.authors)),
        editors=tuple(dict.fromkeys(name for byline in read for name in byline.editors)),
    )
