"""The first stage as a datatrove pipeline: the same blocks on one machine, on Ray and on Slurm."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers.base import BaseReader

from archive.archive import Reader
from archive.corpus.filters import filters
from archive.corpus.filters.contamination import ContaminationFilter
from archive.corpus.filters.exclusions import Exclusions
from archive.corpus.filters.masking import MaskPersonalData
from archive.corpus.filters.references import write_index
from archive.corpus.filters.repeated import ParagraphDigests
from archive.corpus.filters.thresholds.tables import Personal
from archive.corpus.intermediate import dropped_writer, kept_writer
from archive.corpus.measures import MeasureText
from archive.corpus.recipe import Recipe
from archive.corpus.selection import DOUBTED, FETCHED, Shards, check_time, opened, within_days
from archive.database.rows import column
from archive.errors import ArchiveDamaged
from archive.monitoring.drift import drifted_articles

DECIDING = (
    "warta datatrove pyarrow numpy spacy py3langid regex phonenumbers matplotlib pillow jinja2"
    " huggingface_hub pyyaml rensa".split()
)
"""Packages whose version may change a byte of a corpus."""

INDEX = "references"
"""Folder in the work folder: the n-grams of the files that the corpus is decontaminated against."""

_ROWS = """SELECT l.*, a.key, coalesce(l.removed_at, a.removed_at) AS effective_removed_at,
    coalesce(l.opted_out, a.opted_out) AS effective_opted_out,
    s.fetched_at, s.digest AS snapshot_digest
    FROM latest l JOIN main.articles a ON a.id = l.article_id
    JOIN main.revisions r ON r.article_id = l.article_id AND r.number = l.revision
    LEFT JOIN main.snapshots s ON s.id = r.snapshot_id
    WHERE l.article_id BETWEEN ? AND ? ORDER BY l.article_id"""
_METADATA = (
    "article_id url site headline published_at section agency cluster_id revision layout"
    " first_seen_at extractor fetched_at snapshot_digest".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One of the stages, each of which needs all tasks of the one before."""

    name: str
    """Of its folder of logs; empty for the stage that filters."""
    steps: Callable[[], list[PipelineStep]]
    """Makes the blocks, new ones for each task, as their statistics are those of the task."""
    tasks: int
    work: Path

    @property
    def logs(self) -> Path:
        """Its folder of logs, by which datatrove knows what was completed."""
        return self.work / ("-".join(filter(None, ("logs", self.name))))

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of an executor of datatrove."""
        return {"pipeline": self.steps(), "tasks": self.tasks, "logging_dir": str(self.logs)}


def first_stage(recipe: Recipe, shards: Shards, work: Path) -> list[PipelineStep]:
    """Return the blocks that read, filter and mask the articles and write them to `work`."""
    thresholds = recipe.thresholds
    steps: list[PipelineStep] = [
        ArchiveReader(recipe, shards),
        Exclusions(recipe.opted_out, exclusion_writer=dropped_writer(work, "rights")),
        *filters(thresholds, lambda name: dropped_writer(work, name)),
    ]
    if thresholds.personal.enabled:
        steps.append(MaskPersonalData(masked_kinds(thresholds.personal)))
    if is_decontaminated(recipe):
        writer, size = dropped_writer(work, "contamination"), thresholds.contamination.words
        steps.append(ContaminationFilter(work / INDEX, size, writer))
    if thresholds.paragraphs.enabled:
        steps.append(ParagraphDigests(work / "paragraphs", thresholds.paragraphs.min_length))
    return [*steps, MeasureText(recipe), kept_writer(work)]


def is_decontaminated(recipe: Recipe) -> bool:
    """Return whether the recipe has files to compare with, and the filter is enabled."""
    return bool(recipe.references) and recipe.thresholds.contamination.enabled


def index_references(recipe: Recipe, work: Path) -> None:
    """Index the files that the first stage compares with; raises CorpusError."""
    if is_decontaminated(recipe):
        masked = MaskPersonalData(masked_kinds(recipe.thresholds.personal)).format
        size = recipe.thresholds.contamination.words
        write_index(recipe.references, size, masked, work / INDEX)


def masked_kinds(personal: Personal) -> list[str]:
    """Return the kinds of personal data to mask; none where the table is disabled."""
    switches = {
        "email": personal.emails,
        "phone": personal.phones,
        "nik": personal.identity_numbers,
    }
    return [kind for kind, on in switches.items() if on and personal.enabled]


def versions(recipe: Recipe) -> dict[str, str]:
    """Return package -> version of everything that decides the bytes."""
    found = {"python": python_version()}
    counting = ["tokenizers"] if recipe.tokenizer.path else []
    for package in [*DECIDING, *counting]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # one that no filter of this machine needs
            continue
    return found


class ArchiveReader(BaseReader):
    """Yields the articles of the task's shard as of the recipe's time; task n reads shard n."""

    name = "warta archive"

    def __init__(self, recipe: Recipe, shards: Shards) -> None:
        super().__init__()
        self.recipe = recipe
        self.shards = shards

    def run(
        self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1
    ) -> DocumentsPipeline:
        """Called by datatrove; raises ArchiveError."""
        if data:
            yield from data
        with opened(self.recipe.archive, self.recipe.as_of) as past:
            for document in self._documents(past, self.shards[rank]):
                with self.track_time():
                    self.update_doc_stats(document)
                yield document

    def _documents(self, reader: Reader, shard: tuple[int, int]) -> Iterator[Document]:
        marked, doubted = drifted_articles(reader), {*column(reader.db, DOUBTED)}
        for row in reader.db.query(_ROWS, shard):
            if self.recipe.sites and row["site"] not in self.recipe.sites:
                continue
            if within_days(self.recipe.since, self.recipe.until, row["published_at"]):
                number = row["article_id"]
                document = _document(row, reader.path)
                document.metadata |= {"drifted": number in marked, "doubted": number in doubted}
                yield document


def _document(row: dict[str, Any], path: Path) -> Document:
    check_time(path, row["article_id"], row["fetched_at"], FETCHED)
    metadata = {name: row[name] for name in _METADATA} | {
        "page_language": row["language"],
        "warnings": _list(row, "warnings", path),
        "authors": _list(row, "authors", path),
        "removed_at": row["effective_removed_at"],
        "opted_out": row["effective_opted_out"],
    }
    return Document(text=row["body"], id=f"{row['site']}:{row['key']}", metadata=metadata)


def _list(row: dict[str, Any], name: str, path: Path) -> list[str]:
    """Return a column that holds a JSON array; raises ArchiveDamaged for any other value."""
    found = None
    with suppress(ValueError):
        found = json.loads(row[name])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ArchiveDamaged(
            f"{path}: article {row['article_id']}: its {name} are not a JSON list,"
            f" but {row[name]!r:.80}"
        )
    return found
