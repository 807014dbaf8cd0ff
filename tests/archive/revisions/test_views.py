"""The views are public: their names and their columns are promises of DESIGN.md."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive import Archive
from archive.database.clock import exact, instant
from archive.database.schema import ARTICLE_COLUMNS, PUBLISHED_AT_UTC
from scraper.extraction.fields.dates import believable
from tests.archive.invented import (
    BODY,
    DAY,
    HOUR,
    NOW,
    announce,
    keep,
    link,
    rows,
    story,
    take_down,
    url_of,
    value,
)

COLUMNS = {
    "latest": (
        """article_id site url story_id headline kicker deck body dateline authors editors agency
        published_at modified_at
        section tags image_url caption language page_count layout extractor warnings
        revision first_seen_at observed_at removed_at
        cluster_id opted_out published_at_utc"""
    ),
    "history": (
        "article_id site url number kind changed observed_at headline body extractor snapshot_id"
        " returns_to published_at published_at_utc"
    ),
    "syndication": (
        "cluster_id article_id site url published_at relation similarity containment is_first"
        " agency published_at_utc"
    ),
    "ledger": (
        """url site state reason article_id announced_by first_seen_at last_checked_at
        next_check_at checks etag
        last_modified"""
    ),
}


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_has_exactly_the_columns_of_the_design(archive: Archive, view: str) -> None:
    assert [
        name for (name,) in rows(archive, "SELECT name FROM pragma_table_info(?)", view)
    ] == COLUMNS[view].split()


def test_any_sqlite_program_can_read_the_views(archive: Archive) -> None:
    keep(archive, story())
    other = sqlite3.connect(f"file:{archive.path}?mode=ro", uri=True)
    assert other.execute("SELECT site, headline FROM latest").fetchall() == [
        ("kabar", "Pasar Tanjung Ramai Lagi (1)")
    ]
    other.close()


def test_latest_has_a_row_an_article_with_its_newest_revision(archive: Archive) -> None:
    keep(archive, story(1))
    keep(archive, story(2))
    keep(archive, story(1, body="Isi baru."), at=NOW + HOUR)
    assert rows(archive, "SELECT story_id, revision, body FROM latest ORDER BY article_id") == [
        ("kabar-1", 2, "Isi baru."),
        ("kabar-2", 1, BODY),
    ]


def test_latest_says_when_a_story_was_first_seen_and_when_its_text_was(archive: Archive) -> None:
    keep(archive, story(1))
    keep(archive, story(1, body="Isi baru."), at=NOW + HOUR)
    assert rows(archive, "SELECT first_seen_at, observed_at FROM latest") == [
        ("2026-11-20T03:04:05+00:00", "2026-11-20T04:04:05+00:00")
    ]


def test_every_field_of_an_article_is_in_latest_as_the_article_has_it(archive: Archive) -> None:
    keep(archive, story())
    row = next(iter(archive.db.query("SELECT * FROM latest")))
    expected = story().as_dict()
    for name in ARTICLE_COLUMNS:
        read = json.loads(row[name]) if isinstance(expected[name], list) else row[name]
        assert read == expected[name], name
    assert (row["site"], row["url"], row["story_id"]) == (
        expected["site"],
        expected["canonical_url"],
        expected["story_id"],
    )


def test_publishers_times_keep_their_offset(archive: Archive) -> None:
    keep(archive, story())
    assert value(archive, "SELECT published_at FROM latest") == "2026-11-20T08:00:00+07:00"


PUBLISHED = {
    "in Jakarta": ("2026-11-20T08:00:00+07:00", "2026-11-20T01:00:00+00:00"),
    "in Jayapura": ("2026-11-20T08:00:00+09:00", "2026-11-19T23:00:00+00:00"),
    "in Tehran": ("2026-11-20T08:00:00+03:30", "2026-11-20T04:30:00+00:00"),
    "in New York, the year before": ("2025-12-31T20:00:00-05:00", "2026-01-01T01:00:00+00:00"),
    "with a fraction": ("2026-11-20T08:00:00.250000+07:00", "2026-11-20T01:00:00+00:00"),
    "in UTC": ("2018-03-17T21:01:19+00:00", "2018-03-17T21:01:19+00:00"),
    "not at all": (None, None),
    "a day ahead of our clock": ("2026-11-21T10:04:05+07:00", "2026-11-21T03:04:05+00:00"),
    "later than that": ("2026-11-21T10:04:06+07:00", None),
    "in 2099": ("2099-01-01T00:00:00+07:00", None),
    "at the end of the calendar": ("9999-12-31T23:59:59-07:00", None),
    "before the web": ("1970-01-01T00:00:00+00:00", None),
    "at the start of the calendar": ("0001-01-01T00:00:00+07:00", None),
}
"""What a page said, observed at 2026-11-20T03:04:05 UTC, and the time that sorts."""


@pytest.mark.parametrize("view", ["latest", "history", "syndication"])
def test_a_time_that_sorts_is_in_utc_and_null_where_it_is_unknown_or_not_believable(
    archive: Archive, view: str
) -> None:
    for number, (said, _sorts) in enumerate(PUBLISHED.values()):
        at = datetime.fromisoformat(said) if said else None
        body = BODY if view == "syndication" else "Isi."
        keep(archive, story(number, published_at=at, body=body))
    found = rows(archive, f"SELECT published_at, published_at_utc FROM {view} ORDER BY article_id")
    assert dict(zip(PUBLISHED, found, strict=True)) == PUBLISHED
    with archive.as_of(NOW) as past:
        statement = f"SELECT published_at, published_at_utc FROM {view} ORDER BY article_id"
        assert past.db.conn.execute(statement).fetchall() == found


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(), OFFSETS, st.datetimes())
def test_the_time_that_sorts_is_what_extraction_would_believe(
    at: datetime, offset: timezone, now: datetime
) -> None:
    published, observed = at.replace(tzinfo=offset), now.replace(tzinfo=UTC)
    assume(abs(published - observed - DAY) > timedelta(seconds=1))  # a view counts whole seconds
    assume(published.year not in (1989, 1990, 9999))  # its first year begins at midnight UTC
    assume(observed.year != 9999)
    with closing(sqlite3.connect(":memory:")) as db:
        (found,) = db.execute(
            f"SELECT {PUBLISHED_AT_UTC} FROM (SELECT ? AS published_at, ? AS observed_at) r",
            [published.isoformat(), exact(observed)],
        ).fetchone()
    assert found == (instant(published) if believable(published, observed) else None)


def test_newest_first_is_right_across_offsets_and_no_story_of_2099_comes_first(
    archive: Archive,
) -> None:
    times = {
        1: "2026-11-20T09:30:00+09:00",  # 00:30 UTC
        2: "2026-11-20T08:00:00+07:00",  # 01:00 UTC
        3: "2099-01-01T00:00:00+07:00",
        4: "2026-11-20T05:00:00+03:30",  # 01:30 UTC
    }
    for number, at in times.items():
        keep(archive, story(number, published_at=datetime.fromisoformat(at)))
    newest = "SELECT article_id FROM latest ORDER BY published_at_utc DESC"
    assert [number for (number,) in rows(archive, newest)] == [4, 2, 1, 3]


def test_each_revision_in_history_has_the_time_that_it_said(archive: Archive) -> None:
    keep(archive, story())
    later = datetime.fromisoformat("2026-11-20T10:00:00+07:00")
    keep(archive, story(body="Isi baru.", published_at=later), at=NOW + HOUR)
    columns = "published_at, published_at_utc"
    assert rows(archive, f"SELECT {columns} FROM history ORDER BY number") == [
        ("2026-11-20T08:00:00+07:00", "2026-11-20T01:00:00+00:00"),
        ("2026-11-20T10:00:00+07:00", "2026-11-20T03:00:00+00:00"),
    ]
    assert rows(archive, f"SELECT {columns} FROM latest") == [
        ("2026-11-20T10:00:00+07:00", "2026-11-20T03:00:00+00:00")
    ]


def test_lists_are_json_arrays_that_sqlite_can_read(archive: Archive) -> None:
    keep(archive, story(tags=("kopi", "kopi “Gayo”"), authors=(), warnings=("no_date",)))
    assert rows(archive, "SELECT authors, tags, json_array_length(tags), warnings FROM latest") == [
        ("[]", '["kopi", "kopi “Gayo”"]', 2, '["no_date"]')
    ]
    assert rows(archive, "SELECT value FROM latest, json_each(latest.editors)") == [
        ("Joko Lesmana",)
    ]


def test_changed_fields_are_a_json_array(archive: Archive) -> None:
    keep(archive, story())
    keep(archive, story(headline="Pasar Sepi", body="Isi baru."), at=NOW + HOUR)
    assert rows(archive, "SELECT changed FROM history ORDER BY number") == [
        ("[]",),
        ('["headline", "body"]',),
    ]


def test_a_removed_story_keeps_its_text_and_says_when_it_was_removed(archive: Archive) -> None:
    keep(archive, story())
    take_down(archive, story(), at=NOW + DAY)
    assert rows(archive, "SELECT body, removed_at, revision FROM latest") == [
        (BODY, "2026-11-21T03:04:05+00:00", 2)
    ]


def test_the_rule_by_which_a_story_opts_out_is_in_latest(archive: Archive) -> None:
    keep(archive, story())
    with archive.transaction(NOW):
        archive.history.note_rights(1, "x-robots-tag: noai")
    assert value(archive, "SELECT opted_out FROM latest") == "x-robots-tag: noai"
    with archive.transaction(NOW):
        archive.history.note_rights(1, None)
    assert value(archive, "SELECT opted_out FROM latest") is None


def test_the_ledger_has_a_row_a_url(archive: Archive) -> None:
    announce(
        archive,
        link(1),
        link(2, refused="video_page"),
        source="https://www.kabar.example/sitemap.xml",
    )
    keep(archive, story(1))
    assert rows(
        archive,
        "SELECT url, state, reason, article_id, announced_by, checks, next_check_at FROM ledger"
        " ORDER BY url",
    ) == [
        (
            url_of(1),
            "kept",
            None,
            1,
            "https://www.kabar.example/sitemap.xml",
            1,
            "2026-11-21T03:04:05+00:00",
        ),
        (
            url_of(2),
            "refused",
            "video_page",
            None,
            "https://www.kabar.example/sitemap.xml",
            0,
            None,
        ),
    ]


def test_a_crawl_is_a_row_with_its_counts_and_its_end(archive: Archive) -> None:
    with archive.transaction(NOW):
        crawl = archive.crawls.begin("kabar", version="0.1.0", arguments={"since": "2026-11-01"})
    with archive.transaction(NOW + HOUR):
        archive.crawls.end(crawl, counts={"kept": 3}, received=9000, reason="finished")
    assert rows(
        archive,
        "SELECT site, started_at, ended_at, version, arguments, counts, bytes, end_reason FROM"
        " crawls",
    ) == [
        (
            "kabar",
            "2026-11-20T03:04:05+00:00",
            "2026-11-20T04:04:05+00:00",
            "0.1.0",
            '{"since": "2026-11-01"}',
            '{"kept": 3}',
            9000,
            "finished",
        )
    ]


def test_each_text_of_robots_txt_is_kept_with_its_first_and_last_time(archive: Archive) -> None:
    for turn, body in enumerate(
        ["User-agent: *", "User-agent: *", "User-agent: GPTBot\nDisallow: /"]
    ):
        with archive.transaction(NOW + turn * HOUR):
            archive.robots.record("www.kabar.example", status=200, body=body, reason=None)
    assert rows(
        archive, "SELECT body, fetched_at, last_seen_at FROM robots ORDER BY fetched_at"
    ) == [
        ("User-agent: *", "2026-11-20T03:04:05+00:00", "2026-11-20T04:04:05+00:00"),
        (
            "User-agent: GPTBot\nDisallow: /",
            "2026-11-20T05:04:05+00:00",
            "2026-11-20T05:04:05+00:00",
        ),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM articles WHERE story_id = 'kabar-1' OR id = 1",
        "SELECT site, published_at, headline FROM latest ORDER BY published_at DESC LIMIT 10",
        (
            "SELECT site, published_at, headline FROM latest WHERE site = 'kabar' ORDER BY"
            " published_at DESC LIMIT 10"
        ),
        "SELECT site, headline FROM latest ORDER BY published_at_utc DESC LIMIT 10",
        "SELECT url, number FROM history ORDER BY published_at_utc DESC LIMIT 10",
        "SELECT url FROM latest WHERE published_at_utc >= '2026-11-20' ORDER BY published_at_utc",
        "SELECT url FROM latest WHERE removed_at IS NOT NULL ORDER BY removed_at DESC LIMIT 20",
        (
            "SELECT url, changed FROM history WHERE kind = 'publisher' ORDER BY observed_at DESC"
            " LIMIT 20"
        ),
        "SELECT state, reason, count(*) FROM ledger GROUP BY 1, 2",
    ],
)
def test_what_people_often_ask_sorts_nothing_and_is_looked_up(
    archive: Archive, statement: str
) -> None:
    plan = [detail for *_numbers, detail in rows(archive, f"EXPLAIN QUERY PLAN {statement}")]
    assert not any(
        "TEMP B-TREE" in step or (step.startswith("SCAN") and "INDEX" not in step) for step in plan
    ), plan
