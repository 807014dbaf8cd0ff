"""From a page to its article and nothing else.

May import `sites` and, of `archive`, `records` and `identity`.
"""

from scraper.extraction.article import Reading, read, read_page

__all__ = ["Reading", "read", "read_page"]
