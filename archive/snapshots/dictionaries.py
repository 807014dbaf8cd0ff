"""The compression dictionaries of an archive, which are never deleted."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from archive.database.clock import Clock, instant
from archive.database.rows import column, insert_row, update_row, value
from archive.errors import ArchiveDamaged, ArchiveError
from archive.identity import bytes_digest
from archive.snapshots import compression


class Dictionaries:
    """The table `dictionaries`: `suara-1`, `suara-2` ...; write inside a transaction.

    A row is never deleted, and its id and name are never reused: another process may still pack
    with it. A retired dictionary packs nothing new; an erased one has lost its bytes, too.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._execute = db.conn.execute
        self._clock = clock
        self._content = lru_cache(maxsize=16)(self._read)
        self._newest: dict[str, int | None] = {}

    def forget(self) -> None:
        """Drop the caches after a rollback: a dictionary made in it does not exist."""
        self._newest.clear()
        self._content.cache_clear()

    def content(self, dictionary_id: int | None) -> bytes | None:
        """Return a dictionary's bytes, None for None; raises ArchiveDamaged."""
        if dictionary_id is None:
            return None
        return self._content(dictionary_id)

    def problem(self, dictionary_id: int | None) -> str | None:
        """Return why a dictionary cannot be used; None if it can, and for None."""
        try:
            self.content(dictionary_id)
        except ArchiveDamaged as error:
            return str(error)
        return None

    def newest(self, site: str) -> int | None:
        """Return the effective dictionary as this process knows it; an older one does no harm."""
        return self._newest.get(site) or self.effective(site)

    def effective(self, site: str) -> int | None:
        """Read the site's newest dictionary that is not retired; None if there is none."""
        seen = self._clock.seen
        if (name := ("dictionary", site)) not in seen:
            effective = "SELECT max(id) FROM dictionaries WHERE site = ? AND retired_at IS NULL"
            seen[name] = self._newest[site] = value(self._db, effective, site)
        found: int | None = seen[name]
        return found

    def site(self, dictionary_id: int) -> str:
        """Return the site whose pages it packs; raises ArchiveDamaged if it does not exist."""
        site = self.cell("site", dictionary_id)
        if site is None:
            raise ArchiveDamaged(f"dictionary {dictionary_id} is not in the archive")
        return str(site)

    def name(self, dictionary_id: int) -> str:
        """Return its name, as in `suara-1`; its id if it has none or does not exist."""
        return str(self.cell("name", dictionary_id) or dictionary_id)

    def cell(self, name: str, dictionary_id: int) -> Any:
        """Return one value of its row; None if it does not exist."""
        statement = f"SELECT {name} FROM dictionaries WHERE id = ?"  # noqa: S608 - constants
        return value(self._db, statement, dictionary_id)

    def is_retired(self, dictionary_id: int, site: str) -> bool:
        """Whether nothing may be packed with it any more."""
        if dictionary_id == self._clock.seen.get(("dictionary", site)):
            return False
        # By the index: in the row itself the bytes come before the column.
        usable = """SELECT 1 FROM dictionaries INDEXED BY dictionaries_in_force
            WHERE site = ? AND id = ? AND retired_at IS NULL"""
        return value(self._db, usable, site, dictionary_id) is None

    def of_site(self, site: str) -> list[int]:
        """Return all that have not been erased, retired ones included, newest first."""
        usable = "SELECT id FROM dictionaries WHERE site = ? AND length(packed) > 0"
        return column(self._db, f"{usable} ORDER BY id DESC", site)

    def holding(self, site: str, *bodies: bytes) -> list[int]:
        """Return the dictionaries that were made of one of these pages, oldest first.

        A dictionary holds a page whole, or its beginning if pages were cut: at least a fourth of
        the dictionary's maximum size. A damaged one is included, as it may hold anything.
        """
        smallest = compression.MAX_DICTIONARY_BYTES // compression.MIN_PAGES
        pieces = [body[:smallest] for body in bodies if body]
        if not pieces:
            return []
        return [number for number in reversed(self.of_site(site)) if self._holds(number, pieces)]

    def add(self, site: str, pages: Sequence[bytes], *, after: int) -> int:
        """Write a dictionary made of these pages, oldest first, and return its id; from now on it
        is the effective one. `after` is the number of pages kept so far.
        """
        content = compression.dictionary_of(pages)
        made = value(self._db, "SELECT count(*) FROM dictionaries WHERE site = ?", site)
        row = {
            "site": site,
            "name": f"{site}-{1 + made}",
            "created_at": instant(self._clock.now),
            "digest": bytes_digest(content),
            "packed": compression.pack(content),
            "after_snapshots": after,
        }
        number = insert_row(self._db, "dictionaries", row)
        self._newest[site] = self._clock.seen["dictionary", site] = number
        return number

    def retire(self, dictionary_id: int) -> None:
        """Pack nothing with it any more; what was packed with it stays readable."""
        self._execute(
            "UPDATE dictionaries SET retired_at = coalesce(retired_at, ?) WHERE id = ?",
            (instant(self._clock.now), dictionary_id),
        )
        self._newest.clear()
        self._clock.seen.clear()

    def erase(self, dictionary_id: int) -> None:
        """Retire it and delete its bytes; raises ArchiveError if a snapshot is packed with it."""
        packed = "SELECT 1 FROM snapshots WHERE dictionary_id = ? LIMIT 1"
        if value(self._db, packed, dictionary_id) is not None:
            name = self.name(dictionary_id)
            raise ArchiveError(f"dictionary {name} cannot be erased: snapshots are packed with it")
        self.retire(dictionary_id)
        update_row(self._db, "dictionaries", dictionary_id, packed=b"")
        self._content.cache_clear()

    def _holds(self, dictionary_id: int, pieces: Sequence[bytes]) -> bool:
        try:
            content = self._content(dictionary_id)
        except ArchiveDamaged:
            return True
        return any(piece in content for piece in pieces)

    def _read(self, dictionary_id: int) -> bytes:
        row = self._execute(
            "SELECT packed, digest FROM dictionaries WHERE id = ?", (dictionary_id,)
        ).fetchone()
        name = f"dictionary {self.name(dictionary_id)}"
        if row is None:
            raise ArchiveDamaged(f"{name} is not in the archive")
        if not row[0]:
            raise ArchiveDamaged(f"{name} was erased, and cannot unpack anything")
        return compression.unpack(row[0], row[1], name=name)
