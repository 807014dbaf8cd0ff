"""From a page to the article and nothing else."""

from scraper.extraction.article import ExtractionError, Reading, read, read_page

__all__ = ["ExtractionError", "Reading", "read", "read_page"]
