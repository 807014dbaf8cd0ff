"""Copies of a store's replicas on this machine, for reading, and all of them as one archive."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import Timeout
from platformdirs import user_cache_path

from archive.database.backup import become_copy
from archive.database.connection import immediate, open_file, plain_errors
from archive.database.lock_files import take_lock
from archive.database.migrations import bring_up_to_date, migrations
from archive.errors import ArchiveBusy, ArchiveError, ArchiveUnwritable
from archive.ledger.wording import plain_time
from archive.merge.merge import Options, merge
from scraper.fleet.records import FleetUnavailable
from scraper.fleet.store.manifests import Manifest
from scraper.fleet.store.replicas import ORPHANS, Replicas

Note = Callable[[str], None]
WAIT = 600.0
"""Seconds to wait for another command that refreshes the same copies."""
WHOLE = "fleet.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A replica on this machine."""

    site: str
    path: Path
    is_orphan: bool


class Cache:
    """The newest replica of each site, and the orphans; earlier ones are deleted."""

    def __init__(self, store: Replicas, folder: Path) -> None:
        self._store = store
        self.folder = folder

    @classmethod
    def of(cls, store: Replicas, address: str) -> Cache:
        """Return the one in the user's cache folder."""
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        return cls(store, user_cache_path("warta") / "fleet" / name)

    def refreshed(self, *, note: Note, orphans: bool = False) -> list[Copy]:
        """Fetch what is newer in the store; return the copies by site.

        Where the store does not answer, these are the copies that are there, and `note` says so;
        raises FleetUnavailable where there is none.
        """
        with self._locked():
            try:
                return list(self._fetched(orphans=orphans))
            except FleetUnavailable as error:
                if not (found := list(self._known(orphans=orphans))):
                    raise
                newest = max(copy.path.stat().st_mtime for copy in found)
                since = plain_time(datetime.fromtimestamp(newest).astimezone().isoformat())
                note(f"{error}: what follows was fetched by {since}")
                return found

    def _fetched(self, *, orphans: bool) -> Iterator[Copy]:
        for site in self._store.sites():
            folder = self.folder / site
            wanted = {f"{found.name}.db": found for found in [self._store.manifest(site)] if found}
            yield from self._copies(site, folder, wanted)
            if orphans:
                lost = {f"{each.name}.db": each.manifest for each in self._store.orphans(site)}
                yield from self._copies(site, folder / ORPHANS, lost)

    def _copies(self, site: str, folder: Path, wanted: dict[str, Manifest]) -> Iterator[Copy]:
        is_orphan = folder.name == ORPHANS
        for name, manifest in wanted.items():
            if not (folder / name).exists():
                self._fetch(manifest, folder / name, is_orphan=is_orphan)
            yield Copy(site=site, path=folder / name, is_orphan=is_orphan)
        if folder.is_dir():
            for path in folder.iterdir():
                if path.is_file() and not path.name.startswith(tuple(wanted) or ("\0",)):
                    path.unlink(missing_ok=True)

    def _fetch(self, manifest: Manifest, path: Path, *, is_orphan: bool) -> None:
        folder = f"{ORPHANS}/" if is_orphan else ""
        begun = path.with_name(f"{path.name}.partial")
        with (
            _writable(path),
            self._store.downloaded(manifest, begun, folder=folder, whole=False) as copy,
        ):
            _migrate(copy)
            copy.replace(path)

    def _known(self, *, orphans: bool) -> Iterator[Copy]:
        for path in sorted(self.folder.glob("*/*.db")):
            yield Copy(site=path.parent.name, path=path, is_orphan=False)
        for path in sorted(self.folder.glob(f"*/{ORPHANS}/*.db")) if orphans else ():
            yield Copy(site=path.parent.parent.name, path=path, is_orphan=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other commands from fetching the same meanwhile."""
        with _writable(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                held = take_lock(self.folder / "refresh.lock", wait=WAIT)
            except Timeout:
                raise ArchiveBusy(f"{self.folder}: another command refreshes it") from None
        with held:
            yield

    def whole(self, *, now: datetime, note: Note) -> Path:
        """Return all sites as one archive, merged anew if a replica is newer; for `warta serve`."""
        copies = self.refreshed(note=note, orphans=True)
        if not copies:
            raise ArchiveError("the store has no archive: no crawl of the fleet has ended yet")
        out, begun = self.folder / WHOLE, self.folder / f"{WHOLE}.next"
        names = "\n".join(str(copy.path.relative_to(self.folder)) for copy in copies)
        stated = self.folder / f"{WHOLE}.of"
        with self._locked():
            if out.exists() and stated.exists() and stated.read_text() == names:
                return out
            with _writable(out):
                begun.unlink(missing_ok=True)
                paths = [copy.path for copy in copies]
                merge(begun, paths, Options(force=True), now=now, advance=_unseen, note=note)
                _be_one_file(begun)
                begun.replace(out)
                stated.write_text(names)
        return out


def _unseen(_done: float, _all: int | None) -> None:
    """There is no bar."""


def _migrate(copy: Path) -> None:
    """Bring a copy of a worker that is not upgraded yet up to date; the store keeps its own."""
    with plain_errors(copy), closing(open_file(copy, read_only=False)) as db:
        if migrations.pending(db):
            with immediate(db):
                bring_up_to_date(db)


def _be_one_file(path: Path) -> None:
    """Write an archive's log into its file, which can be renamed then, and is only read."""
    with plain_errors(path), closing(sqlite3.connect(path)) as connection:
        become_copy(connection)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveUnwritable(f"{path}: it cannot be written ({error.strerror})") from error
