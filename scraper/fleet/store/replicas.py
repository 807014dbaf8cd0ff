"""Replicas: pushed after a crawl, fetched before the first one of a worker, always verified."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zstandard

from archive.database.backup import sync
from archive.database.connection import known_schema, schema_version
from archive.database.rows import value
from archive.errors import ArchiveError, SchemaTooNew
from archive.maintenance.copies import opened_as_it_is, problem_of
from scraper.fleet.records import FleetError, FleetUnavailable, Replica
from scraper.fleet.store import litestream, manifests
from scraper.fleet.store.lineage import marks_of
from scraper.fleet.store.local import (
    check_copy,
    check_room,
    copied,
    fetching,
    is_earlier,
    is_there,
    make_folder,
    put,
    remove,
    set_aside,
    writable,
    written_at,
)
from scraper.fleet.store.manifests import COPY, MANIFEST, NAME, PENDING, Manifest
from scraper.fleet.store.objects import PIECE, Missing, Objects
from scraper.sites import profile_checks

logger = logging.getLogger("warta.fleet")

KEEP = 3
"""Replicas of a site that stay, beside the last one of each earlier schema."""
LEVEL = 1
"""Of zstd: 995 MB became 405 MB in 2.5 s of CPU; level 3 took 5.9 s for 360 MB, level 9 23.6 s for
334 MB (100,000 articles, 2026-11-30, one core).
"""
WINDOW = 1 << 27
"""Bytes that unpacking may hold in memory, whatever an object says."""
IDENTITY = "fleet.json"
ORPHANS, STREAM = "orphans", "stream"

Publish = Callable[[Replica], None]
"""Notes a replica in the database if its token is still the site's newest; raises FleetError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A copy of crawls that the site's newest replica does not have."""

    name: str
    """Of its objects below the site's folder, without the ending."""
    manifest: Manifest


