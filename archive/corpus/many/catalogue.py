"""The archive of texts that stands for many archives while their corpus is built."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers.base import BaseReader
from sqlite_utils import Database

from archive.corpus.selection import opened
from archive.database.connection import immediate, open_file, plain_errors
from archive.syndication.clusters import Clusters
from archive.syndication.signatures import MIN_HEAD, MIN_WHOLE, Signature
from archive.syndication.texts import Texts

CATALOGUE = "stories.db"
"""In the work folder: the archive of texts."""

Ranges = tuple[tuple[int, int], ...]
"""First and last article id of each task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all stages that find clusters share."""

    path: Path
    """The catalogue."""
    work: Path
    as_of: datetime
    """Aware, UTC: clusters are those of the texts of that time."""
    ranges: Ranges

    def folder(self, name: str) -> Path:
        """Return the folder of what a stage writes."""
        return self.work / "clusters" / name

    def noted(self, task: int) -> Path:
        """Return the file of the texts of a task; there is none where it has none."""
        return self.folder("texts") / f"{task:05d}.parquet"

    @contextmanager
    def clusters(self) -> Iterator[Clusters]:
        """Open the catalogue as of the time, for reading."""
        with opened(self.path, self.as_of) as past:
            yield Clusters(past.db, past.clock, ManyTexts(past.db, past.clock))

    @contextmanager
    def written(self) -> Iterator[Database]:
        """Open the catalogue for writing, in one transaction. Other stages do not run then."""
        with plain_errors(self.path), closing(open_file(self.path, read_only=False)) as db:
            db.conn.execute("PRAGMA foreign_keys = OFF")
            with immediate(db):
                yield db


class ManyTexts(Texts):
    """Texts that meet hundreds of others, as they do among millions: compared at once by NumPy."""

    def _agreements(self, own: Signature, met: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        if not met:
            return {}
        numbers = np.array([number for number, _packed in met], dtype=np.int64)
        packed = np.frombuffer(b"".join(packed for _number, packed in met), dtype="<u4")
        mine = np.array([*own.whole, *own.head], dtype="<u4")
        same = packed.reshape(len(numbers), -1) == mine
        places = len(own.whole)
        whole, head = same[:, :places].sum(axis=1), same[:, places:].sum(axis=1)
        promising = (whole >= MIN_WHOLE) | (head >= MIN_HEAD)
        return dict(zip(numbers[promising].tolist(), whole[promising].tolist(), strict=True))


def ranges(path: Path, as_of: datetime, tasks: int) -> Ranges:
    """Cut the articles into ranges of the same size, at most as many as `tasks`."""
    with opened(path, as_of) as past:
        found = past.db.conn.execute(
            """SELECT min(id), max(id) FROM
                (SELECT id, ntile(?) OVER (ORDER BY id) AS task FROM articles)
            GROUP BY task ORDER BY task""",
            (tasks,),
        )
        return tuple(found.fetchall())


class ClusterStep(PipelineStep):
    """A step between datatrove's blocks, which reads and writes files of the job."""

    type = "🫂 - DEDUP"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove."""
        yield from data or ()
        with self.track_time():
            self.do(rank, world_size)

    @abstractmethod
    def do(self, rank: int, world_size: int) -> None:
        """Do a task; raises ArchiveError."""


class _JobReader(BaseReader):
    """Yields documents of a task."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove; raises ArchiveError."""
        yield from data or ()
        yield from self.documents(rank)

    @abstractmethod
    def documents(self, task: int) -> Iterator[Document]:
        """Yield them."""


class TextsReader(_JobReader):
    """Yields the texts of a task's range as of the time; their ids are those of the articles."""

    name = "warta texts"

    def documents(self, task: int) -> Iterator[Document]:
        """Yield them; raises ArchiveError."""
        statement = """SELECT article_id, body FROM latest WHERE article_id BETWEEN ? AND ?
            ORDER BY article_id"""
        with opened(self.job.path, self.job.as_of) as past:
            for number, body in past.db.conn.execute(statement, self.job.ranges[task]):
                with self.track_time():
                    document = Document(text=body, id=f"{number}")
                    self.update_doc_stats(document)
                yield document


class NotedReader(_JobReader):
    """Yields the documents of a task once more, in the order of their signatures, without texts."""

    name = "warta texts, noted"

    def documents(self, task: int) -> Iterator[Document]:
        """Yield them."""
        for number in noted_articles(self.job, task):
            yield Document(text="-", id=f"{number}")


def noted_articles(job: Job, task: int) -> Sequence[int]:
    """Return the article ids of a task's texts."""
    path = job.noted(task)
    if not path.exists():
        return []
    found: list[int] = pq.read_table(path, columns=["article_id"])["article_id"].to_pylist()
    return found
