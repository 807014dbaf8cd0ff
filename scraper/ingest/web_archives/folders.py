"""Folders of saved HTML, with a manifest or with what the pages say of themselves.

A manifest is `manifest.jsonl` or `manifest.csv` in the folder: `file` (below the folder), `url`,
and, if known, `fetched_at` (ISO 8601; without an offset UTC) and `content_type`. Without one every
`.html`, `.htm` and `.xhtml` below the folder is read, and every file that begins as HTML does: wget
names them as their addresses are, `slug` or `index.php?id=7`. Its address and time are those that
the program which saved it wrote into a comment (SingleFile, monolith, HTTrack, browsers), else its
canonical link or `og:url`, and the time at which the file was last modified.
"""

import codecs
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from scraper.extraction.dom.tree import parse_html
from scraper.ingest.answers import refusal_of_body
from scraper.ingest.collections.columns import text
from scraper.ingest.collections.rows import Row, Unreadable, rows
from scraper.ingest.web_archives.captures import MAX_PAGE, Indexed, SavedFile
from scraper.ingest.web_archives.payloads import CapturedPage
from scraper.ingest.web_archives.records import SiteOf, about_address, refusal_of_time, time_of

MANIFESTS = {"manifest.jsonl": "jsonl", "manifest.csv": "csv"}
ENDINGS = (".warc", ".warc.gz", ".wacz")
PAGES = (".html", ".htm", ".xhtml")
OTHERS = (*(f"{ending}.gz" for ending in PAGES), ".mht", ".mhtml", ".maff", ".webarchive")
"""Endings of saved pages that are counted, and not read."""
_HTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
START = 1024
"""Bytes in which HTML says that it is."""
HEAD = 16 * 1024
"""Bytes of a page in which the program that saved it says so."""

_ADDRESS = r"(?P<url>https?://[^\s\"'<>]{1,2048})"
_COMMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"Page saved with SingleFile\s+url:\s*{_ADDRESS}\s+saved date:\s*(?P<single>[^\r\n(]+)",
        rf"Saved from {_ADDRESS} at (?P<iso>\S+)",
        r"Mirrored from (?P<host>[^\s\"'<>]{1,2048}) by HTTrack[^>]*?\], (?P<mail>[^>]{1,40}?) -->",
        rf"saved from url=\(\d+\){_ADDRESS}",
    )
)
_SINGLE = "%a %b %d %Y %H:%M:%S GMT%z"


def saved_files(folder: Path) -> list[SavedFile]:
    """Return the saved pages of a folder, by name; raises Unreadable for a broken manifest."""
    for name, kind in MANIFESTS.items():
        if (folder / name).is_file():
            return _listed(folder, folder / name, kind)
    found = []
    for path, is_inside in _below(folder):
        reason = _refusal(path, is_inside=is_inside)
        is_page = is_inside and (path.suffix.lower() in PAGES or _begins_as_html(path))
        if reason is not None or is_page:
            name = path.relative_to(folder).as_posix()
            found.append(SavedFile(path=path, name=name, reason=reason))
    return found


def _refusal(path: Path, *, is_inside: bool) -> str | None:
    """Return why what may be a page, or has some, is not read."""
    name = path.name.lower()
    if is_inside:
        return "other_format" if name.endswith(OTHERS) else None
    may_be = path.is_dir() or name.endswith((*PAGES, *ENDINGS, *OTHERS))
    return "not_in_folder" if may_be else None


