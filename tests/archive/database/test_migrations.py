"""An archive of warta 0.1.0 opens, keeps all that it had, and a copy of it as it was; a later one
is refused.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import archive.database.backup
from archive import Archive
from archive.database.schema import APPLICATION_ID
from archive.errors import ArchiveError, ArchiveUnwritable, SchemaTooNew
from archive.maintenance.verify import verify
from tests.conftest import allow_again
from tests.archive.first_release import PAGES, write_0_1_0
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    announce,
    check,
    keep,
    link,
    rows,
    story,
    url_of,
    value,
)

Warta = Callable[..., Result]
VIEWS = ("latest", "history", "ledger")


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return said(db)


def said(db: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the views; of the ledger what it says of stories."""
    stories = {"ledger": " WHERE state != 'source'"}
    return {
        name: sorted(
            map(tuple, db.execute(f"SELECT * FROM {name}{stories.get(name, '')}")), key=repr
        )
        for name in VIEWS
    }


@pytest.fixture
def old(path: Path) -> Path:
    write_0_1_0(path)
    return path


@pytest.fixture
def copy(path: Path) -> Path:
    return path.with_name("news.db.before-m006")


# Nothing is lost


@pytest.mark.parametrize("read_only", [True, False])
def test_every_view_says_what_it_said(old: Path, read_only: bool) -> None:
    before = contents(old)
    Archive(old, read_only=read_only).close()
    assert contents(old) == before


def test_sources_are_asked_for_without_validators_once_as_those_that_lead_to_others_hid_them(
    old: Path,
) -> None:
    with Archive(old) as archive:
        assert rows(archive, "SELECT etag FROM ledger WHERE state = 'source'") == [(None,)]


def test_every_page_comes_back_byte_for_byte_and_verify_is_content(old: Path) -> None:
    with Archive(old) as archive:
        assert {number: archive.page(number).body for number in PAGES} == PAGES
        assert [finding for finding in verify(archive) if not finding.ok] == []


def test_an_old_archive_reads_as_of_now_as_it_stands(old: Path) -> None:
    with Archive(old) as archive:
        before = contents(old)
        with archive.as_of(NOW + DAY) as past:
            assert said(past.db.conn) == before


def test_an_old_archive_reads_as_it_stood_before_its_last_crawl(old: Path) -> None:
    with Archive(old) as archive, archive.as_of(NOW) as past:
        assert [
            (each.article_id, each.revision, each.removed_at, each.opted_out)
            for each in past.articles()
        ] == [
            (1, 1, None, None),
            (2, 1, None, None),
            (3, 1, None, "meta: noai"),
            (4, 1, None, None),
        ]
        assert past.db.conn.execute(
            "SELECT url, state, checks FROM ledger ORDER BY length(url), url"
        ).fetchall() == [
            *((url_of(number), "kept", 1) for number in (1, 2, 3, 4)),
            (url_of(5), "due", 0),
            (url_of(6), "refused", 0),
            (url_of(7), "alias", 0),
            (url_of(8), "skipped", 0),
            (url_of(9), "due", 0),
            (url_of(10), "source", 0),
        ]
        assert past.page(1).body == PAGES[1]


def test_the_commands_tell_its_stories(old: Path, warta: Warta) -> None:
    assert "Isi kedua." in warta("show", "1").stdout
    assert "publisher" in warta("log", "1").stdout
    assert "Removed by the site" in warta("show", "2").stdout
    assert "Opted out of text mining by meta: noai" in warta("show", "3").stdout
    assert "It is article 1:" in warta("explain", url_of(7)).stdout
    assert (
        "Requested 2026-11-20T04:04:05+00:00: status 200, failed" in warta("explain", url_of(5)).stdout
    )
    assert "kabar-1" in warta("stats").stdout


def test_every_page_that_made_a_story_is_known_to_have_been_read(old: Path) -> None:
    with Archive(old) as archive:
        assert rows(archive, "SELECT snapshot_id, extractor, refusal FROM readings") == [
            (number, "warta/0.1.0/kabar-1", None) for number in (2, 3, 4, 5)
        ]


def test_its_clock_goes_on_from_its_newest_moment(old: Path) -> None:
    with Archive(old) as archive:
        assert archive.clock.latest() == NOW + HOUR
        revision = keep(archive, story(4, body="Isi kedua."), at=NOW)
        assert revision is not None
        assert revision.observed_at == NOW + HOUR


