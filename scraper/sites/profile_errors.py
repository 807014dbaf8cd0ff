"""What running the file of a profile raised, in a line."""

import re
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from archive.ledger.wording import did_you_mean
from scraper.sites import site, sources

_UNKNOWN = re.compile(r"^(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r"^(\w+)\.__init__\(\) missing \d+ required \S+ arguments?: (.+)")
_LOADER = str(Path(__file__).with_name("loader.py"))


class ProfileError(Exception):
    """A profile cannot be used; the message is one plain line without the file's name."""


def explained(error: BaseException, file: str) -> str:
    """Return what running a profile's file raised, with the line of the file that did."""
    if isinstance(error, ProfileError):
        return str(error)
    if isinstance(error, SyntaxError):
        where = "" if error.filename in (None, file) else f"{error.filename}, "
        if error.lineno:
            return f"{where}line {error.lineno}: {error.msg}"
        return error.msg
    if isinstance(error, OSError) and error.filename == file:
        return f"it cannot be read ({error.strerror})"
    return f"{_place(error, file)}{_sentence(error)}"


def _sentence(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, SystemExit):
        return "it ends the program"
    if isinstance(error, TypeError) and (found := _UNKNOWN.match(text)):
        kind, name = found.groups()
        return f"{kind} has no field {name}{did_you_mean(name, _fields(kind), at_most=1)}"
    if isinstance(error, TypeError) and (found := _MISSING.match(text)):
        return f"{found[1]} needs {found[2].replace(chr(39), '')}"
    return f"{type(error).__name__}: {text}".removesuffix(": ")


def _fields(kind: str) -> Iterator[str]:
    """Yield the fields of what a profile consists of."""
    found = getattr(site, kind, getattr(sources, kind, None))
    if is_dataclass(found):
        yield from (field.name for field in fields(found))


def _place(error: BaseException, file: str) -> str:
    """Return the line that raised it: of the profile's file where that ran, else with its file."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != _LOADER and "importlib" not in frame.filename
    ]
    own = [frame for frame in frames if frame.filename == file]
    if own:
        return f"line {own[-1].lineno}: "
    if not frames:
        return ""
    return f"{frames[-1].filename}, line {frames[-1].lineno}: "
