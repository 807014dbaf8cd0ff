"""Addresses at publishers whose profiles say less, or more loosely, than those of the five."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scraper.sites.site import ArticleURL, Identity, Layout, Refusal, Site, whole_number

LOOSE = ArticleURL(
    pattern=r"kabar\.example/(?:(?P<y>\d{4})/(?:(?P<m>\d\d)/(?P<d>\d\d)/)?)?(?P<id>\d+)?-?(?P<slug>[a-z-]+)",
    canonical="kabar.example/{id}/{slug}",
    story_id="{id}",
)  # fmt: skip
NAMED = ArticleURL(
    pattern=r"kabar\.example/(?P<slug>[a-z-]+)", canonical="kabar.example/{slug}", story_id=""
)
SITE = Site(
    name="kabar",
    title="Kabar Lembah",
    home="https://kabar.example/",
    domains=("kabar.example",),
    article_urls=(LOOSE,),
    layouts=(Layout(name="K1", body="div"),),
    part_url=r"[?&]hal=(?P<part>[^&]*)",
)


def named(path: str, site: Site = SITE) -> Identity | Refusal:
    return site.identify(f"https://kabar.example/{path}")


def test_an_address_without_the_key_is_not_of_its_generation() -> None:
    assert isinstance(named("panen-raya"), Refusal)
    found = named("panen-raya", replace(SITE, article_urls=(LOOSE, NAMED)))
    assert isinstance(found, Identity)
    assert (found.story_id, found.key) == (None, "https://kabar.example/panen-raya")


def test_a_site_whose_addresses_have_no_key_knows_its_stories_by_their_addresses() -> None:
    found = named("panen-raya", replace(SITE, article_urls=(NAMED,)))
    assert isinstance(found, Identity)
    assert (found.story_id, found.key) == (None, found.url)


@pytest.mark.parametrize("path", ["2026/7-panen", "7-panen"])
def test_a_time_that_lacks_a_part_is_none(path: str) -> None:
    found = named(path)
    assert isinstance(found, Identity)
    assert (found.story_id, found.published_at) == ("7", None)


@pytest.mark.parametrize(
    ("part", "number"), [("3", 3), ("", 1), ("dua", 1), ("0", 1), ("9" * 30, 1)]
)
def test_a_part_that_is_no_number_is_the_first(part: str, number: int) -> None:
    assert SITE.part_number(f"https://kabar.example/7-panen?hal={part}") == number


def test_a_number_of_other_letters_is_one_only_if_it_can_be_read() -> None:
    assert [whole_number(text) for text in (None, "", "-1", "²", "٣", "12")] == [0, 0, 0, 0, 3, 12]
