"""The search indexes: compared with the texts bit by bit, and built anew from them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, starmap, zip_longest
from operator import eq

from sqlite_utils import Database

from archive.archive import Archive
from archive.database.connection import read_transaction
from archive.database.rows import column, value
from archive.database.schema import SEARCH, SEARCH_EARLIER


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A full-text index over a view of `revisions`."""

    name: str
    view: str
    definition: str
    replaced: str
    """Query of the documents that may have replaced an earlier text of theirs."""

    def sql(self, statement: str) -> str:
        """Return a statement on `search` and its tables as one on this index."""
        return re.sub(r"\bsearch(?=_|\b)", self.name, statement)


NEWEST = Index(
    name="search",
    view="searchable",
    definition=SEARCH[-1],
    replaced="SELECT id FROM articles WHERE revision != 1",
)
EARLIER = Index(
    name="search_earlier",
    view="searchable_earlier",
    definition=SEARCH_EARLIER[-1],
    replaced="SELECT NULL WHERE 0",  # what was replaced is never replaced again
)
INDEXES = {"the newest texts": NEWEST, "earlier texts": EARLIER}

_PARTS = ("config", "data", "idx", "docsize")
"""The tables behind it: `search_config` and so on."""
_CONFIG = ("version", 4)
"""The whole table `search_config`: FTS5's format of the file; nothing else was ever set."""
_STRUCTURE = 10
"""The id in `search_data` of the list of segments."""
_SEGMENT_BITS, _DOCLIST_BIT, _PAGE_BITS = 37, 36, 31
"""The ids of all other rows of `search_data`: segment, whether it is an index of a long list of
documents, height, page."""


def problem(db: Database, index: Index, *, quick: bool = False) -> str | None:
    """Return what is wrong with a search index, by FTS5's own comparison with the texts.

    It is done on a temporary copy: FTS5 compares inside a write transaction only, and an archive
    is verified while crawls write, and on read-only media. Entries of replaced texts, which no
    search reads and the next merge drops, are not compared. `quick` leaves out what neither changes
    a result: marks within the pages.
    """
    if db.conn.execute(index.sql("SELECT k, v FROM search_config")).fetchall() != [_CONFIG]:
        return "its settings are damaged"
    structure = value(db, index.sql("SELECT block FROM search_data WHERE id = ?"), _STRUCTURE)
    if not isinstance(structure, bytes) or any(structure[:4]):  # counts changes of settings
        return "its list of segments is damaged"
    try:
        with read_transaction(db), _copied(db, index):
            check = "INSERT INTO index_copy (index_copy, rank) VALUES ('integrity-check', 1)"
            db.conn.execute(check)
            if not (quick or _same_words(db, index)):
                return "it differs from the texts"
    except sqlite3.DatabaseError as error:
        return f"it differs from the texts ({error})"
    if quick:
        return next(_wrong_entries(db, index), None)
    return next(chain(_wrong_entries(db, index), _wrong_pages(db, index)), None)


def rebuild(archive: Archive, *, now: datetime) -> None:
    """Build both indexes anew, in one transaction, whatever is wrong with them."""
    with archive.transaction(now):
        for index in INDEXES.values():
            _rebuild(archive.db.conn, index)


def _rebuild(conn: sqlite3.Connection, index: Index) -> None:
    # FTS5 opens no damaged index, not even to drop it: its tables become those of an empty one.
    conn.execute(_temporary(index, "empty_index", over=index.view))
    for part in _PARTS:
        conn.execute(index.sql(f"DELETE FROM search_{part}"))  # noqa: S608 - constants
        empty = f"SELECT * FROM temp.empty_index_{part}"  # noqa: S608 - constants
        conn.execute(index.sql(f"INSERT INTO search_{part} {empty}"))
    conn.execute("DROP TABLE temp.empty_index")
    conn.execute(index.sql("INSERT INTO search (search) VALUES ('rebuild')"))


@contextmanager
def _copied(db: Database, index: Index) -> Iterator[None]:
    """Copy the index into this connection's temporary database, over the same texts."""
    conn = db.conn
    copied = f"SELECT * FROM main.{index.view}"  # noqa: S608 - constants
    conn.execute(f"CREATE TEMP VIEW searchable_copy AS {copied}")
    try:
        conn.execute(_temporary(index, "index_copy"))
        for part in _PARTS:
            conn.execute(f"DELETE FROM temp.index_copy_{part}")  # noqa: S608 - constants
            rows = index.sql(f"SELECT * FROM main.search_{part}")  # noqa: S608 - constants
            conn.execute(f"INSERT INTO temp.index_copy_{part} {rows}")
        yield
    finally:
        conn.execute("DROP TABLE IF EXISTS temp.index_copy")
        conn.execute("DROP VIEW temp.searchable_copy")


def _same_words(db: Database, index: Index) -> bool:
    """Compare the copy word by word, with their places, with an index made anew.

    FTS5's own checksum is a sum in which some pairs of errors cancel out.
    """
    conn = db.conn
    words = "CREATE VIRTUAL TABLE temp.{0}_words USING fts5vocab(temp, {0}, instance)"
    conn.execute(words.format("index_copy"))
    made, wanted = (
        f"SELECT * FROM temp.{name}_words"  # noqa: S608 - constants
        for name in ("index_copy", "index_anew")
    )
    try:
        conn.execute(_temporary(index, "index_anew"))
        conn.execute("INSERT INTO index_anew (index_anew) VALUES ('rebuild')")
        conn.execute(words.format("index_anew"))
        pairs = zip_longest(conn.execute(made), conn.execute(wanted))
        return all(starmap(eq, pairs))
    finally:
        for name in ("index_copy_words", "index_anew_words", "index_anew"):
            conn.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _temporary(index: Index, name: str, *, over: str = "searchable_copy") -> str:
    """Return the statement that makes such an index in the temporary database."""
    definition = index.definition.replace(f"{index.name} USING", f"temp.{name} USING")
    return definition.replace(f"'{index.view}'", f"'{over}'")


