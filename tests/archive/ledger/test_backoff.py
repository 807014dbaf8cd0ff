"""What sites asked for, from one crawl to the next."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from archive import Archive
from tests.archive.first_release import write_0_1_0
from tests.archive.invented import DAY, HOUR, NOW, rows


def test_nothing_is_remembered_of_a_site_that_asked_for_nothing(archive: Archive) -> None:
    assert archive.manners.of("kabar") is None


def test_the_newest_wish_stands_in_place_of_the_one_before(archive: Archive) -> None:
    with archive.transaction():
        archive.manners.note("kabar", delay=4.0, quiet_until=NOW + DAY, reason="http_429", now=NOW)
    with archive.transaction():
        archive.manners.note(
            "kabar", delay=2.0, quiet_until=None, reason="http_5xx", now=NOW + HOUR
        )
    wish = archive.manners.of("kabar")
    assert wish is not None
    assert (wish.delay, wish.quiet_until, wish.reason, wish.noted_at) == (
        2.0,
        None,
        "http_5xx",
        NOW + HOUR,
    )
    assert rows(archive, "SELECT count(*) FROM manners") == [(1,)]


def test_a_moment_comes_back_as_it_was_written(archive: Archive) -> None:
    with archive.transaction():
        archive.manners.note("kabar", delay=0.0, quiet_until=NOW + DAY, reason="http_429", now=NOW)
    wish = archive.manners.of("kabar")
    assert wish is not None
    assert wish.quiet_until == (NOW + DAY).replace(microsecond=0)


def test_a_wish_is_forgotten(archive: Archive) -> None:
    with archive.transaction():
        archive.manners.note("kabar", delay=4.0, quiet_until=None, reason="http_429", now=NOW)
        archive.manners.forget("kabar")
    assert archive.manners.of("kabar") is None


def test_each_answer_for_robots_txt_stands_with_its_status_and_its_first_and_last_time(
    archive: Archive,
) -> None:
    answers = [
        (200, "User-agent: *", None),
        (404, "", None),
        (503, "", None),
        (None, "", "timeout"),
        (200, "User-agent: *", None),
    ]
    for turn, (status, body, reason) in enumerate(answers):
        with archive.transaction():
            archive.record_robots(
                "www.kabar.example", status=status, body=body, reason=reason, now=NOW + turn * HOUR
            )
    with archive.transaction():
        archive.record_robots(
            "www.kabar.example", status=None, body="", reason="timeout", now=NOW + DAY
        )
    times = [(NOW + turn * HOUR).isoformat() for turn in range(5)]
    assert rows(
        archive, "SELECT status, reason, fetched_at, last_seen_at FROM robots ORDER BY id"
    ) == [
        (200, None, times[0], times[4]),
        (404, None, times[1], times[1]),
        (503, None, times[2], times[2]),
        (None, "timeout", times[3], (NOW + DAY).isoformat()),
    ]


def test_an_archive_of_the_first_release_brings_its_answers_for_robots_txt_along(
    path: Path,
) -> None:
    write_0_1_0(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO robots VALUES ('kabar.example', 'aa', 200, 'User-agent: *', ?, ?)",
            (NOW.isoformat(), NOW.isoformat()),
        )
        before = db.execute(
            "SELECT host, digest, status, body, fetched_at, last_seen_at FROM robots ORDER BY host, digest"
        ).fetchall()
    with Archive(path) as archive:
        assert (
            rows(
                archive,
                "SELECT host, digest, status, body, fetched_at, last_seen_at FROM robots ORDER BY host, digest",
            )
            == before
        )
