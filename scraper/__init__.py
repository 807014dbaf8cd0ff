"""Politely fetched pages, and from each the article and nothing else."""

from __future__ import annotations

TYPE_CHECKING = False  # `python -m scraper` has not settled yet where modules are found
if TYPE_CHECKING:
    from archive.records import Article

__all__ = ["clean", "extract"]


def extract(html: bytes | str, url: str) -> Article:
    """Read the article of a page; `url` says which site's profile reads it.

    Bytes are decoded as the page declares. Never raises: where the page has no article, the body is
    empty; doubts are in `warnings`. What is read of a page is bounded (tags, depth, attributes,
    paragraphs), and its time grows no faster than its size, but nothing ends a reading early: pages
    of strangers are read under a deadline by `scraper.extraction.workers`, as `warta extract` does.
    """
    # Here, because `import scraper` should not cost the quarter of a second of the extraction.
    from scraper.extraction import read
    from scraper.spiders import site_of

    return read(html, url, site_of(url)).article


def clean(text: str, site: str | None = None) -> Article:
    """Read the article of a text that was scraped before, boilerplate included.

    Never raises, and has no deadline, like `extract`. `site` names the profile to read it with;
    without one the text's own marks decide. `url` and `canonical_url` are empty.
    """
    from scraper.extraction.plain_text import clean_text, site_of_text
    from scraper.spiders import sites

    profile = sites().get(site) if site is not None else site_of_text(text, sites().values())
    return clean_text(text, profile).article