class Replicas:
    """The replicas of all sites; what a fleet calls its Store."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def identity(self) -> str | None:
        """Return the id of the fleet that uses the store; None if none does yet."""
        return manifests.identity_of(self.objects.read(IDENTITY, limit=manifests.LIMIT))

    def claim(self, fleet: str) -> None:
        """Write the id of the fleet into a store that has none; raises FleetError for another's."""
        known = self.identity()
        if known is None:
            self.objects.write(IDENTITY, [manifests.identity(fleet)])
            known = self.identity()
        if known != fleet:
            raise FleetError(f"{self.objects.shown}: it is the store of another fleet")

    def folders(self) -> list[str]:
        """Return the names of folders that may be a site's."""
        return [name for name in self.objects.names() if profile_checks.NAME.fullmatch(name)]

    def sites(self) -> list[str]:
        """Return the sites that have a replica or an orphan here."""
        return [name for name in self.folders() if self.manifests(name) or self.orphans(name)]

    def manifests(self, site: str) -> list[str]:
        """Return the names of a site's replicas, oldest first."""
        found = (name.removesuffix(MANIFEST) for name in self._names(site, MANIFEST))
        return sorted(name for name in found if NAME.fullmatch(name))

    def manifest(self, site: str) -> Manifest | None:
        """Return the manifest of a site's newest replica; None if there is none."""
        names = self.manifests(site)
        return self.read(site, names[-1]) if names else None

    def newest(self, site: str) -> Replica | None:
        """Return the newest replica without fetching it; None if the store has none."""
        found = self.manifest(site)
        return found.replica if found else None

    def schema(self, site: str) -> int:
        """Return the schema of the newest replica; 0 if the store has none."""
        names = self.manifests(site)
        match = NAME.fullmatch(names[-1]) if names else None
        return int(match["schema"]) if match else 0

    def _names(self, folder: str, ending: str) -> list[str]:
        return [name for name in self.objects.names(folder) if name.endswith(ending)]

    def read(self, site: str, name: str, *, folder: str = "", ending: str = MANIFEST) -> Manifest:
        """Return the manifest of that name; raises a FleetError."""
        where = f"{site}/{folder}{name}{ending}"
        found = self.objects.read(where, limit=manifests.LIMIT)
        if found is None:  # pruned since it was listed
            raise FleetUnavailable(f"{self.objects.shown}: {where} is not there any more")
        return manifests.parsed(found, site=site, name=name)

    def push(
        self, site: str, archive: Path, token: int, *, now: datetime, publish: Publish | None = None
    ) -> Replica:
        """Put the archive there and verify it; a replica with a higher token is never replaced.

        `publish` is called when the copy is there, and the manifest is written only if it returns.
        Raises FleetError where there is a newer one: the lease was lost meanwhile.
        """
        if self.identity() is None:
            raise FleetUnavailable(
                f"{self.objects.shown}: there is no {IDENTITY}; it is not mounted, or not a store"
            )
        names = self.manifests(site)
        earlier = [match for name in names if (match := NAME.fullmatch(name))]
        if any(int(match["token"]) > token for match in earlier):
            raise FleetError(f"{site}: a newer replica is in the store; this one is not pushed")
        number = sum(int(match["token"]) == token for match in earlier)
        with copied(archive) as copy:
            found = described(copy, site=site, token=token, number=number, now=now)
            found = self._write(copy, found, publish=publish)
        self._prune(site)
        return found.replica

    def _write(
        self, copy: Path, found: Manifest, *, folder: str = "", publish: Publish | None = None
    ) -> Manifest:
        name = f"{found.site}/{folder}{found.name}"
        packed = self.objects.write(name + COPY, _packed(copy))
        found = found.model_copy(update={"packed": packed})
        if publish is not None:
            self.objects.write(name + PENDING, [found.written()])
            try:
                publish(found.replica)
            except FleetUnavailable:
                raise  # it may have been noted
            except FleetError:
                with suppress(FleetError):
                    for ending in (PENDING, COPY):
                        self.objects.delete(name + ending)
                raise
        self.objects.write(name + MANIFEST, [found.written()])
        return found

    def _prune(self, site: str) -> None:
        """Delete what is not needed any more; where that fails, the next push does."""
        try:
            self._delete_old(site)
        except FleetError as error:
            logger.warning("%s: its old copies stay in the store: %s", site, error)

    def _delete_old(self, site: str) -> None:
        """Delete replicas beyond those that stay, and copies that never became one."""
        names = self.manifests(site)
        last = {match["schema"]: name for name in names if (match := NAME.fullmatch(name))}
        kept = {*names[-KEEP:], *last.values()}
        for name in self.objects.names(site):
            match = NAME.match(name)
            if match is None or match[0] > names[-1]:
                continue
            if match[0] not in kept or name.endswith(PENDING):
                self.objects.delete(f"{site}/{name}")
        for name in self.objects.names(f"{site}/{STREAM}"):
            if name <= names[-1]:
                self.objects.delete(f"{site}/{STREAM}/{name}", folder=True)

    def fetch(self, site: str, into: Path, *, published: int | None = None) -> Replica | None:
        """Make the archive at `into` the newest replica, verified; None if the store has none.

        `published` is the token of the newest one that the database noted: its pusher may have been
        killed before it wrote the manifest, which is done then.

        What is at `into` stays if it is that replica, or a later state of it. Otherwise it is
        replaced in one step; if it has crawls that the replica lacks, it is set aside, and put
        into the store as an orphan. Raises FleetError where a replica does not check, SchemaTooNew
        where a later warta made it.
        """
        found = self._completed(site, published)
        if found is not None:
            _check_schema(found)
        make_folder(into.parent)
        if found is not None and not is_there(into, found):
            with self.downloaded(found, fetching(into)) as copy:
                put(copy, into, now=found.pushed_at)
        self._recover(site, into, found)
        self._adopt_orphans(site, into)
        return found.replica if found else None

    def _recover(self, site: str, into: Path, newest: Manifest | None) -> None:
        """Take what a crawl streamed until its machine died, if that follows on the replica."""
        names = [name for name in self.objects.names(f"{site}/{STREAM}") if name.isdigit()]
        above = newest.token if newest is not None else 0
        if not names or int(names[-1]) <= above:
            return
        copy = fetching(into)
        remove(copy)  # its log would be replayed into the next one of that name
        try:
            if not litestream.restored(self.objects, f"{site}/{STREAM}/{names[-1]}", copy):
                logger.warning("%s: what was streamed for token %s stays there", site, names[-1])
            elif newest is None or is_there(copy, newest):
                check_copy(copy)
                if not is_earlier(copy, backup_of=into):
                    put(copy, into, now=written_at(copy))
        finally:
            remove(copy)

    @contextmanager
    def streaming(self, site: str, archive: Path, token: int) -> Iterator[None]:
        """Replicate an archive while its site is crawled, where Litestream is installed."""
        with litestream.streamed(self.objects, f"{site}/{STREAM}/{token:015d}", archive):
            yield

    def _completed(self, site: str, published: int | None) -> Manifest | None:
        found = self.manifest(site)
        if published is None or (found is not None and found.token >= published):
            return found
        names = (name.removesuffix(PENDING) for name in self._names(site, PENDING))
        for name in names:
            match = NAME.fullmatch(name)
            if match and int(match["token"]) == published:
                found = self.read(site, name, ending=PENDING)
                self.objects.write(f"{site}/{name}{MANIFEST}", [found.written()])
        return found

    @contextmanager
    def downloaded(
        self, found: Manifest, path: Path, *, folder: str = "", whole: bool = True
    ) -> Iterator[Path]:
        """Download a replica to `path`, verified; it is removed afterwards unless it was moved.

        Its digest is compared in any case; with `whole`, what is in the file is verified as well.
        """
        name = f"{found.site}/{folder}{found.name}{COPY}"
        remove(path)  # with the log of one that was killed
        try:
            self._download(name, found, path)
            with opened_as_it_is(path) as db:
                schema = schema_version(db)
            if schema != found.migrations:
                raise FleetError(
                    f"{self.objects.shown}: {name} has schema {schema}, not the stated"
                )
            if whole and (problem := problem_of(path)) is not None:
                raise FleetError(f"{self.objects.shown}: {name} does not verify: {problem}")
            yield path
        finally:
            remove(path)

    def _download(self, name: str, found: Manifest, path: Path) -> None:
        check_room(path, found.size)
        digest = hashlib.sha256()
        try:
            with writable(path):
                with self.objects.opened(name) as source, path.open("wb") as file:
                    for piece in _unpacked(source, found.size):
                        digest.update(piece)
                        file.write(piece)
                sync(path)
        except Missing:
            raise FleetUnavailable(f"{self.objects.shown}: {name} is not there any more") from None
        except zstandard.ZstdError as error:
            raise FleetError(f"{self.objects.shown}: {name} is damaged") from error
        if digest.hexdigest() != found.digest:
            raise FleetError(f"{self.objects.shown}: {name} is not what was pushed (digest)")

    def _adopt_orphans(self, site: str, into: Path) -> None:
        """Put what was set aside beside `into` into the store; what cannot be now, later."""
        for path in set_aside(into):
            try:
                self.push_orphan(site, path)
            except ArchiveError as error:
                logger.warning("%s: it stays here, and is not in the store: %s", path, error)

    def push_orphan(self, site: str, path: Path) -> Manifest:
        """Put an archive that was set aside into the store, and remove it here once it is there."""
        with copied(path) as copy:
            found = described(copy, site=site, token=0, number=0, now=written_at(path))
            found = self._write(copy, found, folder=f"{ORPHANS}/")
        remove(path)
        return found

    def orphan_names(self, site: str) -> list[str]:
        """Return the names of what was crawled, and is in no replica of the site."""
        names = self._names(f"{site}/{ORPHANS}", MANIFEST)
        return [name for each in names if NAME.fullmatch(name := each.removesuffix(MANIFEST))]

    def orphan(self, site: str, name: str) -> Orphan:
        """Return the orphan of that name; raises a FleetError."""
        return Orphan(name=name, manifest=self.read(site, name, folder=f"{ORPHANS}/"))

    def orphans(self, site: str) -> list[Orphan]:
        """Return what was crawled, and is in no replica of the site."""
        return [self.orphan(site, name) for name in self.orphan_names(site)]

    def delete_orphan(self, site: str, name: str) -> None:
        """Delete an orphan, its manifest first: killed in between, it is none any more."""
        for ending in (MANIFEST, COPY):
            self.objects.delete(f"{site}/{ORPHANS}/{name}{ending}")


