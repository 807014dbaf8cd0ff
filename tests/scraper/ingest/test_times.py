"""Dates of collections: never naive, and day and month are never guessed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.ingest.collections.times import date_order, parse_time

WIB = ZoneInfo("Asia/Jakarta")
MODERN = st.integers(700_000_000, 4_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, WIB)
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-01-03 14:22:00", "2025-01-03T14:22:00+07:00"),
        ("2025-01-03T14:22:00Z", "2025-01-03T14:22:00+00:00"),
        ("2025-01-03T14:22:00.123456+0900", "2025-01-03T14:22:00+09:00"),
        ("2025/1/3 14:22", "2025-01-03T14:22:00+07:00"),
        ("10/22/2025 9:47", "2025-10-22T09:47:00+07:00"),
        ("22/10/2025 9:47 PM", "2025-10-22T21:47:00+07:00"),
        ("22-10-25, 09.47 WITA", "2025-10-22T09:47:00+08:00"),
        ("Selasa, 29 Januari 2019 / 18:48 WIB ", "2019-01-29T18:48:00+07:00"),
        ("October 22, 2025 9:47 AM", "2025-10-22T09:47:00+07:00"),
        ("Wed, 22 Oct 2025 09:47:00 +0000", "2025-10-22T09:47:00+00:00"),
        ("2025-10-22 09:47:00 PM", "2025-10-22T21:47:00+07:00"),
        ("22/10/2025 9:47 GMT+9", "2025-10-22T09:47:00+09:00"),
        ("22 Okt 2025 pkl 09.47", "2025-10-22T09:47:00+07:00"),
        ("Wed Oct 22 2025 09:47:00 GMT+0900 (JST)", "2025-10-22T09:47:00+09:00"),
        ("22/10/2025 24:00", "2025-10-23T00:00:00+07:00"),
        ("45952.408333", "2025-10-22T09:48:00+07:00"),  # a spreadsheet's
        (1601234567, "2020-09-28T02:22:47+07:00"),
        (1601234567000.0, "2020-09-28T02:22:47+07:00"),
        ("1601234567", "2020-09-28T02:22:47+07:00"),
        ("20250103142200", "2025-01-03T14:22:00+07:00"),
        ("20250103T142200Z", "2025-01-03T14:22:00+00:00"),
    ],
)
def test_a_time_is_read_as_sites_spreadsheets_and_programs_write_it(
    value: object, expected: str
) -> None:
    found = parse_time(value, WIB)
    assert found.at is not None
    assert (found.at.isoformat(), found.day_only, found.problem) == (expected, False, None)


@pytest.mark.parametrize(
    "value",
    [
        "2020-04-24",
        "24-Apr-20",
        "24 April 2020",
        "24+April+2020",
        "Jumat, 24 April 2020",
        "April 24, 2020",
        "20200424",
        "24.04.2020",
        "4/24/20",
        "43945",
        43945.0,
    ],
)
def test_a_bare_day_is_its_beginning_and_says_so(value: str) -> None:
    found = parse_time(value, WIB)
    assert found.at is not None
    assert (found.at.isoformat(), found.day_only) == ("2020-04-24T00:00:00+07:00", True)


@pytest.mark.parametrize(
    "value",
    [
        "11-Jan",
        "kemarin",
        "2 jam lalu",
        "31/02/2020",
        "1899-01-01",
        "99999999999999999",
        True,
        [],
        {},
        "13/13/2020",
    ],
)
def test_what_is_no_date_is_left_unread(value: object) -> None:
    found = parse_time(value, WIB)
    assert (found.at, found.problem) == (None, "date_unreadable")


def test_day_and_month_that_cannot_be_distinguished_are_never_guessed() -> None:
    assert parse_time("4/5/2020", WIB).problem == "date_ambiguous"
    assert [
        parse_time("4/5/2020 8:00", WIB, order=order).at.month for order in ("day", "month")
    ] == [5, 4]  # type: ignore[union-attr]
    assert parse_time("4/5/2020", WIB, formats=("%d/%m/%Y",)).at.month == 5  # type: ignore[union-attr]
    assert parse_time("5/5/2020", WIB).at is not None


def test_a_date_that_tells_its_order_is_read_by_it_whatever_its_file_says() -> None:
    found = parse_time("22/10/2025", WIB, order="month").at
    assert found is not None
    assert found.month == 10


@pytest.mark.parametrize(
    ("value", "order"),
    [
        ("10/22/2025 9:47", "month"),
        ("22/10/2025", "day"),
        ("4/5/2020", None),
        ("22.10.2025", None),
        ("2025-10-22", None),
        (5, None),
    ],
)
def test_some_dates_tell_the_order_of_their_file(value: object, order: str | None) -> None:
    assert date_order(value) == order


@given(
    st.one_of(
        st.text(max_size=40), st.integers(), st.floats(), st.text("0123456789/-. :TZ+", max_size=25)
    )
)
def test_whatever_stands_there_gives_an_aware_time_or_a_reason(value: object) -> None:
    found = parse_time(value, WIB)
    assert (found.at is None) == (found.problem is not None)
    assert found.at is None or found.at.tzinfo is not None


@given(MODERN)
def test_what_pandas_and_news_watch_write_comes_back(moment: datetime) -> None:
    written = moment.strftime("%Y-%m-%d %H:%M:%S")
    found = parse_time(written, WIB).at
    assert found is not None
    assert found.strftime("%Y-%m-%d %H:%M:%S%z") == f"{written}+0700"
