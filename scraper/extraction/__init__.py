"""From a page to the article and nothing else; may import sites and archive."""

from scraper.extraction.article import Reading, read, read_page

__all__ = ["Reading", "read", "read_page"]
