"""Which texts meet, from the files of datatrove's buckets, and which of those are one text.

A bucket's file has its duplicates as a chain: each document of a signature with the next one. As a
document has one signature in a bucket, the pairs that follow one another are all documents of that
signature. So the files hold what an archive keeps in `bands`: there they are put, and the archive's
own code judges who meets whom.
"""

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.corpus.many.catalogue import ClusterStep, noted_articles
from archive.corpus.many.signatures import BUCKETS
from archive.database.rows import column, value
from archive.maintenance.rebuild_clusters import links
from archive.syndication.signatures import ALGORITHM, ROWS, band_key

UNIT = 1_000
"""Articles whose links are found together, whatever the number of tasks: of texts of one template,
a link that is known already saves comparisons, which are limited.
"""
BATCH = 500
ROWS_AT_ONCE = 100_000

Integers = NDArray[np.int64]


class Meetings(ClusterStep):
    """Writes the texts and the keys that they share into the catalogue; a single task."""

    name = "warta meetings"

    def do(self, rank: int, world_size: int) -> None:
        """Write them."""
        with self.job.written() as db:
            db.conn.execute("DELETE FROM bands")
            db.conn.execute("DELETE FROM article_texts")
            db.conn.execute("DELETE FROM texts")
            for task in range(len(self.job.ranges)):
                _write_texts(db, self.job.noted(task))
            statement = "SELECT text_id FROM article_texts ORDER BY article_id"
            texts = _integers(db, statement)
            counts = (len(noted_articles(self.job, task)) for task in range(len(self.job.ranges)))
            first = np.array([0, *accumulate(counts)], dtype=np.int64)
            for bucket in range(BUCKETS):
                for path in sorted(self.job.folder("buckets").glob(f"{bucket:05d}_*.dups")):
                    _write_keys(db, bucket, _groups(path, first, texts))


def _write_texts(db: Database, path: Path) -> None:
    if not path.exists():
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH):
            rows = batch.to_pylist()
            db.conn.executemany(
                """INSERT INTO texts (digest, algorithm, signature)
                VALUES (:digest, :algorithm, :signature) ON CONFLICT (digest) DO NOTHING""",
                [row | {"algorithm": ALGORITHM} for row in rows],
            )
            db.conn.executemany(
                """INSERT INTO article_texts (article_id, text_id)
                SELECT :article_id, id FROM texts WHERE digest = :digest""",
                rows,
            )


def _integers(db: Database, statement: str) -> Integers:
    return np.fromiter((number for (number,) in db.conn.execute(statement)), dtype=np.int64)


def _groups(path: Path, first: Integers, texts: Integers) -> Iterator[list[int]]:
    """Yield the texts of each signature that several texts of the file have, ascending."""
    pairs = np.fromfile(path, dtype="<u4").astype(np.int64).reshape(-1, 4)
    ones, others = first[pairs[:, 0]] + pairs[:, 1], first[pairs[:, 2]] + pairs[:, 3]
    begins = np.ones(len(pairs), dtype=bool)
    begins[1:] = ones[1:] != others[:-1]
    group = np.cumsum(begins)
    # Sorted by group and text, each once: articles with equal texts meet in every bucket.
    most = int(texts.max(initial=0)) + 1
    found = np.unique(
        np.concatenate((group[begins] * most + texts[ones[begins]], group * most + texts[others]))
    )
    groups, members = np.divmod(found, most)
    ends = np.flatnonzero(np.diff(groups)) + 1
    for some in np.split(members, ends):
        if len(some) > 1:
            yield some.tolist()


def _write_keys(db: Database, bucket: int, groups: Iterator[list[int]]) -> None:
    for some in chunks(groups, ROWS_AT_ONCE):
        rows = [
            (key, text)
            for members in some
            for key in (_key(db, bucket, members[0]),)
            for text in members
        ]
        db.conn.executemany("INSERT INTO bands VALUES (?, ?)", sorted(rows))


def _key(db: Database, bucket: int, text: int) -> int:
    packed = value(
        db,
        "SELECT substr(signature, ?, ?) FROM texts WHERE id = ?",
        4 * ROWS * bucket + 1,
        4 * ROWS,
        text,
    )
    return band_key(bucket, np.frombuffer(packed, dtype="<u4").tolist())


class ConfirmedLinks(ClusterStep):
    """Compares the texts that met, and writes the pairs that are one text in datatrove's format."""

    name = "warta links"

    def do(self, rank: int, world_size: int) -> None:
        """Compare every so many units of texts; raises ArchiveError."""
        found: list[tuple[int, int]] = []
        with self.job.clusters() as clusters:
            articles = np.array(
                column(clusters.db, "SELECT article_id FROM article_texts ORDER BY 1"),
                dtype=np.int64,
            )
            for start in range(rank * UNIT, len(articles), world_size * UNIT):
                unit = articles[start : start + UNIT]
                found += links(clusters, (int(unit[0]), int(unit[-1])), {})
        self.stat_update("links", value=len(found))
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        nodes = self._nodes(pairs)
        path = self.job.folder("links") / f"{rank:05d}.dups"
        path.parent.mkdir(parents=True, exist_ok=True)
        nodes.astype("<u4").tofile(path)

    def _nodes(self, pairs: Integers) -> Integers:
        """Return (task, place, task, place) of pairs of articles."""
        firsts = np.array([first for first, _last in self.job.ranges], dtype=np.int64)
        tasks = np.searchsorted(firsts, pairs, side="right") - 1
        places = np.zeros_like(pairs)
        for task in np.unique(tasks):
            noted = np.array(noted_articles(self.job, int(task)), dtype=np.int64)
            here = tasks == task
            places[here] = np.searchsorted(noted, pairs[here])
        return np.stack((tasks[:, 0], places[:, 0], tasks[:, 1], places[:, 1]), axis=1)
