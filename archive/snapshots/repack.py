"""Packing kept snapshots with another dictionary."""

from collections.abc import Iterable

from sqlite_utils import Database

from archive.database.rows import column, update_row, value
from archive.errors import ArchiveDamaged
from archive.snapshots import compression
from archive.snapshots.dictionaries import Dictionaries

Frame = tuple[int, bytes]
"""(snapshot id, packed bytes)"""


class Repacking:
    """The packed bytes of the table `snapshots`; write inside a transaction."""

    def __init__(self, db: Database, dictionaries: Dictionaries) -> None:
        self._db = db
        self.dictionaries = dictionaries

    def body(self, snapshot_id: int) -> bytes:
        """Return the bytes of one snapshot without its further parts; raises ArchiveDamaged."""
        packed, digest, dictionary_id = self._snapshot(snapshot_id)
        dictionary = self.dictionaries.content(dictionary_id)
        return compression.unpack(packed, digest, dictionary, name=f"snapshot {snapshot_id}")

    def packed_size(self, snapshot_ids: Iterable[int]) -> int:
        """Return the bytes that these snapshots take now."""
        return sum(len(self._snapshot(number)[0]) for number in snapshot_ids)

    def packed_with(self, dictionary_id: int, *, limit: int) -> list[int]:
        """Return the oldest snapshots packed with this dictionary, at most `limit`."""
        statement = "SELECT id FROM snapshots WHERE dictionary_id = ? ORDER BY id LIMIT ?"
        return column(self._db, statement, dictionary_id, limit)

    def frames(self, snapshot_ids: Iterable[int], dictionary_id: int | None) -> list[Frame]:
        """Return new, verified frames of these snapshots; writes nothing."""
        dictionary = self.dictionaries.content(dictionary_id)
        frames = []
        for number in snapshot_ids:
            packed = compression.pack(self.body(number), dictionary)
            compression.unpack(packed, self._snapshot(number)[1], dictionary)
            frames.append((number, packed))
        return frames

    def replace(self, frames: Iterable[Frame], dictionary_id: int | None) -> None:
        """Replace the snapshots' frames by these, which are packed with this dictionary."""
        for number, packed in frames:
            update_row(self._db, "snapshots", number, packed=packed, dictionary_id=dictionary_id)

    def move(self, old: int, *, limit: int) -> int:
        """Repack up to `limit` snapshots of the dictionary `old` with the site's newest other one,
        or with none.

        Returns the number of snapshots repacked, 0 if none is left; raises ArchiveDamaged.
        """
        other = """SELECT max(d.id) FROM dictionaries o
            JOIN dictionaries d ON d.site = o.site AND d.id <> o.id
            WHERE o.id = ? AND d.retired_at IS NULL"""
        new = value(self._db, other, old)
        numbers = self.packed_with(old, limit=limit)
        self.replace(self.frames(numbers, new), new)
        return len(numbers)

    def _snapshot(self, snapshot_id: int) -> tuple[bytes, str, int | None]:
        row: tuple[bytes, str, int | None] | None = self._db.conn.execute(
            "SELECT packed, digest, dictionary_id FROM snapshots WHERE id = ?", (snapshot_id,)
        ).fetchone()
        if row is None:
            raise ArchiveDamaged(f"snapshot {snapshot_id} is not in the archive")
        return row
