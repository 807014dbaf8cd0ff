r"""What text from outside may show: the one place where it is cleaned, at the edge of the program.

Nothing is cleaned when it is kept: archives, JSON and data files say what a page said.

>>> one_line("suara\r\nBcc: x@example.org")
'suara Bcc: x@example.org'
>>> in_line("  Sitemap: \x1b]0;judul\x07")
'  Sitemap: �]0;judul�'
>>> in_lines("satu\r\ndua\ttiga")
'satu\ndua tiga'
>>> escaped('{"judul": "\x9b"}')
'{"judul": "\\u009b"}'
"""

import codecs
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

_UNPRINTABLE = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: escape sequences begin with ESC or with one of C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what reorders text
    "\u2028\u2029\ufeff\ufff9-\ufffb"  # separators of lines, the byte order mark, annotations
    "\ud800-\udfff\U000e0000-\U000e007f"  # surrogates, and tags, which nothing shows
)
_ANY = re.compile(f"[{_UNPRINTABLE}]")
_RUNS = re.compile(rf"[\s{_UNPRINTABLE}]+")
_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_MISSING = "\ufffd"
_CONTAINERS = r"(?:abfss?|wasbs?)"
"""Schemes whose addresses name a container where others name a user."""
_USERS = re.compile(
    rf"(\b(?!{_CONTAINERS}:)[a-z][a-z0-9+.-]{{0,30}}:/{{1,2}})[^/\s?#]*@"
    rf"|(\b{_CONTAINERS}:/{{1,2}})[^/\s?#:@]*:[^/\s?#]*@",
    re.IGNORECASE,
)
"""Users and passwords, also one that has an @ in it."""
_SIGNED = re.compile(
    r"([?&;](?:x-(?:amz|goog|ms|oss|cos)-[a-z-]+|awsaccesskeyid|googleaccessid|ossaccesskeyid"
    r"|sig|signature|policy|key-pair-id|[a-z_-]*token|(?:[a-z_-]*[_-]|api|access|secret)?key"
    r"|[a-z_-]*secret|password|passwd|pwd|auth|authorization|credentials?)=)[^&;\s\"'<>)\]]*?"
    r"(?=:?(?:[&;\s\"'<>)\]]|$))",
    re.IGNORECASE,
)
"""Values of a query that S3, GCS, Azure, CloudFront and servers with tokens take for a key."""
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""First signs of formulas, also in full width."""


def one_line(text: str) -> str:
    """Return one line in which every run of spaces, line breaks and unprintables is one space."""
    return _RUNS.sub(" ", text).strip()


def in_line(text: str) -> str:
    """Return the text as one line of the same layout; U+FFFD stands for what is unprintable."""
    return _shown(_BREAKS.sub(" ", text))


def in_lines(text: str) -> str:
    """Return the text with its lines; U+FFFD stands for what is unprintable."""
    return "\n".join(map(_shown, _BREAKS.split(text)))


def shown_address(address: str) -> str:
    """Return an address as it is shown and kept: without user, password, query and fragment, which
    may be secrets. A path stays as it is.

    >>> shown_address("https://sari:rahasia@arsip.example/a.warc.gz?X-Amz-Signature=0f3c")
    'https://arsip.example/a.warc.gz'
    >>> shown_address("abfs://berita@akun.example/a.warc.gz?sig=0f3c")
    'abfs://berita@akun.example/a.warc.gz'
    """
    if "://" not in address:
        return in_line(address)
    try:
        parts = urlsplit(address)
        user, at, host = parts.netloc.rpartition("@")
        has_container = re.fullmatch(_CONTAINERS, parts.scheme) and ":" not in user
        container = f"{user}{at}" if has_container else ""
        # urlsplit takes no query off the addresses of schemes that it does not know.
        path = parts.path.partition("?")[0].partition("#")[0]
        return in_line(f"{parts.scheme}://{container}{host}{path}")
    except ValueError:
        return in_line(address.partition("://")[0]) + "://..."


def without_secrets(text: str) -> str:
    """Return a sentence, such as an error of a library, without the users, passwords and signed
    queries of the addresses that it quotes.

    >>> without_secrets("no route to s3://sari:rahasia@a/b (url: /b?v=2&X-Amz-Signature=0f3c)")
    'no route to s3://...@a/b (url: /b?v=2&X-Amz-Signature=...)'
    """
    return _SIGNED.sub(r"\1...", _USERS.sub(r"\1\2...@", text))


def escaped(text: str) -> str:
    r"""Write what is unprintable in JSON as \u escapes, which every parser reads back."""
    return _ANY.sub(lambda found: _json_escape(found[0]), text)


def csv_cell(text: str) -> str:
    """Return text for a cell of CSV that no spreadsheet takes for a formula, as OWASP describes: an
    apostrophe stands before its first sign. Text of several lines keeps them.

    >>> csv_cell("=1+1"), csv_cell("-5 derajat"), csv_cell("Naik -5")
    ("'=1+1", "'-5 derajat", 'Naik -5')
    """
    text = in_lines(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _shown(line: str) -> str:
    return _ANY.sub(_MISSING, line.replace("\t", " "))


def _json_escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")


class CleanStream:
    """A stream of text that shows nothing unprintable: what logs, warnings and libraries write.

    On a terminal, colours stay. Bars that move the cursor write to `unfiltered`; while there are
    some, what draws them writes the lines of this stream, too.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered = stream
        self._write_lines: Callable[[str], None] | None = None
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the text, cleaned."""
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        pieces = _STYLE.split(text) if self.unfiltered.isatty() else [text]
        clean = "".join(
            piece if place % 2 else in_lines(piece) for place, piece in enumerate(pieces)
        )
        if self._write_lines is None:
            self.unfiltered.write(clean)
            return len(text)
        lines, end, begun = (self._begun + clean).rpartition("\n")
        self._begun = begun
        if end:
            self._write_lines(lines)
        return len(text)

    def lines_to(self, write: Callable[[str], None] | None) -> None:
        """Hand whole lines to `write` from now on, without their last break; None ends that."""
        self._write_lines = write
        if write is None and self._begun:
            self.unfiltered.write(self._begun)
            self._begun = ""

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            # click writes to it, past the cleaning, where the encoding is ASCII.
            raise AttributeError(name)
        return getattr(self.unfiltered, name)


_PLAIN = {
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−─━╸╺", "-"),
    **dict.fromkeys("·•", "*"),
    **dict.fromkeys("→", "->"),
    **dict.fromkeys(_MISSING, "?"),
}


def plain(letter: str) -> str:
    r"""Return what stands for a letter where only ASCII can be shown: never nothing.

    >>> print("".join(map(plain, "“Café” …→漢")))
    "Cafe" ...->\u6f22
    """
    if letter in _PLAIN or letter.isascii():
        return _PLAIN.get(letter, letter)
    parts = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return parts or f"\\u{ord(letter):04x}"


def _approximate(error: UnicodeError) -> tuple[str, int]:
    """Called by a stream whose encoding lacks letters."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(plain, error.object[error.start : error.end])), error.end


codecs.register_error(_approximate.__name__, _approximate)


@contextmanager
def clean_output() -> Iterator[None]:
    """Clean what this process writes to stdout and stderr."""
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors=_approximate.__name__)
    sys.stdout, sys.stderr = (cast("TextIO", CleanStream(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def unfiltered(stream: TextIO) -> TextIO:
    """Return the stream behind one that is cleaned."""
    if isinstance(stream, CleanStream):
        return stream.unfiltered
    return stream
