"""Repacking of snapshots with another dictionary; every new frame is verified before it is used."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from archive.errors import ArchiveDamaged
from archive.snapshots import compression
from archive.snapshots.dictionaries import Dictionaries

Frame = tuple[int, bytes]
"""(snapshot id, packed bytes)"""


class Repacker:
    """Reads and repacks single snapshots; write inside a transaction."""

    def __init__(self, db: Database, dictionaries: Dictionaries) -> None:
        self._execute = db.conn.execute
        self._execute_many = db.conn.executemany
        self._dictionaries = dictionaries

    def body(self, snapshot_id: int) -> bytes:
        """Return the bytes of one snapshot without its further parts; raises ArchiveDamaged."""
        packed, digest, dictionary_id = self._row(snapshot_id)
        dictionary = self._dictionaries.content(dictionary_id)
        return compression.unpack(packed, digest, dictionary, name=f"snapshot {snapshot_id}")

    def packed_size(self, snapshot_ids: Iterable[int]) -> int:
        """Return the bytes that these snapshots take now."""
        return sum(len(self._row(number)[0]) for number in snapshot_ids)

    def packed_with(self, dictionary_id: int, *, limit: int) -> list[int]:
        """Return the oldest snapshots packed with this dictionary, at most `limit`."""
        statement = "SELECT id FROM snapshots WHERE dictionary_id = ? ORDER BY id LIMIT ?"
        return [number for (number,) in self._execute(statement, (dictionary_id, limit))]

    def frames(self, snapshot_ids: Iterable[int], dictionary_id: int | None) -> list[Frame]:
        """Return new, verified frames of these snapshots; writes nothing."""
        dictionary = self._dictionaries.content(dictionary_id)
        made = []
        for number in snapshot_ids:
            packed = compression.pack(self.body(number), dictionary)
            compression.unpack(packed, self._row(number)[1], dictionary)
            made.append((number, packed))
        return made

    def replace(self, frames: Iterable[Frame], dictionary_id: int | None) -> None:
        """Replace the snapshots' frames by these, which are packed with this dictionary."""
        self._execute_many(
            "UPDATE snapshots SET packed = ?, dictionary_id = ? WHERE id = ?",
            [(packed, dictionary_id, number) for number, packed in frames],
        )

    def move(self, old: int, *, limit: int) -> int:
        """Repack up to `limit` snapshots of the dictionary `old` with the site's newest other one,
        or with none.

        Returns the number of snapshots repacked, 0 if none is left; raises ArchiveDamaged.
        """
        (new,) = self._execute(
            """SELECT max(d.id) FROM dictionaries o
                JOIN dictionaries d ON d.site = o.site AND d.id <> o.id
            WHERE o.id = ? AND d.retired_at IS NULL""",
            (old,),
        ).fetchone()
        numbers = self.packed_with(old, limit=limit)
        self.replace(self.frames(numbers, new), new)
        return len(numbers)

    def _row(self, snapshot_id: int) -> tuple[bytes, str, int | None]:
        row: tuple[bytes, str, int | None] | None = self._execute(
            "SELECT packed, digest, dictionary_id FROM snapshots WHERE id = ?", (snapshot_id,)
        ).fetchone()
        if row is None:
            raise ArchiveDamaged(f"snapshot {snapshot_id} is not in the archive")
        return row
