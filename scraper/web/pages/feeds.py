"""Atom feeds (RFC 4287) of edits and of searches."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from archive.archive import Archive
from archive.identity import text_digest
from archive.revisions.change_log import KeptChange
from scraper.web.pages import article as articles
from scraper.web.pages import changes as edits
from scraper.web.pages import search as finds
from scraper.web.rendering import as_feed
from scraper.web.view import Answer, Request

ENTRIES = 50
"""Entries of a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed."""

    id: str
    """A tag URI (RFC 4151), which never changes."""
    title: str
    updated: datetime | str
    path: str
    """Of the page below the view."""
    author: str
    """The publisher."""
    kind: str
    changed: Sequence[str] = ()
    note: str | None = None


def changes(archive: Archive, request: Request) -> Answer:
    """Return the newest edits by publishers, with the filters of their page."""
    found = edits.newest(archive, ENTRIES, edits.wanted(request))
    return _feed(archive, request, "changes", title="", entries=map(_entry, found))


def article(archive: Archive, request: Request) -> Answer:
    """Return all revisions of one story."""
    number = request.number("id")
    page = articles.article(archive, request).values
    newest = page["article"]
    found = [
        KeptChange(
            observed_at=datetime.fromisoformat(row["observed_at"]),
            site=newest["site"],
            url=newest["url"],
            **{name: row[name] for name in _OF_ROW},
        )
        for row in reversed(page["revisions"])
    ]
    path = f"article/{number}"
    title = newest["headline"] or newest["url"]
    return _feed(archive, request, path, title=title, entries=map(_entry, found[:ENTRIES]))


def search(archive: Archive, request: Request) -> Answer:
    """Return the newest stories with the words of a search."""
    words = request.text("q")
    entries = [
        Entry(
            id=_tag(row["url"], "story"),
            title=row["headline"] or row["url"],
            updated=row["listed_at"] or request.now,
            path=f"article/{row['article_id']}",
            author=row["site"],
            kind="story",
            note=row["snippet"],
        )
        for row in finds.newest(archive, request, ENTRIES)
    ]
    return _feed(archive, request, "search", title=words, entries=entries)


_OF_ROW = "article_id number kind changed headline correction returns_to".split()


def _entry(change: KeptChange) -> Entry:
    path = f"article/{change.article_id}/revision/{change.number}"
    if change.number > 1 and change.kind != "removed":
        path = f"article/{change.article_id}/diff/{change.number - 1}..{change.number}"
    return Entry(
        id=_tag(change.url, f"revision-{change.number}"),
        title=change.headline or change.url,
        updated=change.observed_at,
        path=path,
        author=change.site,
        kind=change.kind,
        changed=change.changed,
        note=change.correction,
    )


def _tag(url: str, what: str) -> str:
    """Return the identity of a part of a story: its own address, and no host of the archive's,
    which may move.
    """
    parts = urlsplit(url)
    address = quote(f"{parts.path}?{parts.query}".strip("/?"), safe="/")
    return f"tag:{parts.hostname},2026:{address}/{what}"


def _feed(
    archive: Archive, request: Request, path: str, *, title: str, entries: Iterable[Entry]
) -> Answer:
    shown = [asdict(entry) for entry in entries]
    filters = urlencode(sorted((name, value) for name, value in request.query.items() if value))
    values: dict[str, Any] = {
        "id": f"tag:warta,2026:{_identity(archive)}/{path}" + (f"?{filters}" if filters else ""),
        "title": title,
        "entries": shown,
        "updated": max((entry["updated"] for entry in shown), default=request.now),
        "path": path,
    }
    return Answer(body=as_feed(values, request), content_type="application/atom+xml; charset=utf-8")


def _identity(archive: Archive) -> str:
    """Return what identifies this archive, wherever it is served: its first URL and when."""
    row = archive.db.conn.execute(
        "SELECT url, first_seen_at FROM urls ORDER BY id LIMIT 1"
    ).fetchone()
    return text_digest(row or ())[:12]
