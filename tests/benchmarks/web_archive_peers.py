"""Other readers of web archives, each run in its own environment by
tests/benchmarks/web_archives.py; this file imports nothing of warta.

    PYTHON tests/benchmarks/web_archive_peers.py "warcio and trafilatura"|news-please|Fundus FILE

Prints {"articles": N}: how many pages had a text.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def trafilatura_articles(path: str) -> int:
    """Warcio's reader, and trafilatura with metadata."""
    import trafilatura
    from warcio.archiveiterator import ArchiveIterator

    found = 0
    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response":
                continue
            url = record.rec_headers.get_header("WARC-Target-URI")
            page = record.content_stream().read()
            article = trafilatura.bare_extraction(page, url=url, with_metadata=True)
            found += article is not None and bool(article.text)
    return found


def news_please_articles(path: str) -> int:
    """The extractor of news-please for a file of CC-NEWS that is already on the disk."""
    import boto3
    from botocore.exceptions import NoCredentialsError
    from newsplease.crawler import commoncrawl_crawler  # the extractor imports it in a circle

    def no_client(_name: str) -> Any:  # else it looks for credentials in the network
        raise NoCredentialsError

    boto3.client = no_client
    texts: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        name = Path(path).name
        shutil.copy(path, Path(folder) / name)  # it removes the file
        commoncrawl_crawler.CommonCrawlExtractor().extract_from_commoncrawl(
            name,
            callback_on_article_extracted=lambda article: texts.append(bool(article.maintext)),
            callback_on_warc_completed=lambda *_: None,
            local_download_dir_warc=folder,
            log_level=logging.CRITICAL,
        )
    return sum(texts)


CONTAINERS = (
    "article[contains(@class, 'content-article')]",
    "div[contains(@class, 'article-content')]",
    "div[@id='fontResizableText']",
    "div[contains(@class, 'artikel')]",
    "div[@id='articleBody']",
    "div[contains(@class, 'text')]",
    "div[@id='doctextarea']",
    "div[@id='doc_div33']",
    "div[@itemprop='articleBody']",
)
"""Where the five sites have their texts."""
HOMES = {
    "suara": ("https://www.suara.com", "https://suara.com"),
    "rmol": ("https://rmol.id", "https://www.rmol.id"),
    "republika": ("https://republika.co.id", "https://www.republika.co.id"),
    "medcom": ("https://www.medcom.id", "https://medcom.id"),
    "islamtimes": ("https://www.islamtimes.org", "https://www.islamtimes.com"),
}


def fundus_publishers() -> list[Any]:
    """The five sites as publishers of Fundus, with a parser like that of its Indonesian one."""
    from fundus.parser import BaseParser, ParserProxy
    from fundus.parser.base_parser import attribute
    from fundus.parser.utility import (
        extract_article_body_with_selector,
        generic_author_parsing,
        generic_date_parsing,
        generic_topic_parsing,
        image_extraction,
    )
    from fundus.publishers.base_objects import Publisher
    from fundus.scraping.url import Sitemap
    from lxml.etree import XPath

    within = " | ".join(f"//{container}//p" for container in CONTAINERS)
    anything = " | ".join(f"//{container}" for container in CONTAINERS)

    class SiteParser(ParserProxy):
        class V1(BaseParser):
            _paragraph_selector = XPath(f"{within} | ({anything})[not(.//p)]")

            @attribute
            def title(self) -> Any:
                found = self.precomputed.ld.bf_search("headline")
                return found or self.precomputed.meta.get("og:title")

            @attribute
            def body(self) -> Any:
                return extract_article_body_with_selector(
                    self.precomputed.doc, paragraph_selector=self._paragraph_selector
                )

            @attribute
            def authors(self) -> Any:
                return generic_author_parsing(self.precomputed.ld.bf_search("author"))

            @attribute
            def publishing_date(self) -> Any:
                return generic_date_parsing(
                    self.precomputed.ld.bf_search("datePublished")
                    or self.precomputed.meta.get("article:published_time")
                )

            @attribute
            def topics(self) -> Any:
                return generic_topic_parsing(self.precomputed.meta.get("keywords"))

            @attribute
            def images(self) -> Any:
                return image_extraction(
                    doc=self.precomputed.doc,
                    paragraph_selector=self._paragraph_selector,
                    upper_boundary_selector=XPath("//h1"),
                )

    return [
        Publisher(
            name=name,
            domain=homes[0],
            parser=SiteParser,
            sources=[Sitemap(f"{homes[0]}/sitemap.xml")],
            deprecated_domains=list(homes[1:]),
        )
        for name, homes in HOMES.items()
    ]


def fundus_articles(address: str) -> int:
    """Fundus' reader of CC-NEWS with its own extraction; it reads from a server only."""
    from fundus.scraping.html import CCNewsSource
    from fundus.scraping.scraper import CCNewsScraper

    assert urlsplit(address).hostname == "127.0.0.1", address
    source = CCNewsSource(*fundus_publishers(), warc_path=address)
    articles = CCNewsScraper(source).scrape(error_handling="suppress")
    return sum(bool(article.body) for article in articles)


READERS: dict[str, Callable[[str], int]] = {
    "warcio and trafilatura": trafilatura_articles,
    "news-please": news_please_articles,
    "Fundus": fundus_articles,
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps({"articles": READERS[sys.argv[1]](sys.argv[2])}) + "\n")
