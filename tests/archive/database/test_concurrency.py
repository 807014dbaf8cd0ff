"""Several programs on one archive: they wait for each other, lose nothing, and see only whole
pages.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from archive import Archive
from archive.search.search import search
from tests.archive.invented import (
    HOUR,
    NOW,
    SITE,
    announce,
    keep,
    link,
    page,
    rows,
    story,
    url_of,
    value,
)

PAGES = 60
SPAWN = multiprocessing.get_context("spawn")


def crawl(path: Path, together: Barrier, site: str) -> None:
    """A crawl of its own site, which also announces what all the others announce."""
    with Archive(path) as archive:
        together.wait()
        for number in range(PAGES):
            announce(archive, *map(link, range(number, number + 20)))
            keep(archive, story(number, site=site))
            if number % 3 == 0:
                keep(
                    archive,
                    story(number, site=site, body=f"Isi baru nomor {number}."),
                    at=NOW + HOUR,
                )


def test_two_writers_and_a_reader_share_one_archive(path: Path) -> None:
    Archive(path).close()
    together = SPAWN.Barrier(3)
    crawls = [SPAWN.Process(target=crawl, args=(path, together, site)) for site in ("satu", "dua")]
    for process in crawls:
        process.start()
    with Archive(path, read_only=True) as reader:
        together.wait()
        while any(process.is_alive() for process in crawls):
            ((articles, kept),) = rows(
                reader,
                "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM urls WHERE state ="
                " 'kept')",
            )
            assert articles == kept
            assert search(reader.db, "nomor", limit=1000).total <= 2 * PAGES
    for process in crawls:
        process.join()
    assert [process.exitcode for process in crawls] == [0, 0]
    with Archive(path, read_only=True) as reader:
        assert rows(reader, "SELECT site, count(*) FROM latest GROUP BY site") == [
            ("dua", PAGES),
            ("satu", PAGES),
        ]
        assert value(reader, "SELECT count(*) FROM history") == 2 * (PAGES + PAGES // 3)
        assert value(reader, "SELECT count(*) FROM ledger WHERE site = ?", SITE) == PAGES + 19
        assert value(reader, "PRAGMA integrity_check") == "ok"
        for (number,) in rows(reader, "SELECT id FROM snapshots"):
            assert reader.snapshots.page(number).body


def write_the_same_story(path: Path, together: Barrier) -> None:
    with Archive(path) as archive:
        for turn in range(20):
            together.wait()
            keep(archive, story(1, body=f"Isi nomor {turn}."), at=NOW + turn * HOUR)


def test_two_writers_of_one_story_number_its_revisions_without_a_gap(path: Path) -> None:
    Archive(path).close()
    together = SPAWN.Barrier(2)
    writers = [SPAWN.Process(target=write_the_same_story, args=(path, together)) for _ in range(2)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0, 0]
    with Archive(path, read_only=True) as archive:
        numbers = [
            number for (number,) in rows(archive, "SELECT number FROM history ORDER BY number")
        ]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 20


def be_killed(path: Path) -> None:
    """Commit one story, begin a second, and be killed before its commit."""
    archive = Archive(path)
    keep(archive, story(1))
    with archive.transaction(NOW):
        snapshot = archive.snapshots.pack(page(2))
        url_id = archive.ledger.url_id(url_of(2), site=SITE)
        number = archive.snapshots.insert(snapshot, url_id=url_id, crawl_id=None, opted_out=None)
        archive.history.revise(story(2), key="kabar-2", snapshot_id=number)
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_writer_that_is_killed_leaves_whole_pages_only(path: Path) -> None:
    process = SPAWN.Process(target=be_killed, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with Archive(path) as archive:
        assert [found for (found,) in rows(archive, "SELECT url FROM urls")] == [url_of(1)]
        assert (
            value(archive, "SELECT count(*) FROM revisions")
            == value(archive, "SELECT count(*) FROM snapshots")
            == 1
        )
        assert value(archive, "PRAGMA integrity_check") == "ok"
        assert keep(archive, story(2)) is not None


def test_a_reader_sees_the_archive_as_it_was_until_a_page_is_whole(
    archive: Archive, path: Path
) -> None:
    with Archive(path, read_only=True) as reader, archive.transaction(NOW):
        archive.ledger.announce(SITE, [link(1)], source="sitemap")
        assert value(reader, "SELECT count(*) FROM urls") == 0


def test_a_reader_in_the_middle_of_a_page_does_not_stop_a_writer(
    archive: Archive, path: Path
) -> None:
    keep(archive, story(1))
    with Archive(path, read_only=True) as reader:
        reader.db.conn.execute("BEGIN")
        assert value(reader, "SELECT count(*) FROM latest") == 1
        keep(archive, story(2))
        assert value(reader, "SELECT count(*) FROM latest") == 1
        reader.db.conn.rollback()
        assert value(reader, "SELECT count(*) FROM latest") == 2


def test_a_copy_can_be_made_in_the_middle_of_a_crawl(archive: Archive, tmp_path: Path) -> None:
    keep(archive, story(1))
    copy = sqlite3.connect(tmp_path / "salinan.db")
    with archive.transaction(NOW):
        archive.ledger.announce(SITE, [link(2)], source="sitemap")
        source = sqlite3.connect(archive.path)
        source.backup(copy)
        source.close()
    copy.close()
    with Archive(tmp_path / "salinan.db", read_only=True) as copied:
        assert value(copied, "SELECT count(*) FROM urls") == 1


def test_one_transaction_inside_another_is_refused(archive: Archive) -> None:
    with (
        pytest.raises(Exception, match="within a transaction"),
        archive.transaction(NOW),
        archive.transaction(NOW),
    ):
        pass
    assert announce(archive, link(1)) == [url_of(1)]
