"""Reading an archive for people: articles, their history, search, counts. Never writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from sqlite_utils import Database

from archive.errors import ArticleUnknown
from archive.urls import canonical_url

_LISTS = ("authors", "editors", "tags", "warnings", "changed")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a view with its JSON arrays as lists."""
    return {name: json.loads(value) if name in _LISTS and isinstance(value, str) else value for name, value in row.items()}


Identify = Callable[[str], tuple[str, str] | None]
"""From an address to (site, key) of its story, as the sites' profiles know it; None for an unknown one."""


def find_article(db: Database, reference: str, identify: Identify | None = None) -> int:
    """Number of the article that goes by a URL (any address of the story), a story id or its number.

    Raises ArticleUnknown, also where a story id is that of several sites' stories.
    """
    reference = _text(reference)
    urls = {reference}
    with suppress(ValueError):
        urls.add(canonical_url(reference))
    for url in sorted(urls):
        row = db.conn.execute("SELECT id FROM articles WHERE url = ?", (url,)).fetchone()
        row = row or db.conn.execute("SELECT article_id FROM urls WHERE url = ? AND article_id IS NOT NULL", (url,)).fetchone()
        row = (
            row
            or db.conn.execute(
                "SELECT a.id FROM urls u JOIN articles a ON a.site = u.site AND a.key = u.key WHERE u.url = ?", (url,)
            ).fetchone()
        )
        if row:
            return int(row[0])
    named = identify(reference) if identify is not None else None
    if named is not None:
        row = db.conn.execute("SELECT id FROM articles WHERE site = ? AND key = ?", named).fetchone()
        if row:
            return int(row[0])
    rows = db.conn.execute("SELECT id FROM articles WHERE story_id = ? OR id = ? LIMIT 2", (reference, _number(reference))).fetchall()
    if len(rows) == 1:
        return int(rows[0][0])
    raise ArticleUnknown(f"{reference}: {'more than one article goes' if rows else 'no article in the archive goes'} by that name")


def _text(argument: str) -> str:
    """An argument of the command line whose bytes were no text cannot be asked for as it is."""
    return argument.encode(errors="replace").decode()


def _number(reference: str) -> int:
    return int(reference) if reference.isdecimal() and len(reference) < 10 else -1


def latest(db: Database, article_id: int) -> dict[str, Any]:
    """The article's row of the `latest` view."""
    return _plain(next(iter(db.query("SELECT * FROM latest WHERE article_id = ?", [article_id]))))


def revisions(db: Database, article_id: int) -> list[dict[str, Any]]:
    """The article's rows of the `history` view, oldest first."""
    return [_plain(row) for row in db.query("SELECT * FROM history WHERE article_id = ? ORDER BY number", [article_id])]


def revision(db: Database, article_id: int, number: int) -> dict[str, Any]:
    """One revision with all its fields; raises ArticleUnknown where there is no such number."""
    row = next(iter(db.query("SELECT * FROM revisions WHERE article_id = ? AND number = ?", [article_id, number])), None)
    if row is None:
        raise ArticleUnknown(f"article {article_id} has no revision {number}")
    return _plain(row)


def search(db: Database, query: str, *, site: str | None = None, limit: int = 20) -> Iterator[dict[str, Any]]:
    """Articles whose newest text holds all the words, best first, with a snippet; quotes make a phrase.

    The words are taken as words: no operator of FTS5 can break the query.
    """
    words = " ".join('"' + word.replace('"', '""') + '"' for word in _words(query))
    if not words:
        return
    yield from db.query(
        """SELECT a.id AS article_id, a.site, a.url, r.headline, r.published_at,
            snippet(search, 2, '«', '»', '…', 24) AS snippet
        FROM search JOIN articles a ON a.id = search.rowid
        JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
        WHERE search MATCH :words AND (:site IS NULL OR a.site = :site) ORDER BY rank, a.id LIMIT :limit""",
        {"words": words, "site": site, "limit": limit},
    )


def _words(query: str) -> list[str]:
    """Words and quoted phrases."""
    pieces = _text(query).replace("\0", " ").split('"')
    words: list[str] = []
    for place, piece in enumerate(pieces):
        phrase = place % 2 and place < len(pieces) - 1
        words += [piece.strip()] if phrase else piece.split()
    return [word for word in words if any(letter.isalnum() for letter in word)]


def stats(db: Database) -> list[dict[str, Any]]:
    """A row a site: articles, revisions by kind, removed, ledger states, bytes as sent and as kept."""
    return list(
        db.query(
            """SELECT s.site,
                (SELECT count(*) FROM articles a WHERE a.site = s.site) AS articles,
                (SELECT count(*) FROM history h WHERE h.site = s.site) AS revisions,
                (SELECT count(*) FROM history h WHERE h.site = s.site AND h.kind = 'publisher') AS publisher_edits,
                (SELECT count(*) FROM articles a WHERE a.site = s.site AND a.removed_at IS NOT NULL) AS removed,
                (SELECT count(*) FROM articles a WHERE a.site = s.site AND a.opted_out IS NOT NULL) AS opted_out,
                (SELECT count(*) FROM urls u WHERE u.site = s.site AND u.state != 'source') AS urls,
                (SELECT count(*) FROM urls u WHERE u.site = s.site AND u.state = 'due') AS due,
                (SELECT count(*) FROM urls u WHERE u.site = s.site AND u.state = 'refused') AS refused,
                (SELECT count(*) FROM urls u WHERE u.site = s.site AND u.state = 'failed') AS failed,
                (SELECT count(*) FROM snapshots n JOIN urls u ON u.id = n.url_id WHERE u.site = s.site) AS snapshots,
                (SELECT coalesce(sum(n.size), 0) FROM snapshots n JOIN urls u ON u.id = n.url_id WHERE u.site = s.site)
                    AS bytes_sent,
                (SELECT coalesce(sum(length(n.packed)), 0) FROM snapshots n JOIN urls u ON u.id = n.url_id WHERE u.site = s.site)
                    AS bytes_kept
            FROM (SELECT DISTINCT site FROM urls UNION SELECT site FROM articles) s ORDER BY s.site"""
        )
    )


def life_of(db: Database, url: str, identify: Identify | None = None) -> dict[str, Any]:
    """A URL's row of the ledger with its checks and, where it made an article, the revisions; raises ArticleUnknown."""
    url = _text(url)
    try:
        plain = canonical_url(url)
    except ValueError:
        plain = url
    row = next(iter(db.query("SELECT * FROM urls WHERE url IN (?, ?) ORDER BY state = 'refused', id", [url, plain])), None)
    named = identify(url) if identify is not None and row is None else None
    if named is not None:
        row = next(iter(db.query("SELECT * FROM urls WHERE site = ? AND key = ? ORDER BY state = 'alias', id", named)), None)
    if row is None:
        raise ArticleUnknown(f"{url}: the ledger has never heard of this address")
    checks = db.query("SELECT checked_at, status, outcome, reason, bytes FROM checks WHERE url_id = ? ORDER BY id", [row["id"]])
    made = revisions(db, row["article_id"]) if row["article_id"] is not None else []
    return {**row, "history": list(checks), "revisions": [{k: v for k, v in r.items() if k != "body"} for r in made]}
