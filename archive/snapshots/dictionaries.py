"""The dictionaries that a site's pages are packed with: named, read by number, retired, never
forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlite_utils import Database

from archive.database.clock import Clock, instant
from archive.errors import ArchiveDamaged, ArchiveError
from archive.identity import bytes_digest
from archive.snapshots import compression


class Dictionaries:
    """The dictionaries of an archive: `suara-1`, `suara-2` ...; writes belong inside a transaction
    of the Archive.

    A row is never deleted, and neither its number nor its name is ever given again: another process
    may still pack with it. A retired one packs nothing new; an erased one has lost its bytes as
    well.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._content = lru_cache(maxsize=16)(self._read)
        self._newest: dict[str, int | None] = {}

    def forget(self) -> None:
        """After a transaction that was taken back: a dictionary made in it does not exist."""
        self._newest.clear()
        self._content.cache_clear()

    def content(self, dictionary_id: int | None) -> bytes | None:
        """Bytes of a dictionary, None for none; raises ArchiveDamaged where it is missing or its
        digest does not check.
        """
        return None if dictionary_id is None else self._content(dictionary_id)

    def problem(self, dictionary_id: int | None) -> str | None:
        """Why a dictionary can pack and unpack nothing; None for one that is sound, and for none."""
        try:
            self.content(dictionary_id)
        except ArchiveDamaged as error:
            return str(error)
        return None

    def newest(self, site: str) -> int | None:
        """The dictionary in force as far as this process knows; one that it does not know yet harms
        nothing.
        """
        return self._newest[site] if self._newest.get(site) is not None else self.in_force(site)

    def in_force(self, site: str) -> int | None:
        """The site's newest dictionary that is not retired, read anew from the archive; None where
        there is none.
        """
        row = self._db.conn.execute(
            "SELECT max(id) FROM dictionaries WHERE site = ? AND retired_at IS NULL", (site,)
        ).fetchone()
        self._newest[site] = row[0]
        return self._newest[site]

    def site(self, dictionary_id: int) -> str:
        """The site whose pages it packs; raises ArchiveDamaged where there is no such dictionary."""
        row = self._db.conn.execute(
            "SELECT site FROM dictionaries WHERE id = ?", (dictionary_id,)
        ).fetchone()
        if row is None:
            raise ArchiveDamaged(f"dictionary {dictionary_id} is not in the archive")
        return str(row[0])

    def is_retired(self, dictionary_id: int, site: str) -> bool:
        """Whether nothing may be packed with it any more."""
        # By the index of those in force: the row itself has its bytes before the column.
        statement = "SELECT 1 FROM dictionaries INDEXED BY dictionaries_in_force WHERE site = ? AND id = ? AND retired_at IS NULL"
        return self._db.conn.execute(statement, (site, dictionary_id)).fetchone() is None

    def made_after(self, dictionary_id: int) -> int:
        """How many pages of its site had been kept when it was made."""
        (pages,) = self._db.conn.execute(
            "SELECT after_snapshots FROM dictionaries WHERE id = ?", (dictionary_id,)
        ).fetchone()
        return int(pages)

    def of_site(self, site: str) -> list[int]:
        """All that still have their bytes, retired ones included, newest first."""
        statement = (
            "SELECT id FROM dictionaries WHERE site = ? AND length(packed) > 0 ORDER BY id DESC"
        )
        return [number for (number,) in self._db.conn.execute(statement, (site,))]

    def holding(self, site: str, *bodies: bytes) -> list[int]:
        """The dictionaries that were made of one of these pages among others, oldest first; each is
        read once.

        A dictionary holds a page whole, or its beginning where pages were cut: at least a fourth of
        the room there is. One that is damaged is among them: nobody can tell what it holds.
        """
        pieces = [
            body[: compression.MAX_DICTIONARY_BYTES // compression.FEWEST_PAGES]
            for body in bodies
            if body
        ]
        return [
            number
            for number in reversed(self.of_site(site))
            if pieces and self._holds(number, pieces)
        ]

    def add(self, site: str, pages: Sequence[bytes], *, after: int) -> int:
        """Write a dictionary made of these pages, oldest first, and put it in force; `after` so
        many pages were kept.
        """
        content = compression.dictionary_of(pages)
        row = self._db.conn.execute(
            """INSERT INTO dictionaries (site, name, created_at, digest, packed, after_snapshots)
            SELECT :site, :site || '-' || (1 + count(*)), :created_at, :digest, :packed, :after
            FROM dictionaries WHERE site = :site RETURNING id""",
            {
                "site": site,
                "created_at": instant(self._clock.now),
                "digest": bytes_digest(content),
                "packed": compression.pack(content),
                "after": after,
            },
        ).fetchone()
        self._newest[site] = row[0]
        return int(row[0])

    def retire(self, dictionary_id: int) -> None:
        """Never pack with it again; what was packed with it stays readable."""
        self._db.conn.execute(
            "UPDATE dictionaries SET retired_at = coalesce(retired_at, ?) WHERE id = ?",
            (instant(self._clock.now), dictionary_id),
        )
        self._newest.clear()

    def erase(self, dictionary_id: int) -> None:
        """Retire it and take its bytes out of the archive; raises ArchiveError while a snapshot is
        packed with it.
        """
        if self._db.conn.execute(
            "SELECT 1 FROM snapshots WHERE dictionary_id = ? LIMIT 1", (dictionary_id,)
        ).fetchone():
            raise ArchiveError(
                f"dictionary {self.name(dictionary_id)} cannot be erased: there are snapshots packed with it"
            )
        self.retire(dictionary_id)
        self._db.conn.execute("UPDATE dictionaries SET packed = x'' WHERE id = ?", (dictionary_id,))
        self._content.cache_clear()

    def _holds(self, dictionary_id: int, pieces: Sequence[bytes]) -> bool:
        try:
            content = self._content(dictionary_id)
        except ArchiveDamaged:
            return True
        return any(piece in content for piece in pieces)

    def name(self, dictionary_id: int) -> str:
        """`suara-1`; its number where it has no name, or where there is no such dictionary."""
        row = self._db.conn.execute(
            "SELECT name FROM dictionaries WHERE id = ?", (dictionary_id,)
        ).fetchone()
        return str(row[0]) if row is not None and row[0] else str(dictionary_id)

    def _read(self, dictionary_id: int) -> bytes:
        row = self._db.conn.execute(
            "SELECT packed, digest FROM dictionaries WHERE id = ?", (dictionary_id,)
        ).fetchone()
        name = f"dictionary {self.name(dictionary_id)}"
        if row is None:
            raise ArchiveDamaged(f"{name} is not in the archive")
        if not row[0]:
            raise ArchiveDamaged(f"{name} was erased, and cannot unpack anything")
        return compression.unpack(row[0], row[1], name=name)
