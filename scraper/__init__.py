"""How it gets there: politely fetched pages, and from each the article and nothing else."""

from __future__ import annotations

from archive.records import Article

__all__ = ["clean", "extract"]


def extract(html: bytes | str, url: str) -> Article:
    """The article of a page; `url` tells the site, bytes are decoded as the page says.

    Never raises: a page without an article gives one with an empty body; what is doubtful stands in
    `warnings`.
    """
    # Here, because Scrapy's loader takes half a second that `import scraper` should not cost.
    from scraper.extraction import read
    from scraper.sites.loader import site_of

    return read(html, url, site_of(url)).article


def clean(text: str, site: str | None = None) -> Article:
    """The article of a text that somebody already scraped, its page's furniture included; never
    raises.

    `site` names the profile to read it with; without one the text's own marks tell. `url` and
    `canonical_url` are empty.
    """
    from scraper.extraction.plain_text import clean_text, site_of_text
    from scraper.sites.loader import sites

    profile = sites().get(site) if site is not None else site_of_text(text, list(sites().values()))
    return clean_text(text, profile).article
