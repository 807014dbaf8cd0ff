"""Queries of the reading commands: articles, their history and counts."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlite_utils import Database

from archive.database.rows import column, value
from archive.database.schema import LISTS
from archive.errors import ArticleUnknown
from archive.identity import canonical_url
from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from archive.ledger.wording import plain_time

_LISTS = (*LISTS, "changed")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a view with its JSON arrays as lists."""
    return {
        name: json.loads(cell) if name in _LISTS and isinstance(cell, str) else cell
        for name, cell in row.items()
    }


def _first(db: Database, statement: str, values: Sequence[Any]) -> dict[str, Any] | None:
    return next(db.query(statement, values), None)


Identify = Callable[[str], tuple[str, str] | None]
"""From an address to (site, key) of its story by the sites' profiles; None if no profile fits."""


def find_article(db: Database, reference: str, identify: Identify | None = None) -> int:
    """Return the number of the article with a URL (any of the story's), a story id or a number.

    Raises ArticleUnknown, also where several sites have a story with that id.
    """
    story = _by_address(db, reference, identify)
    if story and (found := value(db, "SELECT id FROM articles WHERE site = ? AND key = ?", *story)):
        return int(found)
    reference = _text(reference)
    rows = db.conn.execute(
        "SELECT id FROM articles WHERE story_id = ? OR id = ? LIMIT 2",
        (reference, _number(reference)),
    ).fetchall()
    if len(rows) == 1:
        return int(rows[0][0])
    if rows:
        raise ArticleUnknown(f"{reference}: it is the story id of several articles")
    raise _no_article(db, reference)


def _no_article(db: Database, reference: str) -> ArticleUnknown:
    past = value(db, "SELECT 1 FROM temp.sqlite_schema WHERE name = 'articles'")
    when = " as of that time" if past else ""
    return ArticleUnknown(
        f"{reference}: no article in the archive{when} has this URL, story id or number"
    )


def find_story(db: Database, reference: str, identify: Identify | None = None) -> tuple[str, str]:
    """Return (site, key) of a story of the archive or its ledger; raises ArticleUnknown."""
    found = _by_address(db, reference, identify)
    if found is not None:
        return found
    number = find_article(db, reference, identify)
    site, key = db.conn.execute("SELECT site, key FROM articles WHERE id = ?", [number]).fetchone()
    return site, key


_STORY_AT = """
    SELECT * FROM (SELECT site, key FROM articles WHERE url = ? LIMIT 1)
    UNION ALL SELECT * FROM (SELECT site, key FROM urls WHERE url = ? AND state != 'source'
        ORDER BY article_id IS NULL, id LIMIT 1)
    LIMIT 1"""


def _by_address(db: Database, reference: str, identify: Identify | None) -> tuple[str, str] | None:
    """Return (site, key) of the story with an address; a profile identifies an unknown one."""
    if not _is_address(reference):  # profiles take longer to load
        return None
    reference = _text(reference)
    for url in sorted(_spellings(reference)):
        row = _first(db, _STORY_AT, [url, url])
        if row is not None:
            return str(row["site"]), str(row["key"])
    return identify(reference) if identify is not None else None


def _is_address(reference: str) -> bool:
    """Whether it may be an address, and neither a number nor a story id."""
    return not {*"/:"}.isdisjoint(reference)


def _spellings(url: str) -> tuple[str, str]:
    """Return an address as given and in its canonical form, if it has one."""
    with suppress(ValueError):
        return url, canonical_url(url)
    return url, url


def _text(argument: str) -> str:
    """Replace what is not text in an argument of the command line, which SQLite refuses."""
    return argument.encode(errors="replace").decode()


def _number(reference: str) -> int:
    if reference.isdecimal() and len(reference) < 10:
        return int(reference)
    return -1


def sites(db: Database) -> list[str]:
    """Return the names of the sites that have articles."""
    return column(db, "SELECT DISTINCT site FROM articles ORDER BY site")


def latest(db: Database, article_id: int) -> dict[str, Any]:
    """Return an article's row of the view `latest`; raises ArticleUnknown."""
    row = _first(db, "SELECT * FROM latest WHERE article_id = ?", [article_id])
    if row is None:
        buried = _first(db, "SELECT * FROM tombstones WHERE article_id = ?", [article_id])
        if buried is None:
            raise ArticleUnknown(f"article {article_id} was not yet in the archive at that time")
        taken_down = f"was taken down here on {plain_time(buried['taken_down_at'])}"
        raise ArticleUnknown(f"article {article_id} {taken_down}: {buried['reason']}")
    return _plain(row)


_TAKEN_DOWN = "SELECT reason FROM tombstones WHERE article_id = ?"


def taken_down(db: Database, article_id: int) -> str | None:
    """Return why an article was taken down here; None where it was not."""
    reason: str | None = value(db, _TAKEN_DOWN, article_id)
    return reason