def _wrong_entries(db: Database, index: Index) -> Iterator[str]:
    """Compare `search_idx`, by which a word's page is found, with the pages themselves.

    FTS5's comparison only looks whether a page begins at or after its entry. An entry is the start
    of its page's first word. A merge that is under way removed the first pages of a segment and
    shortened the next one, but not their entries.
    """
    first = _first_pages(db, index)
    entries = db.conn.execute(
        index.sql("""SELECT i.segid, i.term, i.pgno >> 1, i.pgno & 1, d.block, EXISTS (SELECT 1
            FROM search_data l WHERE l.id = (i.segid << ?) + (1 << ?) + (i.pgno >> 1))
        FROM search_idx i LEFT JOIN search_data d ON d.id = (i.segid << ?) + (i.pgno >> 1)"""),
        (_SEGMENT_BITS, _DOCLIST_BIT, _SEGMENT_BITS),
    )
    found: dict[int, int] = {}
    for segment, term, page, has_list, block, list_exists in entries:
        name = f"page {page} of its segment {segment}"
        begins = first.get(segment)
        if begins is None:
            yield f"there is no segment {segment}"
        elif page > begins or begins == 1:
            found[segment] = found.get(segment, 0) + 1
            if block is None or not _first_word(block).startswith(_bytes(term)):
                yield f"{name} does not begin as its entry says"
            elif has_list != list_exists:
                yield f"{name} lacks its list, or has one too many"
    for segment, pages in _pages_with_words(db, index, first).items():
        if found.get(segment, 0) != pages:
            yield f"pages of its segment {segment} have no entry"


def _wrong_pages(db: Database, index: Index) -> Iterator[str]:
    """Read every page from front to back, and compare its two lists of places with what is there.

    An entry is a document, the length of its list of positions, and a mark that it replaces an
    earlier entry, which only a story with two revisions can have.
    """
    edited = set(column(db, index.replaced))
    left = 0  # bytes of a list of positions that goes on on the next page
    for segment, page, block in _pages(db, index):
        places = _places_of_words(block)
        end = int.from_bytes(block[2:4], "big")
        at, first_row, word, document = 4, 0, 0, 0
        at, left = min(at + left, end), max(0, at + left - end)
        while at < end:
            if word < len(places) and at == places[word]:
                at = _after_word(block, at, first=word == 0)
                word, document = word + 1, 0
            if word == 0:
                first_row = first_row or at
            row, at = _number(block, at)
            document += row
            size, at = _number(block, at)
            if size & 1 and document not in edited:
                yield f"page {page} of its segment {segment} marks {document} as replaced"
            at, left = min(at + (size >> 1), end), max(0, at + (size >> 1) - end)
        if at != end or word != len(places) or first_row != int.from_bytes(block[:2], "big"):
            yield f"page {page} of its segment {segment} names places where nothing begins"


def _after_word(block: bytes, place: int, *, first: bool) -> int:
    """Return where a word ends; all but a page's first say how much they share with the last."""
    if not first:
        _shared, place = _number(block, place)
    length, place = _number(block, place)
    return place + length


def _places_of_words(block: bytes) -> list[int]:
    """Return where words begin: bytes 2 and 3 are the place of that list, behind the entries."""
    at, place, places = int.from_bytes(block[2:4], "big"), 0, []
    while at < len(block):
        step, at = _number(block, at)
        place += step
        places.append(place)
    return places


def _first_pages(db: Database, index: Index) -> dict[int, int]:
    """Return the first page of each segment."""
    return dict(
        db.conn.execute(
            index.sql("""SELECT id >> ?, min(id & ?) FROM search_data
            WHERE id > ? AND (id >> ?) & 63 = 0 GROUP BY 1"""),
            (_SEGMENT_BITS, (1 << _PAGE_BITS) - 1, _STRUCTURE, _PAGE_BITS),
        )
    )


def _pages_with_words(db: Database, index: Index, first: dict[int, int]) -> dict[int, int]:
    """Count the pages of each segment on which a word begins, but for a shortened first one."""
    counted: dict[int, int] = dict.fromkeys(first, 0)
    for segment, page, block in _pages(db, index):
        counted[segment] += bool(_first_word(block)) and (page > first[segment] or page == 1)
    return counted


def _pages(db: Database, index: Index) -> Iterator[tuple[int, int, bytes]]:
    """Yield (segment, page, bytes) in the order of segments and pages."""
    return db.conn.execute(
        index.sql("""SELECT id >> ?, id & ?, block FROM search_data
        WHERE id > ? AND (id >> ?) & 63 = 0 ORDER BY id"""),
        (_SEGMENT_BITS, (1 << _PAGE_BITS) - 1, _STRUCTURE, _PAGE_BITS),
    )


def _first_word(block: bytes) -> bytes:
    """Return the first word that begins on a page; nothing where none does."""
    place = next(iter(_places_of_words(block)), None)
    if place is None:
        return b""
    length, begin = _number(block, place)
    return block[begin : begin + length]


def _number(block: bytes, place: int) -> tuple[int, int]:
    """Return SQLite's variable-length number at a place, and where it ends; 0 after the end."""
    found, begin = 0, place
    for byte in block[place : place + 9]:
        place += 1
        found = found << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return found, max(place, begin + 1)


def _bytes(term: bytes | str) -> bytes:
    return term.encode() if isinstance(term, str) else term
