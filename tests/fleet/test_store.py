"""Replicas of archives: pushed after crawls, fetched before them, never an older one."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from itertools import count
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Archive
from archive.database.connection import schema_version
from archive.errors import ArchiveUnwritable, SchemaTooNew
from archive.maintenance.copies import opened_as_it_is
from archive.maintenance.verify import verify
from scraper.fleet.records import FleetError, FleetUnavailable, Replica
from scraper.fleet.store import Replicas, local, open_store
from scraper.fleet.store import replicas as module
from scraper.fleet.store.local import set_aside
from scraper.fleet.store.objects import Objects
from scraper.fleet.store.replicas import KEEP
from tests.archive.database.test_migrations import add_a_migration
from tests.archive.invented import HOUR, NOW, SITE
from tests.archive.merge.worlds import removed
from tests.examples import COSTLY
from tests.fleet.stores import FLEET, claimed, crawled, stories


@pytest.fixture
def folder(tmp_path: Path) -> Replicas:
    (tmp_path / "store").mkdir()
    return claimed(str(tmp_path / "store"))


def files(store: Replicas) -> list[str]:
    return store.objects.names(SITE)


# From one machine to another


def test_a_site_that_moves_takes_its_archive_along(store: Replicas, tmp_path: Path) -> None:
    here, there = crawled(tmp_path / "a" / "kabar.db", 1, 2), tmp_path / "b" / "kabar.db"
    assert store.fetch(SITE, there) is None
    assert not there.exists()
    pushed = store.push(SITE, here, 3, now=NOW)
    assert (pushed.token, pushed.pushed_at) == (3, NOW)
    assert store.fetch(SITE, there) == pushed == store.newest(SITE)
    assert stories(there) == ["1", "2"]
    with Archive(there) as archive:  # for writing, as a crawl does
        assert [finding for finding in verify(archive) if not finding.ok] == []
        assert store.schema(SITE) == schema_version(archive.db)
    assert store.sites() == [SITE]


def test_a_crawl_that_runs_is_pushed_as_it_is_and_goes_on(folder: Replicas, tmp_path: Path) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    with Archive(path) as archive, archive.transaction(NOW + HOUR):
        archive.crawls.begin(SITE, version="warta/1", arguments={})
        folder.push(SITE, path, 1, now=NOW)
    assert folder.fetch(SITE, tmp_path / "copy.db")
    with opened_as_it_is(tmp_path / "copy.db") as db:
        assert db.conn.execute("SELECT count(*) FROM crawls").fetchone() == (1,)


def test_a_copy_that_is_the_newest_or_has_more_is_left_alone(
    store: Replicas, tmp_path: Path
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    store.push(SITE, path, 1, now=NOW)
    before = path.stat()
    assert store.fetch(SITE, path)
    crawled(path, 2, at=NOW + HOUR)  # the store was down then: this is not in it
    assert store.fetch(SITE, path)
    assert stories(path) == ["1", "2"]
    assert path.stat().st_ino == before.st_ino
    assert store.push(SITE, path, 2, now=NOW).token == 2


def test_an_older_copy_gives_way_and_nothing_is_set_aside(store: Replicas, tmp_path: Path) -> None:
    here, there = crawled(tmp_path / "a" / "kabar.db", 1), tmp_path / "b" / "kabar.db"
    store.push(SITE, here, 1, now=NOW)
    store.fetch(SITE, there)
    store.push(SITE, crawled(there, 2, at=NOW + HOUR), 2, now=NOW)
    store.fetch(SITE, here)
    assert stories(here) == ["1", "2"]
    assert sorted(path.name for path in here.parent.iterdir()) == ["kabar.db"]
    assert store.orphans(SITE) == []


# Two workers


def test_a_worker_with_an_older_token_replaces_nothing(store: Replicas, tmp_path: Path) -> None:
    new = store.push(SITE, crawled(tmp_path / "new.db", 1, 2), 7, now=NOW)
    old = crawled(tmp_path / "old.db", 1)
    before = files(store)
    with pytest.raises(FleetError, match="newer replica"):
        store.push(SITE, old, 6, now=NOW + HOUR)
    assert (store.newest(SITE), files(store)) == (new, before)


def test_a_copy_becomes_a_replica_only_if_the_database_agrees(
    store: Replicas, tmp_path: Path
) -> None:
    path, seen = crawled(tmp_path / "kabar.db", 1), []

    def lost(replica: Replica) -> None:
        seen.append(replica)
        assert [name.rpartition(".")[2] for name in files(store)] == ["zst", "pending"]
        raise FleetError("kabar: the lease was lost")

    with pytest.raises(FleetError, match="was lost"):
        store.push(SITE, path, 1, now=NOW, publish=lost)
    assert files(store) == []
    assert store.push(SITE, path, 2, now=NOW, publish=seen.append) == seen[1]


def test_a_push_that_was_killed_after_the_database_agreed_is_completed_by_the_next_worker(
    store: Replicas, tmp_path: Path
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    store.push(SITE, path, 1, now=NOW)
    crawled(path, 2, at=NOW + HOUR)

    def killed(_replica: Replica) -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        store.push(SITE, path, 2, now=NOW, publish=killed)
    into = tmp_path / "into.db"
    assert store.fetch(SITE, into, published=1).token == 1  # type: ignore[union-attr]
    assert store.fetch(SITE, into, published=2).token == 2  # type: ignore[union-attr]
    assert stories(into) == ["1", "2"]
    assert store.newest(SITE).token == 2  # type: ignore[union-attr]


tokens = st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.booleans()), max_size=8)


@settings(COSTLY, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tokens)
def test_whatever_the_order_of_pushes_the_newest_tokens_bytes_stay(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    turns: list[tuple[int, bool, bool]],
) -> None:
    """Two workers, of which each takes the lease or not, and is killed before the manifest or not,
    whenever it is its turn; the database knows who took it last.
    """
    monkeypatch.setattr(module, "copied", nullcontext)  # what takes most of the time
    monkeypatch.setattr(module, "problem_of", lambda _copy: None)
    monkeypatch.setattr("scraper.fleet.store.objects._sync", lambda _target: None)
    root = tmp_path_factory.mktemp("store")
    store, work = claimed(str(root)), tmp_path_factory.mktemp("work")
    copies = [crawled(work / f"{name}.db", number) for number, name in enumerate("ab", 1)]
    held, newest, published, story = [0, 0], 0, None, ""

    def publish(replica: Replica) -> None:
        nonlocal published, story
        if replica.token != newest:
            raise FleetError("lost")
        published, story = replica, str(1 + worker)

    def killed(_replica: Replica) -> None:
        raise KeyboardInterrupt

    for worker, takes, dies in turns:
        if takes:
            newest += 1
            held[worker] = newest
        noted = killed if dies else publish
        if held[worker]:
            with suppress(FleetError, KeyboardInterrupt):
                store.push(SITE, copies[worker], held[worker], now=NOW, publish=noted)
    assert store.newest(SITE) == published
    if published is not None:
        store.fetch(SITE, work / "c.db")
        assert stories(work / "c.db") == [story]


# What was never pushed


def test_crawls_that_were_never_pushed_are_set_aside_and_come_into_the_store(
    store: Replicas, tmp_path: Path
) -> None:
    here, there = crawled(tmp_path / "a" / "kabar.db", 1), tmp_path / "b" / "kabar.db"
    store.push(SITE, here, 1, now=NOW)
    crawled(here, 2, at=NOW + HOUR)  # then its machine died
    store.fetch(SITE, there)
    store.push(SITE, crawled(there, 3, at=NOW + 2 * HOUR), 2, now=NOW)
    store.fetch(SITE, here)  # and came back
    assert stories(here) == ["1", "3"]
    (orphan,) = store.orphans(SITE)
    with store.downloaded(orphan.manifest, tmp_path / "c.db", folder="orphans/") as copy:
        assert stories(copy) == ["1", "2"]
    assert set_aside(here) == []
    store.delete_orphan(SITE, orphan.name)
    assert store.objects.names(f"{SITE}/orphans") == []
    assert store.newest(SITE).token == 2  # type: ignore[union-attr]


def test_what_was_set_aside_waits_for_the_store(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = crawled(tmp_path / "kabar.db", 1), crawled(tmp_path / "b.db", 2)
    folder.push(SITE, there, 1, now=NOW)

    def down(*_given: object) -> None:
        raise FleetUnavailable("/srv/warta: it does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Replicas, "push_orphan", down)
        folder.fetch(SITE, here)
    (kept,) = set_aside(here)
    assert kept.name.startswith("kabar.db.orphan-")
    assert (stories(here), stories(kept)) == (["2"], ["1"])
    folder.fetch(SITE, here)
    assert set_aside(here) == []
    assert len(folder.orphans(SITE)) == 1


def test_a_story_that_was_taken_down_on_this_machine_stays_taken_down(
    folder: Replicas, tmp_path: Path
) -> None:
    here, there = crawled(tmp_path / "a.db", 1, 2), tmp_path / "b.db"
    folder.push(SITE, here, 1, now=NOW)
    folder.fetch(SITE, there)
    removed(here, 1, at=NOW + HOUR)
    folder.push(SITE, crawled(there, 3, at=NOW + 2 * HOUR), 2, now=NOW)
    folder.fetch(SITE, here)
    with Archive(here, read_only=True) as archive:
        assert archive.history.taken_down(SITE, f"{SITE}-1")
        found = archive.db.conn.execute("SELECT count(*) FROM articles WHERE revision > 0")
        assert found.fetchone() == (2,)


def test_what_a_crawl_left_that_was_killed_while_it_made_its_archive_is_no_orphan(
    folder: Replicas, tmp_path: Path
) -> None:
    folder.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    (tmp_path / "a.db").touch()
    with closing(sqlite3.connect(tmp_path / "b.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
    for name in ("a.db", "b.db"):
        folder.fetch(SITE, tmp_path / name)
        assert stories(tmp_path / name) == ["1"]
        assert set_aside(tmp_path / name) == []


def test_a_damaged_archive_is_set_aside_and_stays_on_its_machine(
    folder: Replicas, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    folder.push(SITE, path, 1, now=NOW)
    path.write_bytes(path.read_bytes()[:20_000])
    folder.fetch(SITE, path)
    assert stories(path) == ["1"]
    assert len(set_aside(path)) == 1
    assert "it stays here, and is not in the store" in caplog.text
    assert folder.orphans(SITE) == []


def test_one_that_is_set_aside_replaces_none_that_was_before(
    folder: Replicas, tmp_path: Path
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    folder.push(SITE, path, 1, now=NOW)
    for size in (20_000, 24_000):
        path.write_bytes(path.read_bytes()[:size])
        folder.fetch(SITE, path)
    assert sorted(kept.stat().st_size for kept in set_aside(path)) == [20_000, 24_000]


def test_the_log_of_a_damaged_archive_stays_beside_it(folder: Replicas, tmp_path: Path) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    folder.push(SITE, path, 1, now=NOW)
    path.write_bytes(path.read_bytes()[:20_000])
    path.with_name("kabar.db-wal").write_bytes(b"what was written last")
    folder.fetch(SITE, path)
    (kept,) = set_aside(path)
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"what was written last"


def test_what_a_killed_fetch_left_is_removed_with_its_log(folder: Replicas, tmp_path: Path) -> None:
    folder.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"into.db.fetching{end}").write_bytes(b"left")
    folder.fetch(SITE, tmp_path / "into.db")
    assert list(tmp_path.glob("into.db*")) == [tmp_path / "into.db"]


# Pruning, and schemas


def test_old_replicas_are_deleted_and_what_was_never_finished(
    store: Replicas, tmp_path: Path
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)

    def killed(_replica: Replica) -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        store.push(SITE, path, 1, now=NOW, publish=killed)
    assert store.newest(SITE) is None
    for token in range(2, KEEP + 4):
        store.push(SITE, path, token, now=NOW)
    kept = [int(name.partition("-")[0]) for name in files(store)]
    assert kept == sorted([*range(4, KEEP + 4)] * 2)


def test_a_store_that_lets_nothing_be_deleted_takes_pushes_nevertheless(
    folder: Replicas,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)

    def forbidden(*_given: object, **_more: object) -> None:
        raise FleetError("s3://ember: permission denied")

    monkeypatch.setattr(Objects, "delete", forbidden)
    for token in range(1, KEEP + 3):
        pushed = folder.push(SITE, path, token, now=NOW, publish=lambda _replica: None)
    assert folder.newest(SITE) == pushed
    assert "its old copies stay in the store: s3://ember: permission denied" in caplog.text


def test_the_last_replica_before_a_migration_is_kept_and_an_older_warta_refuses_the_newer(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    for token in range(1, 4):
        old = folder.push(SITE, path, token, now=NOW)
    with monkeypatch.context() as patch:
        add_a_migration(patch)  # an upgraded worker, which has the lease
        copy = tmp_path / "b.db"
        assert folder.fetch(SITE, copy) == old  # as it is: only a crawl migrates
        assert set(tmp_path.glob("b.db*")) == {copy}
        Archive(copy).close()
        for token in range(4, 4 + KEEP + 1):
            new = folder.push(SITE, copy, token, now=NOW)
        assert new.schema == old.schema + 1 == folder.schema(SITE)
    assert folder.manifests(SITE)[0].startswith("000000000000003-")
    assert len(folder.manifests(SITE)) == KEEP + 1
    with pytest.raises(SchemaTooNew, match="please upgrade warta"):
        folder.fetch(SITE, path)
    assert stories(path) == ["1"]


# What a stranger, a disk or a network does to a store


def test_a_replica_that_is_not_what_was_pushed_is_refused_and_named(
    store: Replicas, tmp_path: Path
) -> None:
    store.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    (copy, _manifest) = files(store)
    other = crawled(tmp_path / "other.db", 9).read_bytes()
    for content in (
        zstandard.compress(other),
        b"kabar",
        zstandard.compress(b"0" * 100_000_000),
        b"",
        zstandard.compress(other)[:-9],
    ):
        store.objects.write(f"{SITE}/{copy}", [content])
        with pytest.raises(FleetError, match=copy):
            store.fetch(SITE, tmp_path / "into.db")
    assert list(tmp_path.glob("into.db*")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"site": "../../etc"},
        {"site": "rmol"},
        {"token": 2},
        {"digest": "0" * 64},
        {"digest": "../" * 20},
        {"size": -1},
        {"size": 10**14},
        {"migrations": "8"},
        {"marks": {"checks": [1]}},
        {"marks": {f"t{number}": [1, "0" * 64] for number in range(30)}},
        {"pushed_at": "kemarin"},
        {"version": "1" * 20_000},
    ],
)
def test_a_manifest_that_a_stranger_wrote_is_refused(
    folder: Replicas, tmp_path: Path, change: dict[str, object]
) -> None:
    folder.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    (name,) = folder.manifests(SITE)
    path = tmp_path / "store" / SITE / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises((FleetError, ArchiveUnwritable)):
        folder.fetch(SITE, tmp_path / "into.db")
    assert list(tmp_path.glob("into.db*")) == []


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"null"])
def test_what_is_no_json_is_no_manifest(folder: Replicas, tmp_path: Path, text: bytes) -> None:
    folder.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    (name,) = folder.manifests(SITE)
    (tmp_path / "store" / SITE / f"{name}.json").write_bytes(text)
    with pytest.raises(FleetError):
        folder.newest(SITE)


@pytest.mark.parametrize("site", ["..", "../rmol", "a/../../b", "", "/etc", ".ssh", "a\x00b"])
def test_no_name_leaves_the_folder_of_the_store(store: Replicas, tmp_path: Path, site: str) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    with pytest.raises((FleetError, ValueError)):
        store.push(site, path, 1, now=NOW)
    with pytest.raises(FleetError):
        store.fetch(f"{site}/x", tmp_path / "into.db")
    assert store.sites() == []


def test_a_store_that_is_not_there_or_not_mounted_is_not_made(tmp_path: Path) -> None:
    path = crawled(tmp_path / "kabar.db", 1)
    gone = open_store(str(tmp_path / "gone"))
    with pytest.raises(FleetUnavailable, match="no such folder"):
        gone.claim(FLEET)
    with pytest.raises(FleetUnavailable):
        gone.fetch(SITE, path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FleetUnavailable, match="not mounted"):
        open_store(str(tmp_path / "empty")).push(SITE, path, 1, now=NOW)
    assert list((tmp_path / "empty").iterdir()) == []


def test_an_object_store_that_does_not_answer_is_unavailable_and_no_secret_is_shown(
    buckets: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    monkeypatch.setattr("s3fs.S3FileSystem.cachable", False)  # another server's
    with pytest.raises(FleetUnavailable) as failed:
        open_store("s3://ember-lain/arsip").identity()
    assert "rahasia" not in str(failed.value)
    assert str(failed.value).startswith("s3://ember-lain/arsip: ")


@pytest.mark.parametrize("where", ["kunci:rahasia@ember/arsip", "ember/arsip?sig=rahasia"])
def test_an_address_with_credentials_is_refused_without_showing_them(where: str) -> None:
    with pytest.raises(FleetError, match="without credentials") as refused:
        open_store(f"s3://{where}")
    assert "rahasia" not in str(refused.value)


def test_a_bucket_that_is_not_there_and_one_that_is_forbidden(buckets: object) -> None:
    with pytest.raises(FleetError, match="s3://tidak-ada-ember/arsip"):
        claimed("s3://tidak-ada-ember/arsip")


def test_a_store_belongs_to_one_fleet(store: Replicas) -> None:
    assert store.identity() == FLEET
    store.claim(FLEET)
    with pytest.raises(FleetError, match="another fleet"):
        store.claim("lain")


def test_a_store_that_is_read_only_says_so_and_the_copy_here_stays(folder_of_a_user: Path) -> None:
    (folder_of_a_user / "store").mkdir()
    store = claimed(str(folder_of_a_user / "store"))
    path = crawled(folder_of_a_user / "kabar.db", 1)
    (folder_of_a_user / "store").chmod(0o555)
    with pytest.raises(FleetError, match="store: permission denied"):
        store.push(SITE, path, 1, now=NOW)
    (folder_of_a_user / "store").chmod(0o755)
    assert store.push(SITE, path, 1, now=NOW).token == 1
    assert list(folder_of_a_user.glob("kabar.db.p*")) == []


def test_an_object_is_there_whole_or_not_at_all(folder: Replicas, tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"{"
        assert folder.objects.read("kabar/x.json", limit=9) is None
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        folder.objects.write("kabar/x.json", pieces())
    assert files(folder) == []


def test_what_a_full_store_could_not_take_is_removed_from_it(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = crawled(tmp_path / "kabar.db", 1)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("scraper.fleet.store.objects._sync", full)
        with pytest.raises(FleetError, match="store: it is full"):
            folder.push(SITE, path, 1, now=NOW)
    assert files(folder) == []


def test_a_disk_without_room_is_noticed_before_anything_is_fetched(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.push(SITE, crawled(tmp_path / "kabar.db", 1), 1, now=NOW)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(ArchiveUnwritable, match=r"are needed, and 1\.0 kB are free"):
        folder.fetch(SITE, tmp_path / "into.db")
    assert list(tmp_path.glob("into.db*")) == []


@pytest.mark.parametrize("address", ["memory://arsip", "simplecache::s3://ember", "gopher://x"])
def test_what_would_be_lost_or_is_unknown_is_no_store(address: str) -> None:
    with pytest.raises(FleetError):
        open_store(address)


# Killed anywhere


@pytest.mark.slow
@pytest.mark.processes
def test_killed_anywhere_a_push_or_a_fetch_is_done_again_and_nothing_is_half(
    tmp_path: Path,
) -> None:
    """SIGKILL before each file that is opened, renamed, linked or removed."""
    (tmp_path / "store").mkdir()
    store, path = claimed(str(tmp_path / "store")), crawled(tmp_path / "kabar.db", 1)
    store.push(SITE, path, 1, now=NOW)
    crawled(path, 2, at=NOW + HOUR)
    for deed in ("push", "fetch"):
        point = 0
        while _killed(deed, point, tmp_path):
            point += 1
            found = store.newest(SITE)
            assert found is not None
            store.fetch(SITE, tmp_path / "check.db")
            assert stories(tmp_path / "check.db") in (["1"], ["1", "2"])
        assert point > 5
        assert len(store.manifests(SITE)) <= KEEP
    assert stories(tmp_path / "into.db") == ["1", "2"]


def _killed(deed: str, point: int, folder: Path) -> bool:
    """Push or fetch in a process of its own that is killed at a point; whether it was."""
    pid = os.fork()
    if pid:
        _pid, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return os.WIFSIGNALED(status)
    seen = count()

    def look(event: str, arguments: object) -> None:
        if event in _EVENTS and str(folder) in str(arguments) and next(seen) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        store = open_store(str(folder / "store"))
        module.problem_of = local.problem_of = lambda _copy: None  # it only reads
        sys.addaudithook(look)
        if deed == "push":
            store.push(SITE, folder / "kabar.db", 2, now=NOW)
        else:
            store.fetch(SITE, folder / "into.db")
        os._exit(0)
    finally:
        os._exit(1)


_EVENTS = ("open", "os.rename", "os.remove", "os.link", "sqlite3.connect", "os.truncate")