def open_store(address: str) -> Replicas:
    """Return the store at an address of fsspec, or in a folder; nothing is read or written yet.

    Raises FleetError for an address that cannot be one, and PackageMissing.
    """
    objects = Objects(address)
    if "memory" in objects.protocols or "::" in address:
        raise FleetError(f"{objects.shown}: what is kept there is lost with its process")
    return Replicas(objects)


def described(copy: Path, *, site: str, token: int, number: int, now: datetime) -> Manifest:
    """Return the manifest of a copy; how large it is when packed is not known yet."""
    with copy.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with opened_as_it_is(copy) as db:
        return Manifest(
            site=site,
            token=token,
            number=number,
            migrations=schema_version(db),
            digest=digest,
            size=copy.stat().st_size,
            packed=0,
            latest=value(db, "SELECT latest FROM clock"),
            marks=marks_of(db),
            pushed_at=now,
            version=version("warta"),
        )


def _check_schema(found: Manifest) -> None:
    """Refuse what a later warta wrote, also where the copy here has the same rows."""
    known = known_schema()
    if found.migrations > known:
        raise SchemaTooNew(
            f"{found.site}: a later version of warta wrote its archive (schema {found.migrations},"
            f" this version knows {known}); please upgrade warta"
        )


def _packed(copy: Path) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with copy.open("rb") as file:
        yield from packer.read_to_iter(file, size=os.fstat(file.fileno()).st_size)


def _unpacked(source: Any, size: int) -> Iterator[bytes]:
    """Unpack one frame, a piece at a time; raises ZstdError unless it has `size` bytes."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    written = 0
    with unpacker.stream_reader(source, closefd=False) as reader:
        while piece := reader.read(PIECE):
            written += len(piece)
            if written > size:
                break
            yield piece
    if written != size:
        raise zstandard.ZstdError("it is not as long as stated")
