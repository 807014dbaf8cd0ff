"""How long a server wants to be left alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.politeness.rules import retry_after_seconds

NOW = datetime(2026, 7, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 30 ", 30.0),
        ("Fri, 24 Jul 2026 07:05:00 GMT", 300.0),
        ("Fri, 24 Jul 2026 06:00:00 GMT", 0.0),  # has passed
        ("Fri, 24 Jul 2026 14:05:00 +0700", 300.0),
        ("", None),
        ("nanti", None),
        ("-5", None),
        ("1.5", None),
        ("\xb2", None),  # a digit to Python, no number
        ("Fri, 24 Jul 3000000000 07:05:00 GMT", None),
        ("Fri, 99 Jul 2026 07:05:00 GMT", None),
        ("Fri, 24 Jul 2026 07:05:00 -0000", None),  # an unknown zone is not guessed
    ],
)
def test_a_number_of_seconds_or_a_date_is_understood_and_nonsense_is_not(
    value: str, seconds: float | None
) -> None:
    assert retry_after_seconds(value, now=NOW) == seconds


@given(
    value=st.text()
    | st.from_regex(
        r"[0-9]{1,25}|Fri, \d{1,2} Jul \d{1,12} \d\d:\d\d:\d\d [+-]\d{4}", fullmatch=True
    )
)
def test_any_header_gives_a_wait_that_is_not_negative_or_none(value: str) -> None:
    seconds = retry_after_seconds(value, now=NOW)
    assert seconds is None or seconds >= 0
