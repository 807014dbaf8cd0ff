"""Articles from text that was scraped before, boilerplate included.

The lines above the story are read as its fields; the rest is a body like any other.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from archive.records import Article
from scraper.extraction.article import Reading, extractor_of
from scraper.extraction.body import finish
from scraper.extraction.dom.tree import clean
from scraper.extraction.fields.bylines import joined, name_before_date, read_byline
from scraper.extraction.fields.dates import ZONES, parse_visible
from scraper.extraction.text.blocks import Block, split_glued
from scraper.extraction.text.boilerplate import is_after
from scraper.sites.site import UNKNOWN, Site

MAX_HEAD = 30
"""Lines above a story at most; a longer head is of a page that was never seen."""
MAX_LINE = 120
"""Characters of a date line or a byline; prose that holds a date is longer."""
MAX_DATE_LETTERS = 70
"""Letters of a date line, with a name."""
MIN_REPEATED = 80
"""Characters; a paragraph at least as long is not written twice."""
MIN_WIDE, MAX_WIDE = 300, 20
"""Characters and number of lines that may hold whole paragraphs of what follows."""
MAX_COMPARED = 50_000_000
"""Characters of earlier lines that the lines of a text are looked for in; a text of a hundred
thousand words needs a tenth of it.
"""
MIN_FLAT = 400
"""Characters; in a longer line several paragraphs were run together."""
MIN_TITLE_WORDS = 4
MAX_OPENER_WORDS = 6
"""Words before the story goes on in which its first word is looked for."""

_INLINE_LABEL = re.compile(r"(?<=[.!?”\")]) ?\bBaca Juga:?\s+(?=[A-Z0-9])")
_TOKEN = re.compile(r"[^\s\"“”'‘’(]\S*")
_OPENERS = frozenset(
    """
    Menurut Namun Selain Sementara Adapun Sebelumnya Dalam Pada Untuk Kata Hal Ia Dia Mereka Kami
    Kita Saya Sebagai Sejak Saat Setelah Hingga Oleh Karena Sedangkan Bahkan Jika Bila Meski Tak
    Tidak Di Dari Dengan Salah Sejumlah Para
    """.split()
)
_SMALL_IN_TITLES = frozenset(
    """
    dan di ke dari yang untuk pada dengan bagi tak atau oleh soal hingga demi agar vs usai saat jadi
    akan tidak
    """.split()
)
_STATEMENT = re.compile(r"\.[\"'”’)\]]*$")
_COUNTER = re.compile(r"^\d{1,6}$")
_CREDIT = re.compile(r"^(?:foto|photo|sumber foto|credit)\s*:", re.IGNORECASE)
_CAPTION = re.compile(
    r"""
    / \s* (?: foto | net | ist | rmol | repro ) \b [^/]{0,30} $
    | \[ [^\]]{3,40} / [^\]]{2,40} \] $
    | \( [^()/]* / [^()]* \) $
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LABELLED = re.compile(
    r"^\W{0,2}(?:rep(?:orter)?|laporan|report|penulis|red(?:aktur)?|editor|oleh)\s*:", re.IGNORECASE
)
_STORY_CODE = re.compile(r"^story code\s*:\s*(?P<id>\d+)$", re.IGNORECASE)


@dataclass(slots=True)
class _Head:
    """The lines above a story, sorted by what they are."""

    dates: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    kicker: str | None = None
    headline: str | None = None
    deck: str | None = None
    story_id: str | None = None


def site_of_text(text: str, sites: Iterable[Site]) -> Site | None:
    """Return the site whose marks the text has; None where no site's are found, or several's."""
    found = [
        site for site in sites if site.text_marks and re.search(site.text_marks, text, re.MULTILINE)
    ]
    return found[0] if len(found) == 1 else None


def clean_text(text: str, site: Site | None) -> Reading:
    """Read the article of a scraped text; never raises. What the text lacks is None or empty."""
    profile = site or UNKNOWN
    lines = [line for raw in text.splitlines() for line in split_glued(_without_titles(clean(raw)))]
    start = _body_start(lines, profile)
    head = _read_head(lines[:start])
    blocks = [Block(text=line) for line in _without_repeated(lines[start:])]
    body = finish(blocks, profile, None, whole_page=True)
    people = joined(read_byline(line, publisher=profile.newsroom_names) for line in head.people)
    published_at = None
    if site is not None:
        dates = filter(None, (parse_visible(line, site.zone) for line in head.dates))
        published_at = next(dates, None)
    article = Article(
        url="",
        site=profile.name,
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
        published_at=published_at,
        caption=next(iter(head.captions), None),
        language=profile.language,
        layout="text",
        extractor=extractor_of(site),
        warnings=() if body.text else ("missing_body",),
    )
    return Reading(article=article, taken=body.taken)


