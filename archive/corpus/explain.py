"""What became of a story in a finished corpus: the file that contains it, or why none does."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.corpus.filters.reasons import REASONS
from archive.corpus.finished import manifest, stories
from archive.corpus.selection import archive_digest, opened
from archive.errors import CorpusError
from archive.identity import canonical_url

WHY = "reason stands_for_it contaminated_by contaminated_row contaminated_ngram".split()
"""Columns of `dropped.parquet` that say why a story is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one story."""

    id: str
    """Site and key, joined by a colon."""
    url: str | None
    """Its address; None for an imported story without one."""
    file: str
    """The data file that contains it, or `dropped.parquet`."""
    reason: str | None = None
    """A key of `REASONS`; None for a story that is in the corpus."""
    stands_for_it: str | None = None
    """Id of its representative in the corpus; None where it is no duplicate."""
    contaminated_by: str | None = None
    """File of `--decontaminate` with which it shares an n-gram; None where there is none."""
    contaminated_row: int | None = None
    """Line or row of that file, from 1."""
    contaminated_ngram: str | None = None
    """The words, in lower case and without punctuation."""

    @property
    def sentence(self) -> str:
        """The outcome in plain words."""
        if self.reason is None:
            return f"in the corpus, in {self.file}"
        more = f": {self.stands_for_it}" if self.stands_for_it else ""
        if self.contaminated_by is not None:
            place = f"{self.contaminated_by}, row {self.contaminated_row}"
            more = f": {place}: {self.contaminated_ngram!r}"
        return f"excluded: {REASONS.get(self.reason, self.reason)}{more} ({self.reason})"


def find_outcome(
    corpus: Path, reference: str, known: str | None = None, *, archived: bool = True
) -> Outcome:
    """Find a story by its id, with or without its site, or its address; raises CorpusError for one
    that was not selected.

    `known` is the id of the story that an archive has under that reference, e.g. by its number;
    `archived` says whether there was an archive to look it up in.
    """
    manifest(corpus)
    names, ids = {reference}, {reference, known}
    with suppress(ValueError):  # an id
        names.add(canonical_url(reference))
    for name, row in stories(corpus, {"id", "url", *WHY}):
        own = row["id"].partition(":")[2]
        if row["id"] in ids or row["url"] in names or (known is None and own == reference):
            why = {key: row.get(key) for key in WHY}
            return Outcome(id=row["id"], url=row["url"], file=name, **why)
    if reference.isdecimal() and not archived:
        raise CorpusError(
            f"{reference}: a number needs the archive that the corpus was made of: --archive"
        )
    raise CorpusError(f"{reference}: {corpus} selected no story with this number, id or address")


def is_its_archive(corpus: Path, path: Path) -> bool:
    """Whether the archive, as of the corpus' time, has the articles that the manifest recorded, or
    is one of those that the corpus was made of.

    After a takedown or a new opt-out it has not. Raises CorpusError for a broken manifest.
    """
    found = manifest(corpus)
    try:
        as_of = datetime.fromisoformat(found["as_of"])
        expected = {found["archive_digest"], *found["recipe"].get("archives", ())}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"{corpus}: its manifest.json is not one of warta") from error
    with opened(path, as_of) as past:
        return archive_digest(past) in expected