def revisions(db: Database, article_id: int) -> list[dict[str, Any]]:
    """Return an article's rows of `history` with the publisher's corrections, oldest first."""
    rows = db.query(
        """SELECT h.*, r.correction, r.warnings FROM history h
        JOIN revisions r ON r.article_id = h.article_id AND r.number = h.number
        WHERE h.article_id = ? ORDER BY h.number""",
        [article_id],
    )
    return [_plain(row) for row in rows]


def revision(db: Database, article_id: int, number: int) -> dict[str, Any]:
    """Return one revision with all its fields; raises ArticleUnknown."""
    row = _first(
        db, "SELECT * FROM revisions WHERE article_id = ? AND number = ?", [article_id, number]
    )
    if row is None:
        raise ArticleUnknown(f"article {article_id} has no revision {number}")
    return _plain(row)


_STATS = """
    WITH a AS (SELECT site, count(*) FILTER (WHERE revision > 0) AS articles,
            count(removed_at) AS removed, count(opted_out) AS opted_out
            FROM articles GROUP BY site),
        h AS (SELECT site, count(*) AS revisions,
            count(*) FILTER (WHERE kind = 'publisher') AS publisher_edits
            FROM history GROUP BY site),
        u AS (SELECT site, count(*) FILTER (WHERE state != 'source') AS urls,
            count(*) FILTER (WHERE state = 'due') AS due,
            count(*) FILTER (WHERE state = 'refused') AS refused,
            count(*) FILTER (WHERE state = 'failed') AS failed FROM urls GROUP BY site),
        n AS (SELECT u.site, count(*) AS snapshots, sum(n.size) AS bytes_sent,
            sum(length(n.packed)) AS bytes_kept
            FROM snapshots n JOIN urls u ON u.id = n.url_id GROUP BY u.site)
    SELECT s.site, coalesce(articles, 0) AS articles, coalesce(revisions, 0) AS revisions,
        coalesce(publisher_edits, 0) AS publisher_edits, coalesce(removed, 0) AS removed,
        coalesce(opted_out, 0) AS opted_out, coalesce(urls, 0) AS urls, coalesce(due, 0) AS due,
        coalesce(refused, 0) AS refused, coalesce(failed, 0) AS failed,
        coalesce(snapshots, 0) AS snapshots, coalesce(bytes_sent, 0) AS bytes_sent,
        coalesce(bytes_kept, 0) AS bytes_kept, coalesce(v.asked, 0) AS conditional,
        coalesce(v.answered, 0) AS answered_304, coalesce(v.bytes_saved, 0) AS bytes_saved,
        coalesce(v.unanswered >= ?, 0) AS never_304
    FROM (SELECT site FROM urls UNION SELECT site FROM articles) s
    LEFT JOIN a USING (site) LEFT JOIN h USING (site) LEFT JOIN u USING (site)
    LEFT JOIN n USING (site) LEFT JOIN validators v USING (site) ORDER BY s.site"""


def stats(db: Database) -> list[dict[str, Any]]:
    """Return a row per site: articles, revisions, ledger states, bytes, what validators saved."""
    return list(db.query(_STATS, [IGNORES_CONDITIONAL_AFTER]))


def life_of(db: Database, url: str, identify: Identify | None = None) -> dict[str, Any]:
    """Return a URL's row of the ledger with its checks and its article's revisions.

    Raises ArticleUnknown.
    """
    url = _text(url)
    row = _ledger_row(db, url, identify)
    checks = db.query(
        """SELECT checked_at, asked_at, status, outcome, reason, bytes, conditional,
            next_check_at, due_reason
        FROM checks WHERE url_id = ? ORDER BY id""",
        [row["id"]],
    )
    made = revisions(db, row["article_id"]) if row["article_id"] is not None else []
    tombstone = "SELECT reason FROM tombstones WHERE site = ? AND key = ?"
    return {
        **row,
        "taken_down_for": value(db, tombstone, row["site"], row["key"]),
        "history": list(checks),
        "revisions": [{k: v for k, v in r.items() if k != "body"} for r in made],
    }


def _ledger_row(db: Database, url: str, identify: Identify | None) -> dict[str, Any]:
    statement = "SELECT * FROM urls WHERE url IN (?, ?) ORDER BY state = 'refused', id"
    row = _first(db, statement, _spellings(url))
    if row is None:
        with suppress(ArticleUnknown):  # another address of a story, its id or its number
            statement = "SELECT * FROM urls WHERE site = ? AND key = ? ORDER BY state = 'alias', id"
            row = _first(db, statement, find_story(db, url, identify))
    if row is None and _is_address(url):
        raise ArticleUnknown(f"{url}: this address is not in the ledger")
    if row is None:
        raise _no_article(db, url)
    return row
