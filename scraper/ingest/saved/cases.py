"""Test cases of a profile: CASE.html, a page, beside CASE.json, what must be read from it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.records import Page
from scraper.extraction.article import read
from scraper.ingest.saved.pages import MAX_BYTES, UnreadableFolder, file_stem
from scraper.sites.site import Site

MAX_CASES = 500
_LEFT_OUT = ("extractor",)
"""Fields that change with every rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that is read otherwise than a case says."""

    case: str
    field: str
    wanted: Any
    found: Any


def cases_folder(folder: Path, site: str) -> Path:
    """Return where the cases of a site are kept, in a folder of profiles."""
    return folder / f"{site}-cases"


def write_cases(folder: Path, pages: Sequence[Page], site: Site) -> list[Path]:
    """Write a case for each page that has none, and return those that were written.

    Raises OSError where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {case["url"] for _file, case in _cases(folder)}
    written: list[Path] = []
    for page in pages:
        if page.url in known:
            continue
        stem = file_stem(page.url, {file.stem for file in folder.iterdir()})
        body = _as_utf8(page)
        file = folder / f"{stem}.json"
        case = json.dumps(_read(body, page.url, site), ensure_ascii=False, indent=1)
        (folder / f"{stem}.html").write_bytes(body)
        file.write_text(case + "\n", "utf-8")
        written.append(file)
    return written


def differences(folder: Path, site: Site) -> tuple[int, list[Difference]]:
    """Return the number of cases in a folder, and what is read otherwise than they say.

    Raises UnreadableFolder.
    """
    found: list[Difference] = []
    count = 0
    for file, wanted in _cases(folder):
        count += 1
        article = _read(_bytes(file.with_suffix(".html")), wanted["url"], site)
        found += [
            Difference(case=file.stem, field=name, wanted=value, found=article.get(name))
            for name, value in wanted.items()
            if article.get(name) != value
        ]
    return count, found


def _cases(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for file in files[:MAX_CASES]:
        try:
            case = json.loads(_bytes(file))
        except (ValueError, RecursionError):
            case = None
        if not isinstance(case, dict) or not isinstance(case.get("url"), str):
            raise UnreadableFolder(f"{file}: it is no case: a JSON object with `url`")
        yield file, case


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFolder(f"{file}: it cannot be read ({error.strerror})") from error


def _read(body: bytes, url: str, site: Site) -> dict[str, Any]:
    article = read(body, url, site).article.as_dict()
    return {name: value for name, value in article.items() if name not in _LEFT_OUT}


def _as_utf8(page: Page) -> bytes:
    """Return a page as it can be read without its headers."""
    from w3lib.encoding import html_to_unicode

    try:
        page.body.decode()
    except UnicodeDecodeError:
        _encoding, text = html_to_unicode(page.headers.get("content-type"), page.body)
        return "\ufeff".encode() + text.encode()
    return page.body
