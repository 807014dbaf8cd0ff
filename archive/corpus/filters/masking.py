"""Masks e-mail addresses, telephone numbers and Indonesian identity numbers (NIK) in a body."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.formatters.base import BaseFormatter
from datatrove.pipeline.formatters.pii import PIIFormatter
from datatrove.utils.typeshelper import StatHints
from phonenumbers import (
    Leniency,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    PhoneNumberType,
    number_type,
)

MASKS = {"email": "<EMAIL>", "nik": "<NIK>", "phone": "<PHONE>"}
"""In the order of masking: a part of a NIK may look like a telephone number."""
KINDS = tuple(MASKS)

Span = tuple[int, int]
"""Start and end in the text."""

_EMAIL: re.Pattern[str] = PIIFormatter().emails_replacer.regex
"""datatrove's own pattern; its masks rotate, and so would depend on earlier texts."""

LOCAL_PART, DOMAIN = 64, 255
"""Maximum characters before and after the @ of an address (RFC 5321, 4.5.3.1)."""

PROVINCES = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76"
    " 81 82 91 92 93 94 95 96".split()
)
"""Codes of the 38 provinces, the first digits of a NIK: Permendagri 72/2019, and the four that were
split off Papua in 2022.
"""

_NIK = re.compile(
    r"(?<!\d)(?<!\d[.,])"
    r"(?:\d{16}|\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{6}([ .-])\d{6}\2\d{4})(?![.,]?\d)",
    re.ASCII,
)
"""As one number, in four groups of four, or as place, birth and serial number."""

_MAYBE_PHONE = re.compile(r"(?:\+|(?<!\d)(?:0|62))(?:[^\w\n]{0,4}\d){6}")
"""How every masked telephone number begins: a quick check, as phonenumbers is slow."""

_BEGINS_AS_PHONE = re.compile(r"\(?\s?(?:\+|0(?![.,]\d+$)|62\W?8)")
"""With +, the trunk prefix 0, or 628 as WhatsApp writes it; others are mostly amounts."""

_MONEY_OR_BOOK = re.compile(r"(?:\b(?:Rp|IDR|USD|ISBN(?:-1[03])?|ISSN)[.:]?|[$€£¥])\s?$", re.I)
"""What precedes an amount of money or the number of a book, which may begin with 0."""

_NO_PHONE = re.compile(
    r"""[1-9]\d{0,2}(?:[.,]\d{3})+$                  # 62.812.345.678: thousands
    | (?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d(?!\d)
                                                     # 08-12-2024 10: a day, and the hour
    | (?:[0-2]?\d\.[0-5]\d(?:\s?[-–—]\s?|\s+|$)){2}  # 08.30-09.45 or 08.30 09.45: hours
    | (?:\d{1,3}\s?[-–—]\s?\d{1,3}(?:\s+|$)){2}      # 0-1 2-1: scores
    | \d\d(?:[\s.-]\d\d){3,}$                        # 04 63 00 26 69: pairs, as in a draw
    """,
    re.VERBOSE,
)

_PERSONAL = {
    getattr(PhoneNumberType, name)
    for name in (
        "FIXED_LINE MOBILE FIXED_LINE_OR_MOBILE PERSONAL_NUMBER VOIP PAGER VOICEMAIL".split()
    )
}
"""Lines of people and offices; others are public: toll-free, premium, company-wide (1500-888)."""


class MaskPersonalData(BaseFormatter):
    """Replaces personal data in `doc.text` and `metadata["headline"]`.

    Counts them in `metadata`: `masked_email`, `masked_phone` and `masked_nik`. Masking depends on
    nothing but the text, and is idempotent.
    """

    name = "mask personal data"
    _requires_dependencies = ("phonenumbers",)

    def __init__(self, kinds: Sequence[str] = KINDS) -> None:
        """`kinds`: those of KINDS to mask."""
        super().__init__()
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)

    def format(self, text: str) -> str:
        """Return the text without personal data."""
        return self.masked(text)[0]

    def masked(self, text: str) -> tuple[str, Counter[str]]:
        """Return the text without personal data, and the number of masks per kind.

        Digits next to a number may become a number next to its mask: repeats until none is found.
        """
        found: Counter[str] = Counter()
        while True:
            before = found.total()
            for kind in self.kinds:
                spans = list(_SPANS[kind](text))
                found[kind] += len(spans)
                text = _replaced(text, spans, MASKS[kind])
            if found.total() == before:
                return text, found

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        """Called by datatrove."""
        for doc in data:
            self.stat_update(StatHints.total)
            with self.track_time():
                doc.text, found = self.masked(doc.text)
                if headline := doc.metadata.get("headline"):
                    doc.metadata["headline"], more = self.masked(headline)
                    found += more
                for kind in self.kinds:
                    name = f"masked_{kind}"
                    doc.metadata[name] = doc.metadata.get(name, 0) + found[kind]
                    self.stat_update(name, value=found[kind])
            yield doc


def email_spans(text: str) -> Iterator[Span]:
    """Yield the e-mail addresses, searched around each @ only: the pattern's time is quadratic."""
    end = 0
    for at in re.finditer("@", text):
        match = _EMAIL.search(text, max(end, at.start() - LOCAL_PART), at.end() + DOMAIN)
        end = at.end()
        # The @ of youtube.com/@name begins the name of a profile.
        if match is not None and text[at.start() - 1] != "/":
            end = match.end()
            yield match.span()


def nik_spans(text: str) -> Iterator[Span]:
    """Yield the identity numbers, and those of family cards (KK), which have the same structure."""
    for match in _NIK.finditer(text):
        if is_nik(re.sub(r"\D", "", match.group())):
            yield match.span()


def is_nik(digits: str) -> bool:
    """Return whether 16 digits are a NIK.

    Province, regency, district (2 digits each), birth as DDMMYY with 40 added to the day for women,
    serial number (4 digits).

    Source: UU 23/2006, article 13, as the registry offices explain it
    (dukcapil.klaten.go.id/arti-16-digit-nomor-induk-kependudukan-nik).

    >>> is_nik("3273014508990001"), is_nik("3273013113990001")
    (True, False)
    """
    day, month = int(digits[6:8]) % 40, int(digits[8:10])
    return (
        digits[:2] in PROVINCES
        and int(digits[6:8]) <= 71
        and 1 <= day <= 31
        and 1 <= month <= 12
        and digits[12:] != "0000"
    )


def phone_spans(text: str) -> Iterator[Span]:
    """Yield the telephone numbers of people and offices, Indonesian or with + and country code."""
    if _MAYBE_PHONE.search(text):
        for match in PhoneNumberMatcher(text, "ID", Leniency.VALID):
            if _is_personal(text, match):
                yield match.start, match.end


def _is_personal(text: str, match: PhoneNumberMatch) -> bool:
    """The library knows the assigned numbers; the notation excludes amounts, times, scores."""
    written = match.raw_string
    if not _BEGINS_AS_PHONE.match(written) or _NO_PHONE.match(written):
        return False
    return number_type(match.number) in _PERSONAL and not _MONEY_OR_BOOK.search(
        text, max(0, match.start - 12), match.start
    )


def _replaced(text: str, spans: list[Span], mask: str) -> str:
    """Replace every span by the mask; spans are in order and do not overlap."""
    parts, end = [], 0
    for start, stop in spans:
        parts += [text[end:start], mask]
        end = stop
    return "".join([*parts, text[end:]])


_SPANS = {"email": email_spans, "nik": nik_spans, "phone": phone_spans}
