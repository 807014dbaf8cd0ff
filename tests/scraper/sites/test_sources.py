"""Where a crawl begins at a source, and where it goes on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.sites.sources import (
    MAX_INDEX_PAGES,
    DatedIndex,
    Feed,
    Link,
    NewsSitemap,
    PagedIndex,
    Section,
    Sitemap,
    Source,
    Step,
    Window,
)
from scraper.spiders import sites

TODAY = date(2026, 7, 24)
LATEST = Window(today=TODAY)
BACK_TO_MONDAY = Window(today=TODAY, since=date(2026, 7, 20))
PAGED = PagedIndex("https://www.example.id/indeks?page={page}")
DATED = DatedIndex("https://example.id/index/{offset}/{day:%Y/%m/%d}", rows=50)


def links(*days: int | None) -> list[Link]:
    """One link for each day of July 2026; None for one that says nothing of its age."""
    return [
        Link(
            url=f"https://example.id/{number}",
            published_at=datetime(2026, 7, day, 12, tzinfo=UTC) if day else None,
        )
        for number, day in enumerate(days)
    ]


def walked(source: Source, window: Window, pages: Sequence[Sequence[Link]]) -> list[str]:
    """The addresses asked when the pages of a source show these links; an empty page holds nothing
    fresh.
    """
    asked: list[str] = []
    steps = list(source.first(window))
    while steps:
        step = steps.pop(0)
        found = pages[step.page] if step.page < len(pages) else []
        asked.append(step.url)
        steps += source.following(step, found, window, fresh=bool(found))
    return asked


@pytest.mark.parametrize("kind", [Sitemap, NewsSitemap, Feed, Section])
def test_a_source_without_pages_is_requested_once(kind: type[Source]) -> None:
    assert walked(kind("https://example.id/rss"), BACK_TO_MONDAY, [links(24)]) == [
        "https://example.id/rss"
    ]


def test_a_paged_index_is_requested_its_first_page_only_without_since() -> None:
    assert walked(PAGED, LATEST, [links(24), links(23)]) == ["https://www.example.id/indeks?page=1"]


def test_a_paged_index_is_walked_while_it_holds_stories_of_the_window() -> None:
    asked = walked(
        PAGED,
        BACK_TO_MONDAY,
        [links(24, 23), links(22, 21), links(21, 20), links(20, 19), links(19, 18), links(17)],
    )
    assert asked == [f"https://www.example.id/indeks?page={page}" for page in range(1, 6)]


def test_a_paged_index_goes_on_where_no_story_tells_its_age() -> None:
    assert len(walked(PAGED, BACK_TO_MONDAY, [links(None)] * 4)) == 5


def test_one_old_story_among_new_ones_does_not_end_the_walk() -> None:
    asked = walked(PAGED, BACK_TO_MONDAY, [links(24, 1, 23), links(22), links(2)])
    assert len(asked) == 3


def test_a_paged_index_stops_at_a_page_with_nothing_new() -> None:
    step = next(PAGED.first(BACK_TO_MONDAY))
    assert list(PAGED.following(step, links(24), BACK_TO_MONDAY, fresh=False)) == []


def test_a_paged_index_that_never_ends_is_left_after_the_most_pages() -> None:
    step = Step(
        source=PAGED, url="https://www.example.id/indeks?page=200", page=MAX_INDEX_PAGES - 1
    )
    assert list(PAGED.following(step, links(24), BACK_TO_MONDAY, fresh=True)) == []


def test_pages_may_be_counted_in_rows() -> None:
    index = PagedIndex("https://example.id/index/{page}", start=0, step=50)
    assert walked(index, BACK_TO_MONDAY, [links(24), links(23)])[:3] == [
        "https://example.id/index/0",
        "https://example.id/index/50",
        "https://example.id/index/100",
    ]


def test_a_dated_index_is_requested_the_newest_day_only_without_since() -> None:
    assert [step.day for step in DATED.first(LATEST)] == [TODAY]


def test_a_dated_index_is_requested_day_by_day_newest_first() -> None:
    assert [step.url for step in DATED.first(BACK_TO_MONDAY)] == [
        f"https://example.id/index/0/2026/07/{day}" for day in (24, 23, 22, 21, 20)
    ]


def test_a_dated_index_begins_at_until() -> None:
    window = Window(today=TODAY, since=date(2026, 2, 27), until=date(2026, 3, 1))
    assert [step.day for step in DATED.first(window)] == [
        date(2026, 3, 1),
        date(2026, 2, 28),
        date(2026, 2, 27),
    ]


def test_a_dated_index_is_not_requested_days_to_come() -> None:
    window = Window(today=TODAY, since=TODAY, until=TODAY + timedelta(days=30))
    assert [step.day for step in DATED.first(window)] == [TODAY]


def test_a_dated_index_has_no_day_in_a_window_that_is_empty() -> None:
    assert list(DATED.first(Window(today=TODAY, since=TODAY + timedelta(days=1)))) == []


def test_a_dated_index_goes_on_with_the_rows_of_the_same_day() -> None:
    step = next(DATED.first(LATEST))
    (second,) = DATED.following(step, links(24), LATEST, fresh=True)
    (third,) = DATED.following(second, links(24), LATEST, fresh=True)
    assert [second.url, third.url] == [
        "https://example.id/index/50/2026/07/24",
        "https://example.id/index/100/2026/07/24",
    ]
    assert {second.day, third.day} == {TODAY}


def test_a_dated_index_stops_its_day_where_nothing_is_new() -> None:
    assert list(DATED.following(next(DATED.first(LATEST)), [], LATEST, fresh=False)) == []


def test_a_dated_index_of_one_page_a_day_has_no_second_page() -> None:
    index = DatedIndex("https://example.id/indeks/{day:%d-%m-%Y}")
    step = next(index.first(LATEST))
    assert step.url == "https://example.id/indeks/24-07-2026"
    assert list(index.following(step, links(24), LATEST, fresh=True)) == []


@pytest.mark.parametrize(
    ("day", "reason"),
    [(19, "before_since"), (20, None), (22, None), (23, None), (24, "after_until")],
)
def test_a_story_outside_the_window_is_skipped_with_its_reason(
    day: int, reason: str | None
) -> None:
    window = Window(today=TODAY, since=date(2026, 7, 20), until=date(2026, 7, 23))
    assert window.skips(datetime(2026, 7, day, 23, 59, tzinfo=UTC)) == reason


def test_a_story_of_unknown_age_is_never_skipped() -> None:
    assert BACK_TO_MONDAY.skips(None) is None


def test_a_window_without_bounds_skips_nothing() -> None:
    assert LATEST.skips(datetime(1998, 5, 21, tzinfo=UTC)) is None


@given(
    today=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    before=st.integers(0, 40),
    until=st.none() | st.dates(date(2015, 1, 1), date(2030, 1, 1)),
)
def test_the_days_of_a_dated_index_are_those_of_the_window(
    today: date, before: int, until: date | None
) -> None:
    window = Window(today=today, since=today - timedelta(days=before), until=until)
    days = [step.day for step in DATED.first(window) if step.day is not None]
    assert days == sorted(set(days), reverse=True)
    assert all(window.since <= day <= window.last for day in days if window.since)


@pytest.mark.parametrize("name", sorted(sites()))
def test_every_source_of_a_profile_begins_on_a_host_that_may_be_requested(name: str) -> None:
    site = sites()[name]
    steps = [step for source in site.sources for step in source.first(LATEST)]
    assert steps
    for step in steps:
        assert "{" not in step.url
        assert site.may_request(step.url.split("/")[2])