def _begins_as_html(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(START).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError:
        return False
    return start.startswith(b"<") and _HTML.search(start) is not None


def _below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files of a folder by name, and whether each is a regular file in it: links that
    lead out of it are not followed.
    """
    inside = folder.resolve()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for path in (Path(parent, name) for name in sorted([*files, *links])):
            # Not `resolve`, which fails for links that lead to themselves.
            is_inside = Path(os.path.realpath(path)).is_relative_to(inside)
            if not (is_inside and path.is_dir()):
                yield path, is_inside and path.is_file()


def archives_below(folder: Path) -> list[Path]:
    """Return the WARC and WACZ files of a folder."""
    return [
        path
        for path, is_inside in _below(folder)
        if is_inside and path.name.lower().endswith(ENDINGS)
    ]


def _listed(folder: Path, manifest: Path, kind: str) -> list[SavedFile]:
    inside = folder.resolve()
    with manifest.open("rb") as file:
        found = [_saved(folder, inside, row) for row in rows(file, kind)]
    if found and all(each.reason == "bad_manifest" for each in found):
        raise Unreadable(f"{manifest.name} needs the columns file and url, and if known fetched_at")
    return found


def _saved(folder: Path, inside: Path, row: Row) -> SavedFile:
    """Return the page of a row of a manifest; one outside its folder is none."""
    values: dict[str, Any] = {name.strip().lower(): value for name, value in row.fields.items()}
    name, url, at = (
        text(values.get("file")),
        text(values.get("url")),
        text(values.get("fetched_at")),
    )
    if row.bad is not None or name is None:
        return SavedFile(path=folder, name=f"line {row.line}", reason=row.bad or "bad_manifest")
    path, reason = folder / name, None
    try:
        if not path.resolve().is_relative_to(inside):
            reason = "outside_folder"
        elif not path.is_file():
            reason = "file_missing"
    except (OSError, ValueError):  # a NUL in its name, or one that is too long
        reason = "file_missing"
    if at is not None and time_of(at) is None:
        reason = reason or "bad_capture_date"
    return SavedFile(
        path=path,
        name=name,
        url=url,
        fetched_at=time_of(at),
        content_type=text(values.get("content_type")) or "",
        reason=reason,
    )


def index_saved(saved: SavedFile, number: int, *, site_of: SiteOf, now: datetime) -> Indexed:
    """Return the row of a saved page for the index; reads it where no manifest says its address."""
    if saved.reason is not None:
        return Indexed(offset=number, length=0, kind="none", reason=saved.reason)
    try:
        size, url, captured_at = saved.path.stat().st_size, saved.url, saved.fetched_at
        if url is None or captured_at is None:
            said, at = _said_by(saved)
            url, captured_at = url or said, captured_at or at
    except OSError:
        return Indexed(offset=number, length=0, kind="none", reason="file_missing")
    about = about_address(url, site_of) if url is not None else "no_address"
    reason = about if isinstance(about, str) else refusal_of_time(captured_at, now)
    if size > MAX_PAGE:
        reason = reason or "too_large"
    if reason is not None or isinstance(about, str):
        return Indexed(offset=number, length=size, kind="none", reason=reason, url=url or "")
    row = about | {"url": url, "captured_at": captured_at}
    return Indexed(offset=number, length=size, **row)


def _said_by(saved: SavedFile) -> tuple[str | None, datetime]:
    """Return address and time of a page as it says, or its file does."""
    with saved.path.open("rb") as file:
        body = file.read(MAX_PAGE)
        modified = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    said = next(filter(None, (each.search(_head(body)) for each in _COMMENTS)), None)
    if said is None:
        return _canonical(body), modified
    groups = said.groupdict()
    url = groups.get("url") or f"https://{groups['host']}"
    url = url.replace("%2D%2D", "--")  # which no comment may have: browsers write it so
    return url, _time(groups) or modified


def _head(body: bytes) -> str:
    return body[:HEAD].decode("utf-8", "replace")


def _time(groups: dict[str, str | None]) -> datetime | None:
    """Return the time that a comment says; None for none, or none that can be read."""
    try:
        if single := groups.get("single"):
            return datetime.strptime(single.strip(), _SINGLE).astimezone(UTC)
        if mail := groups.get("mail"):
            return parsedate_to_datetime(mail).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time_of(groups.get("iso"))


def _canonical(body: bytes) -> str | None:
    """Return the address that a page says it has."""
    document = parse_html(body, None)
    if document is None:
        return None
    for link in document.all("link[rel=canonical]"):
        if href := (link.get("href") or "").strip():
            return href
    for meta in document.all("//meta[@property='og:url']"):
        if content := (meta.get("content") or "").strip():
            return content
    return None


def read_saved(saved: SavedFile, url: str, captured_at: datetime) -> CapturedPage:
    """Read a saved page."""
    try:
        with saved.path.open("rb") as file:
            body = file.read(MAX_PAGE + 1)
    except OSError:
        return CapturedPage(reason="file_changed")
    headers = {"content-type": saved.content_type} if saved.content_type else {}
    reason = "too_large" if len(body) > MAX_PAGE else refusal_of_body(body, saved.content_type)
    return CapturedPage(url=url, captured_at=captured_at, headers=headers, body=body, reason=reason)
