"""How it gets there: politely fetched pages, and from each the article and nothing else."""

from __future__ import annotations

from archive.records import Article

__all__ = ["extract"]


def extract(html: bytes | str, url: str) -> Article:
    """The article of a page; `url` tells the site, bytes are decoded as the page says.

    Raises ValueError (its text is a code of archive.reasons) for a page without content; what is doubtful stands in the
    article's `warnings`.
    """
    # Here, because Scrapy's loader takes half a second that `import scraper` should not cost.
    from scraper.extraction import read
    from scraper.profiles import site_of

    return read(html, url, site_of(url)).article
