"""An archive's path, as the tests of crawls have it."""

from tests.scraper.crawling.conftest import news

__all__ = ["news"]
