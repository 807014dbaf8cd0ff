"""What a survey makes of the five sites' own pages in `warta demo`, beside the profiles that were
written by hand: how many of their fields it reads as those do.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice

import pytest

import scraper
from archive.records import Page
from scraper.cli.demo.world import world
from scraper.crawling.survey.addresses import Seen, own_links
from scraper.crawling.survey.conclusions import SeenSource, conclude
from scraper.extraction.article import read
from scraper.extraction.text.overlap import f1
from scraper.sites.site import Identity, Site
from scraper.sites.sources import Feed
from scraper.spiders import sites

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FIELDS = ("headline", "published_at", "dateline", "tags")
MIN_BODY = 0.98
MIN_RIGHT = 0.9


def pages_of(site: Site) -> list[Page]:
    """Three stories of the layout that most of the site's stories have."""
    answers = world(1)
    urls = [url for url in answers if isinstance(site.identify(url), Identity)]
    bodies = {url: answers[url].body for url in urls if answers[url].status == 200}
    layouts = {url: scraper.extract(body, url).layout for url, body in bodies.items()}
    (newest, _count), *_others = Counter(layouts.values()).most_common()
    chosen = (url for url, layout in layouts.items() if layout == newest)
    return [
        Page(
            site="survey",
            requested_url=url,
            url=url,
            status=200,
            headers={"content-type": "text/html; charset=utf-8"},
            body=bodies[url],
            fetched_at=NOW,
        )
        for url in islice(chosen, 3)
    ]


@pytest.mark.parametrize("name", ["islamtimes", "medcom", "republika", "rmol", "suara"])
def test_a_survey_reads_the_five_sites_nearly_as_their_profiles_do(name: str) -> None:
    site = sites()[name]
    pages = pages_of(site)
    links = tuple(Seen(url=url, sure=True) for url in own_links(page.url for page in pages))
    found = conclude(
        pages,
        [SeenSource(source=Feed(f"{site.home}rss"), links=links)],
        [],
        Site(name="survey", title="", home=site.home, domains=site.domains[:1], article_urls=()),
    )
    assert found is not None
    assert found.site.timezone == site.timezone
    bodies, right = [], Counter[str]()
    for page in pages:
        assert isinstance(found.site.identify(page.url), Identity)
        ours = read(page.body, page.url, found.site, fetched_at=NOW).article
        by_hand = scraper.extract(page.body, page.url)
        bodies.append(f1(ours.body, by_hand.body))
        right.update(field for field in FIELDS if getattr(ours, field) == getattr(by_hand, field))
    assert min(bodies) > MIN_BODY
    assert right.total() >= MIN_RIGHT * len(FIELDS) * len(pages), right