def test_a_crawl_goes_on_in_it(old: Path) -> None:
    with Archive(old) as archive:
        links = [*map(link, (4, 5, 6, 8, 9)), link(7, key="kabar-1")]
        assert announce(archive, *links, at=NOW + 3 * HOUR) == [
            url_of(number) for number in (4, 6, 8, 9)
        ]
        check(
            archive,
            url_of(4),
            "not_modified",
            at=NOW + 3 * HOUR,
            status=304,
            conditional=True,
            etag="a",
        )
        keep(archive, story(9), at=NOW + 3 * HOUR)
        with archive.as_of(NOW + 3 * HOUR) as past:
            for name in VIEWS:
                statement = f"SELECT * FROM {name} ORDER BY 1, 2, 4"
                assert (
                    past.db.conn.execute(statement).fetchall()
                    == archive.db.conn.execute(statement).fetchall()
                )
        assert value(archive, "SELECT count(*) FROM search WHERE search MATCH 'pasar'") == 5


# A copy first


def test_the_archive_is_copied_before_it_is_changed(
    old: Path, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = contents(old)
    with closing(sqlite3.connect(old)) as db:
        dump = list(db.iterdump())
    Archive(old).close()
    with closing(sqlite3.connect(copy)) as db:
        assert list(db.iterdump()) == dump
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert contents(copy) == before
    (line,) = caplog.messages
    assert f"{copy} is how it was" in line


def test_a_new_archive_needs_no_copy_and_neither_does_one_of_today(path: Path, copy: Path) -> None:
    Archive(path).close()
    Archive(path).close()
    assert [left.name for left in path.parent.iterdir()] == ["news.db"]


def test_the_copy_can_take_the_archives_place(old: Path, copy: Path) -> None:
    Archive(old).close()
    shutil.move(copy, old)
    with Archive(old) as archive:
        assert value(archive, "SELECT count(*) FROM history") == 6


def test_a_migration_that_fails_leaves_the_old_archive_and_the_copy(old: Path, copy: Path) -> None:
    before = contents(old)
    with closing(sqlite3.connect(old)) as db:
        db.execute("CREATE TABLE packing (stands_in_the_way)")
    with pytest.raises(ArchiveError, match=r"news\.db: .*packing"):
        Archive(old)
    assert contents(old) == contents(copy) == before
    with closing(sqlite3.connect(old)) as db:
        assert "m006_clock_and_rights" not in {
            name for (name,) in db.execute("SELECT name FROM _sqlite_migrations")
        }
        db.execute("DROP TABLE packing")
    Archive(old).close()
    assert contents(old) == before


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), sqlite3.OperationalError("database or disk is full")],
)
def test_a_disk_that_is_full_before_the_copy_is_whole_leaves_all_as_it_was(
    old: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = old.read_bytes()

    def full(_path: Path) -> None:
        raise error

    if isinstance(error, sqlite3.Error):
        error.sqlite_errorname = "SQLITE_FULL"
    monkeypatch.setattr(archive.database.backup, "_sync", full)
    with pytest.raises(ArchiveUnwritable, match=r"(?i)news\.db.*(no space left|the disk is full)"):
        Archive(old)
    assert old.read_bytes() == before
    assert [left.name for left in old.parent.iterdir() if "before" in left.name] == []
    monkeypatch.undo()
    Archive(old).close()
    assert copy.exists()


def test_an_older_archive_on_a_read_only_medium_is_told_in_one_line(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    write_0_1_0(path)
    path.chmod(0o400)
    folder_of_a_user.chmod(0o500)
    for read_only in (True, False):
        with pytest.raises(ArchiveUnwritable, match=r"news\.db: ") as told:
            Archive(path, read_only=read_only)
        assert len(str(told.value).splitlines()) == 1
    allow_again(folder_of_a_user)


# Two writers of different versions


LATER = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('warta', 'm999_bulan', '2031-01-01')"


@pytest.mark.parametrize("statements", [[LATER], ["ALTER TABLE urls ADD COLUMN bulan TEXT", LATER]])
def test_a_writer_that_is_open_while_a_later_version_migrates_writes_nothing_more(
    path: Path, statements: list[str]
) -> None:
    with Archive(path) as writer:
        announce(writer, link(1))
        with closing(sqlite3.connect(path)) as later, later:
            for statement in statements:
                later.execute(statement)
        for _ in range(2):
            with pytest.raises(SchemaTooNew, match=r"later version of warta.*m999_bulan.*upgrade"):
                announce(writer, link(2))
        assert value(writer, "SELECT count(*) FROM urls") == 1


def test_other_changes_of_the_schema_do_not_disturb_a_writer(path: Path) -> None:
    with Archive(path) as writer:
        announce(writer, link(1))
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("CREATE INDEX buatan_sendiri ON urls (state)")
            other.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('catatan', 'm999', '2031-01-01')"
            )
        assert announce(writer, link(2)) == [url_of(2)]
