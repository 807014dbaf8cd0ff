"""Full text of the newest revisions, and of earlier ones: finds, the best or newest first."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.database.rows import value
from archive.search.filters import Filter, Sort
from archive.search.query import to_fts5, understand
from archive.search.stemming import WordForms

RANKED = 5_000
"""Texts that a search ranks at most, newest first: ranking all with a common word is slow."""
MAX_TOTAL = 10_000
"""Finds that are counted at most: counting all with a common word is slow, too."""
BATCH = 200
"""Finds whose texts are held at a time."""
BEGIN, END = "\x02", "\x03"
"""Marks around words in a snippet: texts have quotation marks of every kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that a search found."""

    article_id: int
    site: str
    url: str
    headline: str | None
    """Of the revision that was found."""
    published_at: str | None
    """As the publisher says; ISO 8601."""
    listed_at: str | None
    """UTC, as lists sort it: when it was published, or first seen where that is unknown."""
    section: str | None
    revision: int
    """The newest one that has the words; an earlier one only where earlier texts are searched."""
    is_newest: bool
    marked: str
    """A piece of the text; BEGIN and END stand around its words."""

    @property
    def snippet(self) -> str:
        """The piece of the text with its words in «»."""
        return self.marked.replace(BEGIN, "«").replace(END, "»")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]
    total: int
    """All finds; MAX_TOTAL + 1 where there are more than MAX_TOTAL."""
    note: str | None = None
    """How a query that is not well-formed was understood; None: as it stands."""

    @property
    def counted(self) -> str:
        """How many of how many.

        >>> Found(hits=(), total=1_234).counted
        '0 of 1,234'
        """
        more = self.total > MAX_TOTAL
        total = f"more than {MAX_TOTAL:,}" if more else f"{self.total:,}"
        return f"{len(self.hits):,} of {total}"


def search(
    db: Database,
    query: str,
    *,
    where: Filter | None = None,
    sort: Sort = "relevance",
    limit: int = 20,
    offset: int = 0,
    stem: bool = False,
    earlier: bool = False,
) -> Found:
    """Find articles by a query of archive.search.query, but the first `offset` of them.

    Of a query that is not well-formed, its words are searched for (`note`); raises QueryError only
    for too many words.

    `stem`: also other forms of its Indonesian words; raises PackageMissing where the stemmer is not
    installed. `earlier`: also articles whose newest text lacks the words, but an earlier text of
    the publisher's has them.
    """
    wanted, parsed = where or Filter(), understand(query)
    if not parsed.groups:
        return Found(hits=(), total=0, note=parsed.note)
    indexes = ("search", "search_earlier") if earlier else ("search",)
    words = to_fts5(parsed, WordForms(db, indexes) if stem else None)
    values = wanted.values() | {"words": words, "most": MAX_TOTAL + 1}
    last = offset + limit
    values |= {"limit": limit, "offset": offset, "last": last, "ranked": max(RANKED, last)}
    total = value(db, _counting(wanted, earlier=earlier), **values)
    statement = _choosing(wanted, sort, earlier=earlier, many=total > RANKED)
    chosen = db.conn.execute(statement, values).fetchall()
    return Found(hits=tuple(_hits(db, words, chosen)), total=total, note=parsed.note)


def _newest(where: Filter, columns: str) -> str:
    """Return the query of the newest texts with the words; tables that it does not need are left
    out.
    """
    joined = ""
    if where.narrows:
        articles = "CROSS JOIN articles a ON a.id = s.rowid"
        joined = f"{articles} {where.joined_texts('CROSS JOIN')}"
    return f"""SELECT {columns} FROM search s {joined}
        WHERE s.search MATCH :words AND {where.sql()}"""


def _earlier(where: Filter, columns: str) -> str:
    """Return the query of earlier texts with the words, where the newest one lacks them."""
    return f"""SELECT {columns} FROM search_earlier s CROSS JOIN revisions r ON r.id = s.rowid
        CROSS JOIN articles a ON a.id = r.article_id
        WHERE s.search_earlier MATCH :words AND {where.sql()}
            AND r.article_id NOT IN (SELECT rowid FROM search WHERE search MATCH :words)"""


def _counting(where: Filter, *, earlier: bool) -> str:
    texts = _newest(where, "s.rowid")
    if earlier:
        texts += f" UNION ALL SELECT * FROM ({_earlier(where, 'DISTINCT a.id')})"
    return f"SELECT count(*) FROM ({texts} LIMIT :most)"


def _choosing(where: Filter, sort: Sort, *, earlier: bool, many: bool) -> str:
    """Return the query of the finds to show: (article, revision, whether it is the newest)."""
    if sort == "relevance":
        texts = f"""SELECT id, NULL AS number, score FROM
            ({_newest(where, "s.rowid AS id, s.rank AS score")}
            ORDER BY s.rowid DESC LIMIT :ranked)"""
        order = "score, id"
    else:
        texts = _newest_by_time(where, many=many)
        order = "score DESC, id DESC"
    if earlier:
        texts += f" UNION ALL SELECT id, max(number), score FROM ({_once(where, sort)}) GROUP BY id"
    return f"""WITH texts AS MATERIALIZED ({texts})
        SELECT id, number FROM texts ORDER BY {order} LIMIT :limit OFFSET :offset"""


def _once(where: Filter, sort: Sort) -> str:
    """Return the query of the earlier texts to choose from."""
    if sort == "time":
        return _earlier(where, "a.id AS id, r.number AS number, a.listed_at AS score")
    found = _earlier(where, "a.id AS id, r.number AS number, s.rank AS score")
    return f"SELECT * FROM ({found} ORDER BY s.rowid DESC LIMIT :ranked)"


def _newest_by_time(where: Filter, *, many: bool) -> str:
    """Return the query of the newest finds.

    Where many texts have the words, the newest stories are tried one by one; else the few are
    sorted.
    """
    hint, number = "NOT INDEXED", "a.id"
    if many:
        hint, number = "INDEXED BY articles_listed", "+a.id"
    walk = f"""SELECT a.id AS id, NULL AS number, a.listed_at AS score
        FROM articles a {hint} {where.joined_texts()}
        WHERE {number} IN (SELECT rowid FROM search WHERE search MATCH :words)
            AND a.listed_at IS NOT NULL AND {where.sql()}
        ORDER BY a.listed_at DESC, a.id DESC LIMIT :last"""
    return f"SELECT * FROM ({walk})"


_TEXTS = """SELECT a.id AS article_id, a.site, a.url, r.headline, r.published_at,
    a.listed_at, r.section,
    r.number AS revision, r.number = a.revision AS is_newest, r.deck, r.body
    FROM json_each(:chosen) c JOIN articles a ON a.id = json_extract(c.value, '$[0]')
    JOIN revisions r ON r.article_id = a.id
        AND r.number = coalesce(json_extract(c.value, '$[1]'), a.revision)
    ORDER BY c.key"""


def _hits(db: Database, words: str, chosen: list[tuple[int, int | None]]) -> Iterator[Hit]:
    """Yield the finds with their texts.

    The words are marked by an index of these few texts alone: in that of all texts, each snippet
    would cost what the search cost.
    """
    db.conn.execute("DROP TABLE IF EXISTS temp.shown")
    db.conn.execute("CREATE VIRTUAL TABLE temp.shown USING fts5(headline, deck, body)")
    try:
        for begin in range(0, len(chosen), BATCH):
            texts = {"chosen": json.dumps(chosen[begin : begin + BATCH])}
            rows = list(db.query(_TEXTS, texts))
            marked = _marked(db, words, rows)
            for row in rows:
                del row["deck"], row["body"]
                row["is_newest"] = bool(row["is_newest"])
                yield Hit(**row, marked=marked.get(row["article_id"], ""))
    finally:
        with suppress(sqlite3.OperationalError):  # a value that broke the reading still holds it
            db.conn.execute("DROP TABLE temp.shown")


def _marked(db: Database, words: str, rows: list[dict[str, Any]]) -> dict[int, str]:
    """Return a piece of each text, by article: of its body, if that has one of the words."""
    db.conn.execute("DELETE FROM shown")
    db.conn.executemany(
        "INSERT INTO shown (rowid, headline, deck, body)"
        " VALUES (:article_id, :headline, :deck, :body)",
        rows,
    )
    marks = f"'{BEGIN}', '{END}', '…', 24"
    snippets = db.conn.execute(
        f"""SELECT rowid, snippet(shown, 2, {marks}), snippet(shown, -1, {marks})
        FROM shown WHERE shown MATCH ?""",
        [words],
    )
    return {number: body if BEGIN in body else best for number, body, best in snippets}
