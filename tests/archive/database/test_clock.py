"""The archive's clock: it never goes back, whatever the computers' clocks do, and nothing is lost
where one does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.database.clock import exact, instant, utc
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    WIB,
    announce,
    check,
    keep,
    link,
    rows,
    story,
    take_down,
    url_of,
    value,
)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


def stamp(archive: Archive, now: datetime) -> datetime:
    with archive.transaction(now):
        return datetime.fromisoformat(archive.clock.stamp())


@given(moments, moments)
def test_the_order_of_the_texts_is_the_order_of_the_times(one: datetime, other: datetime) -> None:
    assert (exact(one) < exact(other)) == (one < other)
    whole = other.replace(microsecond=0)
    assert (exact(one) <= exact(whole)) == (one <= whole)


def test_our_clock_is_written_in_utc() -> None:
    assert instant(NOW.astimezone(WIB)) == exact(NOW.astimezone(WIB)) == "2026-11-20T03:04:05+00:00"
    assert instant(None) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00"])
def test_a_time_beyond_the_calendar_is_the_nearest_in_it(text: str) -> None:
    moment = datetime.fromisoformat(text)
    assert utc(moment).year == moment.year
    assert instant(moment) is not None


def test_an_empty_archive_has_no_time(archive: Archive) -> None:
    assert archive.clock.latest() is None


def test_the_clock_is_the_newest_time_that_was_written(archive: Archive) -> None:
    keep(archive, story(1))
    announce(archive, link(2), at=NOW + HOUR)
    assert archive.clock.latest() == NOW + HOUR


def test_stamps_never_go_back(archive: Archive) -> None:
    hours = (0, 2, 1, -24, 2, 3)
    assert [stamp(archive, NOW + turn * HOUR) for turn in hours] == [
        NOW + max(0, *hours[: place + 1]) * HOUR for place in range(6)
    ]


def test_stamps_of_several_processes_never_go_back(path: Path) -> None:
    with Archive(path) as one, Archive(path) as other:
        assert stamp(one, NOW + HOUR) == NOW + HOUR
        assert stamp(other, NOW) == NOW + HOUR


def test_one_transaction_has_one_time_and_the_next_another(archive: Archive) -> None:
    with archive.transaction(NOW):
        assert archive.clock.stamp() == archive.clock.stamp() == exact(NOW)
        assert archive.clock.now == NOW
    assert stamp(archive, NOW + HOUR) == NOW + HOUR


def test_what_was_taken_back_left_no_time(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.transaction(NOW + DAY):
        archive.clock.stamp()
        raise ZeroDivisionError
    assert stamp(archive, NOW) == NOW


def test_what_was_read_is_remembered_until_its_transaction_ends(archive: Archive) -> None:
    archive.clock.seen["kamus"] = 1
    assert archive.clock.seen == {}
    with archive.transaction(NOW):
        archive.clock.seen["kamus"] = 2
        assert archive.clock.seen == {"kamus": 2}
    assert archive.clock.seen == {}
    with pytest.raises(ZeroDivisionError), archive.transaction(NOW):
        archive.clock.seen["kamus"] = 1 / 0
    with archive.transaction(NOW):
        assert archive.clock.seen == {}


def test_nothing_has_a_time_outside_a_transaction(archive: Archive) -> None:
    with pytest.raises(RuntimeError, match=r"archive\.transaction\(now\)"):
        archive.clock.stamp()
    with archive.transaction(NOW):
        pass
    with pytest.raises(RuntimeError, match=r"archive\.transaction\(now\)"):
        announce_outside(archive)
    assert archive.clock.latest() is None


def announce_outside(archive: Archive) -> None:
    archive.ledger.announce(SITE, [link(1)], source="sitemap")


def test_a_time_without_an_offset_is_refused(archive: Archive) -> None:
    with pytest.raises(ValueError, match="offset"), archive.transaction(NOW.replace(tzinfo=None)):
        pass
    assert announce(archive, link(1)) == [url_of(1)]


def test_while_a_clock_is_back_what_is_due_follows_it_and_stamps_do_not(archive: Archive) -> None:
    stamp(archive, NOW + DAY)
    with archive.transaction(NOW):
        assert archive.clock.now == NOW
        assert archive.clock.stamp() == exact(NOW + DAY)


# A clock that jumps back a day


@pytest.fixture
def jumped(archive: Archive) -> Archive:
    """Everything so far was written by a computer whose clock was a day ahead."""
    announce(archive, link(1), link(2), at=NOW + DAY)
    keep(archive, story(1), at=NOW + DAY)
    return archive


def test_revisions_stay_in_the_order_in_which_they_were_written(jumped: Archive) -> None:
    keep(jumped, story(1, body="Isi kedua."), at=NOW)
    take_down(jumped, story(1), at=NOW + HOUR)
    keep(jumped, story(1, body="Isi ketiga."), at=NOW + 2 * HOUR)
    told = rows(jumped, "SELECT number, kind, observed_at FROM history ORDER BY number")
    assert [kind for _number, kind, _at in told] == ["first", "publisher", "removed", "restored"]
    assert {at for _number, _kind, at in told} == {exact(NOW + DAY)}


def test_nothing_written_after_the_jump_is_missing_from_the_present(jumped: Archive) -> None:
    keep(jumped, story(1, body="Isi kedua."), at=NOW)
    announce(jumped, link(3), at=NOW)
    latest = jumped.clock.latest()
    assert latest is not None
    with jumped.as_of(latest) as past:
        for name in ("latest", "history", "ledger"):
            assert list(past.db.query(f"SELECT * FROM {name}")) == list(
                jumped.db.query(f"SELECT * FROM {name}")
            )


def test_what_is_due_is_reported_by_the_real_clock(jumped: Archive) -> None:
    assert announce(jumped, link(3), at=NOW) == [url_of(3)]
    check(jumped, url_of(3), "kept", at=NOW, next_check_at=NOW + HOUR)
    due = [entry.url for entry in jumped.ledger.frontier(SITE, now=NOW + HOUR, recheck="due")]
    assert due == [url_of(3)]


def test_a_check_says_when_it_really_was(jumped: Archive) -> None:
    check(jumped, url_of(2), "kept", at=NOW)
    assert value(jumped, "SELECT last_checked_at FROM ledger WHERE url = ?", url_of(2)) == instant(
        NOW
    )
    assert value(jumped, "SELECT checked_at FROM checks ORDER BY id DESC LIMIT 1") == exact(
        NOW + DAY
    )


def test_a_change_announced_after_the_jump_is_noticed(jumped: Archive) -> None:
    check(jumped, url_of(2), "kept", at=NOW, next_check_at=NOW + 9 * DAY)
    assert announce(jumped, link(2, lastmod=NOW + HOUR), at=NOW + 2 * HOUR) == [url_of(2)]


def test_once_the_clock_has_caught_up_all_is_as_ever(jumped: Archive) -> None:
    keep(jumped, story(1, body="Isi kedua."), at=NOW)
    keep(jumped, story(1, body="Isi ketiga."), at=NOW + DAY + timedelta(microseconds=5))
    assert value(jumped, "SELECT observed_at FROM latest") == "2026-11-21T03:04:05.000005+00:00"
