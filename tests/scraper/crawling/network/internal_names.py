"""Changes the program: the names of rmol.id are those of an internal network."""

from tests.scraper.crawling.network import names

names.ADDRESSES["rmol.id"] = ("10.1.2.3",)