def _without_titles(line: str) -> str:
    """Remove the headlines after "Baca Juga" from the middle of a text without line breaks.

    Headlines are Written Like This; the story goes on at the last capital before other words.
    """
    if len(line) < MIN_FLAT or (label := _INLINE_LABEL.search(line)) is None:
        return line
    tokens = list(_TOKEN.finditer(line, label.end()))
    start = _end_of_titles([token[0] for token in tokens])
    if start < MIN_TITLE_WORDS:
        return line
    return f"{line[: label.start()].rstrip()} {line[tokens[start].start() :]}"


def _end_of_titles(words: Sequence[str]) -> int:
    """Return the index of the first word after the headlines; 0 where it cannot be found."""
    small = [word[0].islower() for word in words]
    prose = next(
        (
            at
            for at in range(len(words) - 1)
            if small[at]
            and small[at + 1]
            and words[at].lower().strip(",:;?!'\"") not in _SMALL_IN_TITLES
        ),
        0,
    )
    start = next((at for at in range(prose - 1, 0, -1) if words[at][0].isupper()), 0)
    nearby = range(start, max(start - MAX_OPENER_WORDS, 0), -1)
    return next((at for at in nearby if words[at].strip(",") in _OPENERS), start)


def _without_repeated(lines: Sequence[str]) -> list[str]:
    """Remove long lines that an earlier line holds: some scrapers read nested paragraphs twice."""
    kept: list[str] = []
    long: set[str] = set()
    wide: list[str] = []
    compared = 0
    for line in lines:
        if len(line) >= MIN_REPEATED:
            compared += sum(map(len, wide))
            if line in long or (
                compared <= MAX_COMPARED and any(line in earlier for earlier in wide)
            ):
                continue
            long.add(line)
        kept.append(line)
        if len(line) >= MIN_WIDE and len(wide) < MAX_WIDE:
            wide.append(line)
    return kept


def _body_start(lines: Sequence[str], site: Site) -> int:
    """Find the first line of the story.

    It is the publisher's own opening, else the line after the last one that can only be above a
    story.
    """
    top = lines[:MAX_HEAD]
    if site.text_opening:
        for place, line in enumerate(top):
            if re.match(site.text_opening, line):
                return place
    after = (place for place, line in enumerate(top) if is_after(line, site.rules))
    end = next(after, len(top))
    unique = (place for place in range(end) if top.count(top[place]) == 1)
    prose = next((place for place in unique if _is_prose(top[place])), end)
    if prose < len(lines) - 1 or prose == 0:
        end = prose
    above = [place for place in range(end) if _is_above(top[place])]
    if not above:
        return 0  # lines that repeat each other are captions only where there is a head
    # The second of a caption and its alternative text, with at most a credit between.
    repeated = [at for at in range(end) if top[at] in top[max(0, at - 2) : at]]
    return max(above + repeated) + 1


def _is_prose(line: str) -> bool:
    """Whether only a story has such a line: long, a statement, no caption with its credit."""
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
    """Whether a line is hardly more than a date, with a name at the most."""
    return (
        len(line) <= MAX_LINE
        and parse_visible(line, ZONES["WIB"]) is not None
        and sum(map(str.isalpha, line)) <= MAX_DATE_LETTERS
    )


def _read_head(lines: Sequence[str]) -> _Head:
    head = _Head()
    for place, line in enumerate(lines):
        code = _STORY_CODE.match(line)
        if code:
            head.story_id = code["id"]
        elif _COUNTER.match(line) or _CREDIT.match(line):
            continue
        elif _is_date(line):
            head.dates.append(line)
            if name := name_before_date(line):
                head.people.append(name)
        elif _LABELLED.match(line):
            head.people.append(line)
        elif line.endswith(":") and head.headline is None:
            head.kicker = line.rstrip(" :")
        else:
            _sort(head, lines, place)
    head.headline = head.headline or next(iter(head.titles), None)
    if head.headline in head.titles:
        after = head.titles[head.titles.index(head.headline) + 1 :]
        head.deck = next(iter(after), None)
    return head


def _sort(head: _Head, lines: Sequence[str], place: int) -> None:
    """Sort a line that is title, deck, caption or the words of an advert."""
    line = lines[place]
    places = [other for other, text in enumerate(lines) if text == line]
    if len(places) > 1 and places[-1] - places[0] <= 2:
        if line not in head.captions:
            head.captions.append(line)
    elif len(places) > 1:
        head.headline = line
    elif _CAPTION.search(line):
        head.captions.append(line)
    else:
        head.titles.append(line)
