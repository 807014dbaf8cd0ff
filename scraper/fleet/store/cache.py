"""Copies of a store's replicas on this machine, for reading, and all of them as one archive."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from filelock import Timeout
from platformdirs import user_cache_path

from archive.database.backup import become_copy
from archive.database.connection import immediate, open_file, plain_errors
from archive.database.lock_files import take_lock
from archive.database.migrations import bring_up_to_date, migrations
from archive.errors import ArchiveBusy, ArchiveError
from archive.ledger.wording import plain_time
from archive.merge.merge import Options, merge
from scraper.fleet.records import FleetUnavailable
from scraper.fleet.store.local import remove, writable
from scraper.fleet.store.replicas import ORPHANS, Replicas

Note = Callable[[str], None]
WAIT = 600.0
"""Seconds to wait for another command that refreshes the same copies."""
WHOLE = "fleet.db"
_LOOKED = "refreshed"
"""A file whose time is that of the last look at all sites."""
_NO_SITES: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A replica on this machine."""

    site: str
    path: Path
    is_orphan: bool


class Cache:
    """The newest replica of each site, and the orphans; earlier ones are deleted once no command
    reads them any more.
    """

    def __init__(self, store: Replicas, folder: Path) -> None:
        self._store = store
        self.folder = folder
        self.unread: set[str] = set()
        """Sites of which something in the store could not be read at the last look."""

    @classmethod
    def of(cls, store: Replicas) -> Cache:
        """Return the one in the user's cache folder."""
        name = hashlib.sha256(store.objects.place.encode()).hexdigest()[:16]
        return cls(store, user_cache_path("warta") / "fleet" / name)

    @contextmanager
    def refreshed(
        self, *, note: Note, sites: Collection[str] = _NO_SITES, orphans: bool = False
    ) -> Iterator[list[Copy]]:
        """Fetch what is newer in the store, of all sites or of some; yield the copies by site,
        which stay until the block ends.

        What cannot be read of a site stops no other: `note` says so, the site is `unread`, and an
        earlier copy of it that is here is read. Where the store as a whole does not answer, these
        are the copies that are here, and `note` says so; raises FleetUnavailable where there is
        none.
        """
        with ExitStack() as stack:
            with self._locked():
                found = self._refreshed(note, sites, orphans=orphans)
                stack.enter_context(self._used())
            yield found

    def _refreshed(self, note: Note, sites: Collection[str], *, orphans: bool) -> list[Copy]:
        looked = self.folder / _LOOKED
        self.unread = set()
        try:
            found = list(self._fetched(note, sites, orphans=orphans))
            if not sites:
                with writable(looked):
                    looked.touch()
        except FleetUnavailable as error:
            known = [
                copy for copy in self._known(orphans=orphans) if not sites or copy.site in sites
            ]
            if not known or not looked.exists():
                raise
            since = datetime.fromtimestamp(looked.stat().st_mtime).astimezone()
            as_of = plain_time(since.isoformat())
            note(f"{error}; what follows is as of {as_of}, when it last answered")
            return known
        self._delete_others(found, sites, orphans=orphans)
        return found

    def _fetched(self, note: Note, sites: Collection[str], *, orphans: bool) -> Iterator[Copy]:
        known = list(self._known(orphans=orphans))
        for site in self._store.folders():
            if sites and site not in sites:
                continue
            here = [copy for copy in known if copy.site == site]
            newest = [copy for copy in here if not copy.is_orphan]
            listed = partial(self._listed, site, orphans=orphans)
            for copy in self._of_site(site, listed, otherwise=here, note=note):
                otherwise = [] if copy.is_orphan else newest
                fetch = partial(self._fetch, copy)
                yield from self._of_site(site, fetch, otherwise=otherwise, note=note)

    def _of_site(
        self, site: str, read: Callable[[], list[Copy]], *, otherwise: list[Copy], note: Note
    ) -> list[Copy]:
        """Return what is read of a site in the store; copies that are here where it cannot be."""
        try:
            return read()
        except ArchiveError as error:
            if isinstance(error, FleetUnavailable):
                self._store.folders()  # raises where the store as a whole does not answer
            self.unread.add(site)
            instead = "an earlier copy is read" if otherwise else "it is left out"
            note(f"{site}: {error}; {instead}")
            return otherwise

    def _listed(self, site: str, *, orphans: bool) -> list[Copy]:
        newest = self._store.manifests(site)[-1:]
        lost = self._store.orphan_names(site) if orphans else []
        return [
            *(self._place(site, name, is_orphan=False) for name in newest),
            *(self._place(site, name, is_orphan=True) for name in lost),
        ]

    def _place(self, site: str, name: str, *, is_orphan: bool) -> Copy:
        folder = self.folder / site / ORPHANS if is_orphan else self.folder / site
        return Copy(site=site, path=folder / f"{name}.db", is_orphan=is_orphan)

    def _delete_others(
        self, found: Collection[Copy], sites: Collection[str], *, orphans: bool
    ) -> None:
        """Delete what the store does not have any more, unless a command reads copies now."""
        kept, pattern = {copy.path for copy in found}, "*/**/*" if orphans else "*/*"
        others = [
            path
            for path in self.folder.glob(pattern)
            if path not in kept and path.is_file() and (not sites or self._site_of(path) in sites)
        ]
        alone = fcntl.LOCK_EX | fcntl.LOCK_NB
        with writable(self.folder), suppress(BlockingIOError), self._used(alone):
            for path in others:
                path.unlink(missing_ok=True)

    def _site_of(self, path: Path) -> str:
        return path.relative_to(self.folder).parts[0]

    @contextmanager
    def _used(self, lock: int = fcntl.LOCK_SH) -> Iterator[None]:
        """Keep the copies from being deleted; others may read them, too."""
        with writable(self.folder):
            handle = os.open(self.folder / "used.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, lock)
            yield
        finally:
            os.close(handle)

    def _fetch(self, copy: Copy) -> list[Copy]:
        """Fetch a copy unless it is here; what has a name in the store never changes."""
        path, folder = copy.path, f"{ORPHANS}/" if copy.is_orphan else ""
        if not path.exists():
            manifest = self._store.read(copy.site, path.stem, folder=folder)
            begun = path.with_name(f"{path.name}.partial")
            with (
                writable(path),
                self._store.downloaded(manifest, begun, folder=folder, whole=False) as fetched,
            ):
                _migrate(fetched)
                fetched.replace(path)
        return [copy]

    def _known(self, *, orphans: bool) -> Iterator[Copy]:
        newest = {path.parent.name: path for path in sorted(self.folder.glob("*/*.db"))}
        for site, path in newest.items():
            yield Copy(site=site, path=path, is_orphan=False)
        for path in sorted(self.folder.glob(f"*/{ORPHANS}/*.db")) if orphans else ():
            yield Copy(site=path.parent.parent.name, path=path, is_orphan=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other commands from fetching the same meanwhile."""
        with writable(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                held = take_lock(self.folder / "refresh.lock", wait=WAIT)
            except Timeout:
                raise ArchiveBusy(f"{self.folder}: another command refreshes it") from None
        with held:
            yield

    def whole(self, *, now: datetime, note: Note) -> Path:
        """Return all sites as one archive, merged anew if a replica is newer; for `warta serve`."""
        with self.refreshed(note=note, orphans=True) as copies:
            self.check(copies)
            return self._merged(copies, now=now, note=note)

    def check(self, copies: Collection[Copy]) -> None:
        """Raise an ArchiveError where nothing was found."""
        if self.unread and not copies:
            raise ArchiveError("no archive in the store can be read")
        if not copies:
            raise ArchiveError("the store has no archive: no crawl of the fleet has ended yet")

    def _merged(self, copies: Collection[Copy], *, now: datetime, note: Note) -> Path:
        out, begun = self.folder / WHOLE, self.folder / f"{WHOLE}.next"
        names = "\n".join(str(copy.path.relative_to(self.folder)) for copy in copies)
        stated = self.folder / f"{WHOLE}.of"
        with self._locked():
            if out.exists() and stated.exists() and stated.read_text() == names:
                return out
            with writable(out):
                remove(begun)
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
