"""An archive of an earlier release is migrated, keeps all that it had, and a copy of it as it was.

One of a later release is refused, and so is one of the development series before the first.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlite_utils import Database

import archive.database.backup
import archive.database.migrations
from archive import Archive, Wire
from archive.database.migrations import FIRST, migrations
from archive.database.schema import APPLICATION_ID
from archive.errors import ArchiveError, ArchiveUnwritable, SchemaTooNew, SchemaTooOld
from archive.maintenance.verify import verify
from archive.monitoring.health import incidents
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    announce,
    check,
    keep,
    keep_page,
    link,
    page,
    story,
    take_down,
    url_of,
    value,
)
from tests.conftest import allow_again

Warta = Callable[..., Result]
VIEWS = ("latest", "history", "ledger")


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return said(db)


def said(db: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the views."""
    return {
        name: sorted(map(tuple, db.execute(f"SELECT * FROM {name}")), key=repr) for name in VIEWS
    }


def write(path: Path) -> None:
    """An archive of the first release: 1 edited, 2 gone, 3 opted out, 4 kept, 5 failed, 6 due."""
    with Archive(path) as archive:
        announce(archive, *map(link, range(1, 7)))
        for number in range(1, 5):
            keep(archive, story(number))
        keep(archive, story(1, body="Isi kedua."), at=NOW + HOUR)
        take_down(archive, story(2), at=NOW + HOUR)
        check(archive, url_of(5), "failed", at=NOW + HOUR, reason="timeout")
        with archive.transaction(NOW + HOUR):
            archive.history.note_rights(3, "meta: noai")


def m002_moods(db: Database) -> None:
    """An invented second migration."""
    db.execute("CREATE TABLE moods (article_id INTEGER PRIMARY KEY, mood TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO moods SELECT id, 'calm' FROM articles")
    db.execute("ALTER TABLE urls ADD COLUMN mood TEXT")


def add_a_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_migrations", list(migrations._migrations))
    migrations()(m002_moods)


@pytest.fixture
def old(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of the first release, met by the second."""
    write(path)
    add_a_migration(monkeypatch)
    return path


@pytest.fixture
def copy(path: Path) -> Path:
    return path.with_name("news.db.before-m002")


# A new archive has what a migrated one has


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(
            "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()


@contextmanager
def migrated_from(before: Callable[[Path], None], path: Path, tmp_path: Path) -> Iterator[Archive]:
    """Open an archive of before a migration, and verify that it gets what a new one has."""
    write(path)
    Archive(tmp_path / "new.db").close()
    before(path)
    with Archive(path) as migrated:
        yield migrated
        assert all(finding.ok for finding in verify(migrated))
    assert schema(path) == schema(tmp_path / "new.db")


def test_a_new_archive_gets_the_whole_schema_and_runs_no_migration(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive(old):
        pass
    today = archive.database.migrations.SCHEMA
    moods = "CREATE TABLE moods (article_id INTEGER PRIMARY KEY, mood TEXT NOT NULL) STRICT"
    column = "ALTER TABLE urls ADD COLUMN mood TEXT"
    monkeypatch.setattr(archive.database.migrations, "SCHEMA", (*today, moods, column))
    with Archive(tmp_path / "new.db") as fresh:
        assert migrations.pending(fresh.db) == []
    assert schema(tmp_path / "new.db") == schema(old)


def before_m008(path: Path) -> None:
    """Make an archive one of before m008."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE crawls DROP COLUMN merged_id")
        db.execute("DROP TABLE merged_archives")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm008'")


def test_an_archive_that_none_was_merged_into_gets_what_a_new_one_has(
    path: Path, tmp_path: Path
) -> None:
    with migrated_from(before_m008, path, tmp_path):
        pass


