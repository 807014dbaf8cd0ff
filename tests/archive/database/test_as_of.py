"""The archive as of any time: all of it, the same for ever, and without a byte written."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from archive import Archive, Reader
from archive.errors import ArchiveDamaged
from archive.records import Check
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    WIB,
    announce,
    keep,
    keep_page,
    link,
    new_archive,
    page,
    story,
    take_down,
    url_of,
)
from tests.archive.lives import TICK, Life, Step, lives
from tests.examples import COSTLY

TABLES = {
    "articles": (
        "id",
        "site",
        "key",
        "story_id",
        "url",
        "first_seen_at",
        "removed_at",
        "opted_out",
        "revision",
    ),
    "revisions": ("*",),
    "checks": ("*",),
    "rights": ("*",),
    "snapshots": ("id", "url_id", "requested_url", "url", "status", "digest", "size", "kept_at"),
    "crawls": ("*",),
    "urls": (
        "id",
        "url",
        "site",
        "key",
        "state",
        "reason",
        "article_id",
        "announced_by",
        "published_at",
        "first_seen_at",
        "last_checked_at",
        "next_check_at",
        "due_reason",
        "checks",
        "etag",
        "last_modified",
    ),
    "drifts": ("*",),
    "drifted": ("*",),
    "members": ("*",),
    "latest": ("*",),
    "history": ("*",),
    "syndication": ("*",),
    "ledger": ("*",),
}
"""What is read as of a moment; a dictionary's snapshots may be packed anew at any time, so `packed`
is no part of it.
"""

State = dict[str, list[tuple[Any, ...]]]


def state_of(reader: Reader) -> State:
    """All rows of the views and of the tables behind them."""
    return {
        name: sorted(
            reader.db.conn.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall(), key=repr
        )
        for name, columns in TABLES.items()
    }


def as_of(archive: Archive, moment: datetime) -> State:
    with archive.as_of(moment) as past:
        return state_of(past)


def column(reader: Reader, statement: str) -> list[Any]:
    return [value for (value,) in reader.db.conn.execute(statement)]


# Any history, at any moment of it


@COSTLY
@given(lives)
def test_whatever_happened_every_time_reads_for_ever_as_it_was_seen_then(steps: list[Step]) -> None:
    with new_archive() as archive:
        life = Life(archive)
        seen = {}
        for step in steps:
            life.live(step)
            moment = archive.clock.latest()
            if moment is not None:  # something was written
                seen[moment] = state_of(archive)  # of equal moments the last one stays
        for moment, state in seen.items():
            assert as_of(archive, moment) == state, moment


def edited_twice(archive: Archive) -> None:
    """Story 1 announced at NOW, kept an hour later, edited after a day, removed after two, back
    after three.
    """
    announce(archive, link(1))
    keep(archive, story(1), at=NOW + HOUR)
    keep(archive, story(1, body="Isi kedua."), at=NOW + DAY)
    take_down(archive, story(1), at=NOW + 2 * DAY)
    keep(archive, story(1, body="Isi ketiga."), at=NOW + 3 * DAY)


# What is read


def test_a_story_reads_as_it_stood(archive: Archive) -> None:
    edited_twice(archive)
    told = []
    for hours in (0, 1, 24, 48, 72):
        with archive.as_of(NOW + hours * HOUR) as past:
            told.append(
                [
                    (each.revision, each.article.body[:10], each.removed_at)
                    for each in past.articles()
                ]
            )
    removed = NOW + 2 * DAY
    assert told == [
        [],
        [(1, "Pasar Tanj", None)],
        [(2, "Isi kedua.", None)],
        [(3, "Isi kedua.", removed)],
        [(4, "Isi ketiga", None)],
    ]


def test_a_time_just_before_is_before(archive: Archive) -> None:
    edited_twice(archive)
    with archive.as_of(NOW + DAY - TICK) as past:
        assert past.article("kabar-1").revision == 1


def test_microseconds_are_distinguished(archive: Archive) -> None:
    for turn in range(3):
        keep(archive, story(1, body=f"Isi nomor {turn}."), at=NOW + turn * TICK)
    for turn in range(3):
        with archive.as_of(NOW + turn * TICK) as past:
            assert past.article(1).article.body == f"Isi nomor {turn}."


def test_the_same_time_in_another_zone_is_the_same(archive: Archive) -> None:
    edited_twice(archive)
    assert as_of(archive, (NOW + DAY).astimezone(WIB)) == as_of(archive, NOW + DAY)


def test_pages_and_revisions_of_later_are_not_there_yet(archive: Archive) -> None:
    edited_twice(archive)
    with archive.as_of(NOW + HOUR) as past:
        assert [made.number for made in past.revisions("kabar-1")] == [1]
        assert past.page(1) == archive.page(1)
        with pytest.raises(ArchiveDamaged, match="snapshot 2 is not in the archive"):
            past.page(2)


def test_an_opt_out_holds_from_the_time_it_was_found(archive: Archive) -> None:
    keep(archive, story(1))
    for hours, rule in ((1, "meta: noai"), (2, None), (3, "robots.txt: GPTBot")):
        with archive.transaction(NOW + hours * HOUR):
            archive.history.note_rights(1, rule)
    told = []
    for hours in range(4):
        with archive.as_of(NOW + hours * HOUR) as past:
            told.append(past.article(1).opted_out)
    assert told == [None, "meta: noai", None, "robots.txt: GPTBot"]


def test_a_crawl_under_way_has_no_end_yet(archive: Archive) -> None:
    with archive.transaction(NOW):
        number = archive.crawls.begin(SITE, version="0.1.0", arguments={})
    with archive.transaction(NOW + HOUR):
        archive.crawls.end(number, counts={"kept": 3}, received=10, reason="finished")
    with archive.as_of(NOW) as past:
        assert column(past, "SELECT end_reason FROM crawls") == [None]
    with archive.as_of(NOW + HOUR) as past:
        assert column(past, "SELECT end_reason FROM crawls") == ["finished"]


def test_what_one_transaction_writes_is_there_all_at_once(archive: Archive) -> None:
    announce(archive, link(1))
    with archive.transaction(NOW + HOUR):
        for seconds in range(3):
            now = NOW + HOUR + timedelta(seconds=seconds)
            archive.history.revise(story(1, body=f"Isi nomor {seconds}."), key=f"{SITE}-1")
            archive.ledger.record(
                Check(url=url_of(1), crawl_id=None, checked_at=now, outcome="kept"), site=SITE
            )
        archive.history.note_rights(1, "meta: noai")
    assert as_of(archive, NOW + HOUR) == state_of(archive)
    assert as_of(archive, NOW + HOUR - TICK)["revisions"] == []


# For ever the same


def test_a_replay_leaves_the_past_as_it_was(archive: Archive) -> None:
    edited_twice(archive)
    moments = [NOW + hours * HOUR for hours in (0, 1, 24, 47, 48, 72)]
    before = [as_of(archive, moment) for moment in moments]
    keep(
        archive,
        story(1, body="Isi ketiga. (WIL)", extractor="warta/0.2.0/kabar-2"),
        at=NOW + 4 * DAY,
        technical=True,
    )
    assert [as_of(archive, moment) for moment in moments] == before


def test_what_is_packed_anew_later_reads_the_same_in_the_past(archive: Archive) -> None:
    kept = {keep_page(archive, page(number)): page(number) for number in range(1, 4)}
    for number in range(4, 20):
        keep_page(archive, page(number, at=NOW + DAY))
    with archive.as_of(NOW) as past:
        assert {
            number: past.page(number) for number in column(past, "SELECT id FROM snapshots")
        } == kept


def test_a_time_is_settled_once_something_was_written_after_it(archive: Archive) -> None:
    assert not archive.settled(NOW)
    announce(archive, link(1))
    assert not archive.settled(NOW)
    assert archive.settled(NOW - TICK)
    announce(archive, link(2), at=NOW + TICK)
    assert archive.settled(NOW)


def test_an_announcement_that_tells_nothing_new_settles_nothing(archive: Archive) -> None:
    announce(archive, link(1))
    announce(archive, link(1), at=NOW + DAY)
    assert not archive.settled(NOW)


# Nothing is written, nothing is guessed


def test_a_time_without_its_offset_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="a time needs its offset"):
        archive.as_of(NOW.replace(tzinfo=None))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00"])
def test_a_time_at_the_end_of_all_calendars_is_a_time(archive: Archive, text: str) -> None:
    keep(archive, story(1))
    with archive.as_of(datetime.fromisoformat(text)) as past:
        assert len(list(past.articles())) == text.startswith("9")


def test_reading_the_past_writes_nothing(path: Path) -> None:
    with Archive(path) as archive:
        edited_twice(archive)
    before = path.read_bytes()
    with Archive(path, read_only=True) as archive, archive.as_of(NOW + DAY) as past:
        state_of(past)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            past.db.conn.execute("DELETE FROM main.checks")
    assert path.read_bytes() == before


def test_the_past_is_read_on_a_read_only_medium(folder_of_a_user: Path) -> None:
    path = folder_of_a_user / "news.db"
    with Archive(path) as archive:
        edited_twice(archive)
        today = state_of(archive)
    path.chmod(0o400)
    folder_of_a_user.chmod(0o500)
    with Archive(path, read_only=True) as archive:
        assert as_of(archive, NOW + 3 * DAY) == today
        assert as_of(archive, NOW + HOUR)["history"] != today["history"]


def test_a_crawl_goes_on_beside_a_reader_of_the_past(archive: Archive) -> None:
    edited_twice(archive)
    with archive.as_of(NOW + DAY) as past:
        before = state_of(past)
        keep(archive, story(2), at=NOW + 4 * DAY)
        assert state_of(past) == before
    with archive.as_of(NOW + 4 * DAY) as past:
        assert len(list(past.articles(site=SITE))) == 2


def test_two_times_side_by_side_do_not_disturb_each_other(archive: Archive) -> None:
    edited_twice(archive)
    with archive.as_of(NOW + HOUR) as early, archive.as_of(NOW + DAY) as late:
        assert (
            early.article(1).revision,
            late.article(1).revision,
            archive.article(1).revision,
        ) == (1, 2, 4)
