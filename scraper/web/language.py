"""The languages of the interface: English, and Indonesian from a message catalogue."""

import gettext
import re
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES = {"id": "Indonesia", "en": "English"}
"""Code -> its name in itself, in the order of the switch."""
DEFAULT = "en"
COOKIE = "warta_language"
"""Cookie of the language that a reader chose."""

_RANGE = re.compile(r"\s*([a-zA-Z]{1,8})(?:-[a-zA-Z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")
MAX_RANGES = 20
"""Languages of an `Accept-Language` that are looked at."""


def choose(accepted: str, *, chosen: str = "") -> str:
    """Return the language that a reader chose, else the best of an `Accept-Language` header.

    >>> choose("ms, id;q=0.8, en;q=0.5"), choose("fr"), choose("id-ID", chosen="en")
    ('id', 'en', 'en')
    """
    if chosen in LANGUAGES:
        return chosen
    found = []
    for place, wanted in enumerate(accepted.split(",")[:MAX_RANGES]):
        match = _RANGE.fullmatch(wanted)
        if match and (quality := float(match[2] or 1)) > 0:
            found.append((-quality, place, match[1].lower()))
    return next((code for _, _, code in sorted(found) if code in LANGUAGES), DEFAULT)


class Translations(gettext.NullTranslations):
    """Messages of a language; one that is missing stays English."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__()
        self._messages = messages

    def gettext(self, message: str) -> str:
        """Return a message in the language."""
        return self._messages.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return a message with a number; Indonesian has one form."""
        return self._messages.get(msgid1, msgid1 if n == 1 else msgid2)


@cache
def translations(language: str) -> Translations:
    """Return the messages of a language."""
    if language == DEFAULT:
        return Translations({})
    with files("scraper.web").joinpath(f"messages.{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return Translations({_key(one.id): _key(one.string) for one in catalogue if one.id})


def _key(message: str | list[str] | tuple[str, ...] | None) -> str:
    """Return a message, or its first form."""
    if isinstance(message, str):
        return message
    return (message or [""])[0]
