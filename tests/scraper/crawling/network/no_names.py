"""Changes the program: no name can be resolved, as where only the proxy resolves names."""

from tests.scraper.crawling.network import names

names.ADDRESSES.clear()
