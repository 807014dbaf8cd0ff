"""A plain Scrapy spider for the newsrooms of tests/crawl/newsroom.py: one item a story, as one
would write it in an hour.

`python -m tests.benchmarks.bare FEED.jsonl [JOBDIR]`; the benchmarks start it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from tests.scraper.crawling.conftest import HOME
from tests.scraper.crawling.newsroom import SUARA, is_story

LINK = re.compile(r'(?:href="|<loc>|<link>)([^"<]+)')


class Bare(Spider):
    """Lists, sitemaps and the feed give links; a story over several pages is joined."""

    name = "bare"
    start_urls = (
        "https://rmol.id/sitemap.xml",
        "https://rmol.id/rss",
        HOME,
        SUARA + "sitemap.xml",
        SUARA,
    )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        for url in map(response.urljoin, LINK.findall(response.text)):
            if is_story(url):
                yield Request(url, callback=self.parse_story)
            elif url.endswith(".xml"):
                yield Request(url, callback=self.parse)

    def parse_story(
        self, response: Response, item: dict[str, Any] | None = None
    ) -> Iterator[Request | dict[str, Any]]:
        body = response.css("#fontResizableText p::text, .article-content p::text").getall()
        story = item or {
            "url": response.url,
            "headline": response.css("h1::text").get(),
            "body": [],
            "pages": 0,
        }
        story = story | {"body": [*story["body"], *body], "pages": story["pages"] + 1}
        further = response.css(
            f'.wrap-pagination a[href="?page={story["pages"] + 1}"]::attr(href)'
        ).get()
        if further:
            yield response.follow(further, callback=self.parse_story, cb_kwargs={"item": story})
        else:
            yield story


def main(feed: str, jobdir: str | None = None) -> None:
    settings = {
        "FEEDS": {feed: {"format": "jsonlines", "overwrite": False}},
        "JOBDIR": jobdir,
        "ROBOTSTXT_OBEY": True,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    }
    process = CrawlerProcess(settings)
    process.crawl(Bare)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
