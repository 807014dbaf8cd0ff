"""Bylines: who wrote and who edited, in reading case, out of lines like "Rep: C31/ Red: Israr" or
"LAPORAN: RENI ERINA".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scraper.extraction.tree import clean

_LABEL = re.compile(
    r"\b(?P<label>rep(?:orter)?|laporan|report|penulis|kontributor|pewarta|oleh|by|author|red(?:aktur)?|editor|penyunting|sumber|foto)\s*:",
    re.IGNORECASE,
)
_EDITOR_LABELS = frozenset(("red", "redaktur", "editor", "penyunting"))
_NOT_PEOPLE = frozenset(("sumber", "foto"))
# "Selasa, 24 Maret 2015 10:11 WIB" behind a name, with or without its day.
_DATE = re.compile(
    r"(?:\b(?:senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|sunday|monday|tuesday|wednesday|thursday|friday|saturday)\b\W*)?"
    r"\b\d{1,2}\s+[a-z]{3,10}\.?\s+(?:19|20)\d{2}\b.*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\S+@\S+")
_NAME_AND_DATE = re.compile(r"^(?P<name>[^\d•|:]{3,60}?)\s*[•|–-]\s*(?=.*\b(?:19|20)\d{2}\b)")
_TAG = re.compile(r"<[^<>]*>")
_SEPARATOR = re.compile(r"\s*(?:[,;/|•·]|\s[-–—&]\s|(?<=\w)\s+dan\s+)\s*", re.IGNORECASE)
# "S.H.", "M.Si", "S.I.Kom", "SPd", "PhD"; not "AGA", the initials of an editor.
_DEGREE = re.compile(r"[SMAD]\.(?:[A-Z][a-z]{0,3}\.?){1,2}|[SM][A-Z](?:[a-z]{1,3})?\.?|Ph\.?D\.?")
_TITLES = re.compile(
    r"^(?:wartawan|reporter|kontributor|jurnalis|editor|redaktur|penulis)\s+(?:[A-Z]\w+\.?\w*\s*:\s*)?",
    re.IGNORECASE,
)
_DAYS = frozenset(
    "senin selasa rabu kamis jumat jum'at jum’at sabtu minggu sunday monday tuesday wednesday thursday friday saturday".split()
)
_WORD_PART = re.compile(r"[^\W\d_]+")
# Particles of names that stay small in reading case.
_SMALL = frozenset(("bin", "binti", "van", "de", "der", "von", "al", "el"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """The people of a byline, in order."""

    authors: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()


def read_byline(text: str | None, *, newsroom: tuple[str, ...] = ()) -> Byline:
    """Authors and editors of a byline; names without a label are authors, the newsroom's own name
    is nobody.

    >>> read_byline("Rep: C31/ Red: SRI WAHYUNI")
    Byline(authors=('C31',), editors=('Sri Wahyuni',))
    """
    text = clean(_DATE.sub(" ", clean(_ADDRESS.sub(" ", _TAG.sub(" ", text or "")))))
    people: dict[str, list[str]] = {"authors": [], "editors": []}
    for label, names in _labelled(text):
        if label in _NOT_PEOPLE:
            continue
        kind = "editors" if label in _EDITOR_LABELS else "authors"
        people[kind] += _names(names, newsroom)
    return Byline(
        authors=tuple(dict.fromkeys(people["authors"])),
        editors=tuple(dict.fromkeys(people["editors"])),
    )


def name_before_date(line: str) -> str | None:
    """The name of a line like "Marcheilla Ariesta • 19 September 2023 14:30"; None for a line of
    another kind.
    """
    match = _NAME_AND_DATE.match(line)
    return match["name"] if match else None


def _labelled(text: str) -> list[tuple[str, str]]:
    """(label in lower case, what follows it) pairs; the text before the first label has the label
    ''.
    """
    pairs, label, position = [], "", 0
    for match in _LABEL.finditer(text):
        pairs.append((label, text[position : match.start()]))
        label, position = match["label"].lower(), match.end()
    pairs.append((label, text[position:]))
    return [(label, names) for label, names in pairs if names.strip()]


def _names(text: str, newsroom: tuple[str, ...]) -> list[str]:
    names: list[str] = []
    for part in _SEPARATOR.split(text):
        name = _TITLES.sub("", part.strip(" .:-–—()[]")).strip()
        if names and _DEGREE.fullmatch(name):
            continue
        if _is_name(name) and name.lower() not in {own.lower() for own in newsroom}:
            names.append(reading_case(name))
    return names


def _is_name(text: str) -> bool:
    """A date, a time, a day or an address is no name."""
    if not text or len(text) > 60 or "://" in text or "@" in text or text.lower() in _DAYS:
        return False
    return any(c.isalpha() for c in text) and not re.search(
        r"\b(?:19|20)\d{2}\b|\d{1,2}[:.]\d{2}", text
    )


def reading_case(name: str) -> str:
    """A name in capitals as it is read; initials and codes stay.

    >>> reading_case("RENI ERINA"), reading_case("M. ICHSAN A."), reading_case("C31"), reading_case("WIL"), reading_case("Ade S")
    ('Reni Erina', 'M. Ichsan A.', 'C31', 'WIL', 'Ade S')
    """
    words = name.split()
    if name != name.upper() or (
        len(words) == 1 and (len(name) <= 4 or any(c.isdigit() for c in name))
    ):
        return name
    return " ".join(
        word.lower() if word.lower() in _SMALL and place else _capitalised(word)
        for place, word in enumerate(words)
    )


def _capitalised(word: str) -> str:
    if len(word.strip(".")) == 1 or any(c.isdigit() for c in word) or "." in word.strip("."):
        return word
    return _WORD_PART.sub(
        lambda part: (
            part[0].capitalize() if _begins_a_name(word, part.start()) else part[0].lower()
        ),
        word,
    )


def _begins_a_name(word: str, place: int) -> bool:
    """After a hyphen or a bracket; after an apostrophe only in names like O'Hara, not in Ma'ruf."""
    before = word[:place]
    return not before or before[-1] in "-(" or (before[-1] in "'’" and len(before) == 2)
