"""What is kept: a versioned SQLite archive of news articles, and everything that needs no network."""

from archive.errors import ArchiveError
from archive.records import Article, Page, Revision, Snapshot
from archive.store import Archive

__all__ = ["Archive", "ArchiveError", "Article", "Page", "Revision", "Snapshot"]
