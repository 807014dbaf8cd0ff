"""Scrapy has a spider for each profile, and those of other modules that a user names."""

from __future__ import annotations

import pytest
from scrapy.settings import Settings

from scraper.crawling.process import SiteSpiders
from scraper.crawling.spider import NewsSpider
from scraper.spiders import sites


def spiders(*modules: str) -> SiteSpiders:
    return SiteSpiders.from_settings(Settings({"SPIDER_MODULES": list(modules)}))


def test_there_is_a_spider_for_every_profile() -> None:
    assert spiders().list() == list(sites())
    for name, site in sites().items():
        spider = spiders().load(name)
        assert issubclass(spider, NewsSpider)
        assert (spider.name, spider.site) == (name, site)


def test_a_name_that_is_no_site_is_no_spider() -> None:
    with pytest.raises(KeyError):
        spiders().load("warta")


def test_spiders_of_other_modules_are_found_beside_them() -> None:
    found = spiders("scraper.crawling.doctor.examiner")
    assert found.list() == [*sites(), "doctor"]
    assert found.load("doctor").name == "doctor"