def before_m007(path: Path) -> None:
    """Make an archive one of before m007."""
    before_m008(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE captures")
        db.execute("DROP TABLE imported_files")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm007'")


def test_an_archive_without_imported_web_archives_gets_what_a_new_one_has(
    path: Path, tmp_path: Path
) -> None:
    with migrated_from(before_m007, path, tmp_path) as migrated:
        assert migrated.captures.done(terms="", digest="0") is None


def before_m006(path: Path) -> None:
    """Make an archive one of before m006."""
    before_m007(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP INDEX urls_failed")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm006'")


def test_an_archive_without_an_index_of_failures_gets_it_and_health_uses_it(
    path: Path, tmp_path: Path
) -> None:
    write(path)
    Archive(tmp_path / "new.db").close()
    before_m006(path)
    read: list[str] = []
    with Archive(path) as migrated:
        migrated.db.conn.set_trace_callback(read.append)
        incidents(migrated, now=NOW, sites=["suara"])
        migrated.db.conn.set_trace_callback(None)
        (query,) = [statement for statement in read if "'same_body_elsewhere'" in statement]
        plan = migrated.db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert "USING INDEX urls_failed (site=? AND reason=?)" in plan[0][-1]
    assert schema(path) == schema(tmp_path / "new.db")


def before_m005(path: Path) -> None:
    """Make an archive one of before m005."""
    before_m006(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE header_forms")
        for column in (
            "snapshots DROP COLUMN wire",
            "robots DROP COLUMN url",
            "robots DROP COLUMN wire",
        ):
            db.execute(f"ALTER TABLE {column}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm005'")


def test_an_archive_of_pages_without_their_wire_gets_what_a_new_one_has(
    path: Path, tmp_path: Path
) -> None:
    write(path)
    with Archive(path) as archive:
        before = archive.page(1)
        with archive.transaction(NOW):
            archive.robots.record("kabar.example", status=404, body="", reason=None)
    Archive(tmp_path / "new.db").close()
    before_m005(path)
    with Archive(path) as migrated:
        assert migrated.page(1) == before
        assert before.wire is None
        (answer,) = migrated.robots.answers()
        assert (answer.url, answer.wire) == ("https://kabar.example/robots.txt", None)
        kept = page(7, wire=Wire(protocol="HTTP/1.1"))
        assert migrated.page(keep_page(migrated, kept)) == kept
        assert all(finding.ok for finding in verify(migrated))
    assert schema(path) == schema(tmp_path / "new.db")


def before_m004(path: Path) -> None:
    """Make an archive one of before m004."""
    before_m005(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE search_earlier")
        db.execute("DROP VIEW searchable_earlier")
        db.execute("DROP INDEX articles_listed")
        db.execute("ALTER TABLE articles DROP COLUMN listed_at")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm004'")


def test_an_archive_without_earlier_texts_in_its_search_gets_what_a_new_one_has(
    path: Path, tmp_path: Path
) -> None:
    write(path)
    with Archive(path) as archive:
        keep(archive, story(7, published_at=None))
        listed = "SELECT id, listed_at FROM articles ORDER BY id"
        before = archive.db.conn.execute(listed).fetchall()
    Archive(tmp_path / "new.db").close()
    before_m004(path)
    with Archive(path) as migrated:
        assert migrated.db.conn.execute(listed).fetchall() == before
        assert before[0][1] == "2026-11-20T01:00:00+00:00"  # published
        assert before[-1][1] == "2026-11-20T04:04:05+00:00"  # first seen
        assert migrated.search("berjualan", earlier=True).total == 5
        assert migrated.search("berjualan").total == 4
        assert all(finding.ok for finding in verify(migrated))
    assert schema(path) == schema(tmp_path / "new.db")


def before_m003(path: Path) -> None:
    """Make an archive one of before m003; its views stand for those that it had."""
    before_m004(path)
    with closing(sqlite3.connect(path)) as db, db:
        for view in ("latest", "history", "syndication"):
            db.execute(f"DROP VIEW {view}")
        for index in ("published", "observed", "corrections"):
            db.execute(f"DROP INDEX revisions_{index}")
        db.execute("CREATE INDEX revisions_observed ON revisions (observed_at)")
        db.execute("CREATE VIEW latest AS SELECT id AS article_id, '' headline FROM articles")
        db.execute("CREATE VIEW history AS SELECT article_id, number FROM revisions")
        db.execute("CREATE VIEW syndication AS SELECT article_id FROM members")
        db.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm003'")


def test_an_archive_without_times_that_sort_gets_what_a_new_one_has(
    path: Path, tmp_path: Path
) -> None:
    write(path)
    Archive(tmp_path / "new.db").close()
    before_m003(path)
    with Archive(path) as migrated:
        assert value(migrated, "SELECT max(published_at_utc) FROM latest") == (
            "2026-11-20T01:00:00+00:00"
        )
    assert schema(path) == schema(tmp_path / "new.db")


# Nothing is lost


@pytest.mark.parametrize("read_only", [True, False])
def test_every_view_says_what_it_said(old: Path, read_only: bool) -> None:
    before = contents(old)
    with Archive(old, read_only=read_only) as archive:
        assert migrations.pending(archive.db) == []
    assert contents(old) == before
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("SELECT count(*), min(mood) FROM moods").fetchone() == (4, "calm")


def test_every_page_comes_back_byte_for_byte_and_verify_is_content(old: Path) -> None:
    with Archive(old) as archive:
        found = {number: archive.page(number) for number in range(1, 6)}
        assert {each.url for each in found.values()} == {url_of(number) for number in range(1, 5)}
        assert {each.body for each in found.values()} == {page(1).body}
        assert [finding for finding in verify(archive) if not finding.ok] == []


def test_an_old_archive_reads_as_of_now_as_it_is(old: Path) -> None:
    with Archive(old) as archive:
        before = contents(old)
        with archive.as_of(NOW + DAY) as past:
            assert said(past.db.conn) == before


def test_an_old_archive_reads_as_it_was_before_its_last_crawl(old: Path) -> None:
    with Archive(old) as archive, archive.as_of(NOW) as past:
        assert [
            (each.article_id, each.revision, each.removed_at, each.opted_out)
            for each in past.articles()
        ] == [(number, 1, None, None) for number in range(1, 5)]
        assert past.db.conn.execute(
            "SELECT url, state, checks FROM ledger ORDER BY url"
        ).fetchall() == [
            *((url_of(number), "kept", 1) for number in range(1, 5)),
            *((url_of(number), "due", 0) for number in (5, 6)),
        ]
        assert past.page(1).body == page(1).body


def test_the_commands_show_its_stories(old: Path, warta: Warta) -> None:
    assert "Isi kedua." in warta("show", "1").stdout
    assert "publisher" in warta("log", "1").stdout
    assert "Removed by the site" in warta("show", "2").stdout
    assert "Opted out of text mining by meta: noai" in warta("show", "3").stdout
    assert "kabar-1" in warta("stats").stdout
    assert warta("explain", url_of(1)).stdout.splitlines() == [
        url_of(1),
        "Site kabar, state kept.",
        "First announced 2026-11-20T03:04:05+00:00 by sitemap.",
        "Requested 2026-11-20T03:04:05+00:00: status 200, kept, 1.3 kB.",
        "Requested 2026-11-20T04:04:05+00:00: status 200, kept, 1.3 kB.",
        "Due again 2026-11-21T04:04:05+00:00.",
        "It is article 1:",
        "  revision 1 (first) 2026-11-20T03:04:05+00:00",
        "  revision 2 (publisher, changed body) 2026-11-20T04:04:05+00:00",
    ]
    assert warta("explain", url_of(5)).stdout.splitlines() == [
        url_of(5),
        "Site kabar, state failed: the server did not answer in time.",
        "First announced 2026-11-20T03:04:05+00:00 by sitemap.",
        "Requested 2026-11-20T04:04:05+00:00: no answer, failed"
        " (the server did not answer in time), 0 B.",
        "Not due again by itself.",
    ]


COMMANDS = (
    *(("show", str(number)) for number in range(1, 5)),
    *(("log", str(number)) for number in range(1, 5)),
    *(("explain", url_of(number)) for number in range(1, 7)),
    ("search", "pasar"),
)


def test_a_user_sees_after_a_migration_what_was_seen_before_it_and_where_the_copy_is(
    path: Path,
    copy: Path,
    warta: Warta,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write(path)
    before = {command: warta(*command).stdout for command in COMMANDS}
    assert "" not in before.values()
    assert caplog.messages == []
    add_a_migration(monkeypatch)
    assert {command: warta(*command).stdout for command in COMMANDS} == before
    (line,) = caplog.messages
    assert line == (
        f"{path}: migrated; an earlier version of warta had made it, and {copy} is how it was"
    )
    assert contents(copy) == contents(path)


def test_its_clock_goes_on_from_its_newest_time(old: Path) -> None:
    with Archive(old) as archive:
        assert archive.clock.latest() == NOW + HOUR
        revision = keep(archive, story(4, body="Isi kedua."), at=NOW)
        assert revision is not None
        assert revision.observed_at == NOW + HOUR


def test_a_crawl_goes_on_in_it(old: Path) -> None:
    with Archive(old) as archive:
        assert announce(archive, link(5), link(6), link(9), at=NOW + 3 * HOUR) == [
            url_of(6),
            url_of(9),
        ]
        keep(archive, story(9), at=NOW + 3 * HOUR)
        with archive.as_of(NOW + 3 * HOUR) as past:
            assert said(past.db.conn) == said(archive.db.conn)
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
        db.execute("CREATE TABLE moods (stands_in_the_way)")
    with pytest.raises(ArchiveError, match=r"news\.db: .*moods"):
        Archive(old)
    assert contents(old) == contents(copy) == before
    with closing(sqlite3.connect(old)) as db:
        applied = [name for (name,) in db.execute("SELECT name FROM _sqlite_migrations")]
        assert FIRST in applied
        assert m002_moods.__name__ not in applied
        db.execute("DROP TABLE moods")
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
    with monkeypatch.context() as patch:
        patch.setattr(archive.database.backup, "sync", full)
        with pytest.raises(
            ArchiveUnwritable, match=r"(?i)news\.db.*(no space left|the disk is full)"
        ):
            Archive(old)
    assert old.read_bytes() == before
    assert [left.name for left in old.parent.iterdir() if "before" in left.name] == []
    Archive(old).close()
    assert copy.exists()


def test_an_older_archive_on_a_read_only_medium_is_reported_in_one_line(
    folder_of_a_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_of_a_user / "news.db"
    write(path)
    add_a_migration(monkeypatch)
    path.chmod(0o400)
    folder_of_a_user.chmod(0o500)
    for read_only in (True, False):
        with pytest.raises(ArchiveUnwritable, match=r"news\.db: ") as told:
            Archive(path, read_only=read_only)
        assert len(str(told.value).splitlines()) == 1
    allow_again(folder_of_a_user)


# The development series before the first release


DEVELOPMENT = [f"m{number:03}_lama" for number in range(2, 22)]


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "names", [["m001_crawls_and_urls", *DEVELOPMENT], ["m001_crawls_and_urls"], DEVELOPMENT[3:], []]
)
def test_an_archive_of_the_development_series_is_refused_and_not_touched(
    path: Path, names: list[str], read_only: bool
) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE crawls (id INTEGER PRIMARY KEY, site TEXT NOT NULL)")
        if names:
            db.execute("CREATE TABLE _sqlite_migrations (migration_set, name, applied_at)")
        for name in names:
            db.execute("INSERT INTO _sqlite_migrations VALUES ('warta', ?, '2026-11-01')", [name])
    before = path.read_bytes()
    with pytest.raises(
        SchemaTooOld, match=r"news\.db: a development version.*--archive"
    ) as refused:
        Archive(path, read_only=read_only)
    assert len(str(refused.value).splitlines()) == 1
    assert path.read_bytes() == before
    assert [left.name for left in path.parent.iterdir()] == ["news.db"]


def test_a_command_refuses_it_in_one_line(path: Path, warta: Warta) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE crawls (id INTEGER PRIMARY KEY, site TEXT NOT NULL)")
    result = warta("stats")
    assert result.exit_code != 0
    assert len(result.stderr.splitlines()) == 1
    assert "a development version of warta (0.1.0) made this archive" in result.stderr


# Two writers of different versions


LATER = (
    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('warta',"
    " 'm999_bulan', '2031-01-01')"
)


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
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES"
                " ('catatan', 'm999', '2031-01-01')"
            )
        assert announce(writer, link(2)) == [url_of(2)]
