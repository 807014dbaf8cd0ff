"""One import in many tasks: what it is to do, and the folder that it works in."""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from archive.errors import ArchiveError
from scraper.extraction.workers import Limits
from scraper.ingest.web_archives.wanted import Wanted

_FILE = "job.json"
LOCK = "lock"
"""File in the folder, held by the command that works in it."""


class ImportUnfinished(ArchiveError):
    """The import cannot go on; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What an import is to do; every task reads it from the folder."""

    archive: Path
    """Absolute: the archive that is to have the stories."""
    addresses: tuple[str, ...] = field(repr=False)
    """As they are read: signed ones are shown and kept nowhere but in the folder."""
    tasks: int
    any_site: bool
    languages: tuple[str, ...]
    site: str | None
    terms: str
    """As in ImportedFile: every task has to know the same publishers."""
    now: datetime
    """Aware: the time of all that is written."""
    limits: Limits
    jobs: int
    """Processes of a task that imports."""

    @property
    def wanted(self) -> Wanted:
        """Which captures are stories."""
        return Wanted(any_site=self.any_site, languages=self.languages, site=self.site)

    @cached_property
    def digest(self) -> str:
        """Of what decides what is imported and by how many tasks: not of when it began."""
        decides = [str(self.archive), *self.addresses, str(self.tasks), self.terms]
        return sha256("\n".join(decides).encode()).hexdigest()

    @property
    def work(self) -> Path:
        """The folder of the unfinished import, on the same file system as the archive."""
        return self.archive.with_name(f".{self.archive.name}.importing")

    @property
    def whole(self) -> Path:
        """Where all shards become one archive; its name is in the archive that takes it in."""
        return self.work / f"import-{self.digest[:12]}.db"

    @property
    def results(self) -> Path:
        """What became of the files, written at the end."""
        return self.work / "results.json"

    @property
    def placed(self) -> Path:
        """The mark that the whole is given its name, or taken in."""
        return self.work / "placed"

    def logs(self, stage: str) -> Path:
        """Return datatrove's folder of a stage: its logs, and which tasks are done."""
        return self.work / f"logs-{stage}"

    def indexed(self, number: int) -> Path:
        """Return the folder of a file that was indexed: index, and what was kept of its bytes."""
        return self.work / "indexed" / f"{number:06d}"

    def shard(self, rank: int) -> Path:
        """Return the archive of a task."""
        return self.work / "shards" / f"{rank:05d}.db"

    def begin(self) -> "Job":
        """Make the folder, or return the unfinished job that it has, with the time of its begin.

        Raises ImportUnfinished where the folder is that of another job.
        """
        self.work.mkdir(exist_ok=True)
        if (self.work / _FILE).exists():
            known = Job.load(self.work)
            if known.digest != self.digest:
                raise ImportUnfinished(
                    f"{self.work}: an import of other files, or with other options, is unfinished"
                    " there; the same command goes on with it, or remove the folder"
                )
            return known
        self._clear()
        for name in ("indexed", "shards"):
            (self.work / name).mkdir()
        new = self.work / f"{_FILE}.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(self._row()))
        new.replace(self.work / _FILE)
        return self

    def _clear(self) -> None:
        """Remove what an import that is over left: by its logs its tasks are those of this one."""
        for path in self.work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

    def _row(self) -> dict[str, Any]:
        row = asdict(self)
        return row | {"archive": os.fspath(self.archive), "now": self.now.isoformat()}

    @classmethod
    def load(cls, work: Path) -> Self:
        """Read the job of a folder."""
        row = json.loads((work / _FILE).read_text())
        return cls(
            **row
            | {
                "archive": Path(row["archive"]),
                "addresses": tuple(row["addresses"]),
                "languages": tuple(row["languages"]),
                "now": datetime.fromisoformat(row["now"]),
                "limits": Limits(**row["limits"]),
            }
        )

    def tidy(self) -> None:
        """Leave logs and results, and nothing that takes room or that would be resumed."""
        self._forget()
        for name in ("indexed", "shards"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.placed.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        self._forget()
        shutil.rmtree(self.work)

    def _forget(self) -> None:
        """Make it over; killed from here on, what is left is the next import's to remove."""
        (self.work / _FILE).unlink(missing_ok=True)


def shard_of(site: str, tasks: int) -> int:
    """Return the number of the task that imports a publisher."""
    return int.from_bytes(sha256(site.encode()).digest()[:8]) % tasks


def is_address(text: str) -> bool:
    """Whether an argument is an address with a scheme, and no path.

    >>> [is_address(text) for text in ("s3://commoncrawl/a", "C:/a", "a.warc.gz")]
    [True, False, False]
    """
    return re.match(r"[a-z][a-z0-9+.:-]+://", text, re.IGNORECASE) is not None
