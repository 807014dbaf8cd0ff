"""From datatrove's clusters to those of an archive: their numbers, and their first stories."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.writers.parquet import ParquetWriter

from archive.corpus.intermediate import parquet_writer
from archive.corpus.many.catalogue import ClusterStep
from archive.database.clock import exact
from archive.database.rows import insert_row
from archive.syndication.clusters import Clusters

PLACED = pa.schema([("article_id", pa.int64()), ("cluster", pa.int64())])
NONE = -1
"""datatrove's number of no cluster."""


def placed_writer(folder: Path) -> ParquetWriter:
    """Return the writer of documents with the number of their cluster."""
    return parquet_writer(folder, PLACED, _placed)


def _placed(_writer: ParquetWriter, document: Document) -> dict[str, Any]:
    return {
        "article_id": int(document.id),
        "cluster": document.metadata.get("minhash_cluster_id", NONE),
    }


class EveryTask(ClusterStep):
    """Makes the files that datatrove's last block expects, also for tasks without duplicates.

    Where a task has no file of removals, that block passes on its documents without the numbers of
    their clusters.
    """

    name = "warta tasks without duplicates"

    def do(self, rank: int, world_size: int) -> None:
        """Make them."""
        folder = self.job.folder("found")
        folder.mkdir(parents=True, exist_ok=True)
        for task in range(len(self.job.ranges)):
            for ending in ("remove", "clusters"):
                (folder / f"{task:06d}.{ending}").touch()


class Members(ClusterStep):
    """Writes the clusters into the catalogue, as an archive has them; a single task."""

    name = "warta clusters"

    def do(self, rank: int, world_size: int) -> None:
        """Write them."""
        with self.job.clusters() as clusters:
            rows = [row for members in self._clusters() for row in _rows(clusters, members)]
        since = exact(self.job.as_of)
        with self.job.written() as db:
            db.conn.execute("DELETE FROM members")
            db.conn.execute("DELETE FROM memberships")
            for row in sorted(rows, key=itemgetter("article_id")):
                insert_row(db, "members", row)
                insert_row(db, "memberships", row | {"since": since})

    def _clusters(self) -> Iterator[list[int]]:
        """Yield the articles of each cluster."""
        placed = sorted(
            (cluster, article)
            for name in ("first", "others")
            for path in sorted(self.job.folder(name).glob("*.parquet"))
            for article, cluster in _placements(path)
        )
        for _cluster, some in groupby(placed, key=itemgetter(0)):
            yield [article for _, article in some]


def _placements(path: Path) -> Iterator[tuple[int, int]]:
    table = pq.read_table(path, filters=[("cluster", "!=", NONE)])
    return zip(*(table[name].to_pylist() for name in PLACED.names), strict=True)


def _rows(clusters: Clusters, articles: list[int]) -> Iterator[dict[str, Any]]:
    """Yield rows of `members`, without what no corpus reads: how similar they are to the first."""
    found = clusters.candidates(articles)
    number = min(each.article_id for each in found)
    for each in found:
        yield {
            "article_id": each.article_id,
            "cluster_id": number,
            "similarity": 0.0,
            "containment": 0.0,
            "of_first": 0.0,
            "is_first": each is found[0],
        }
