"""What is kept: a versioned SQLite archive of news articles, and everything that needs no network."""

from archive.errors import ArchiveError
from archive.reader import Reader
from archive.records import Article, KeptArticle, KeptRevision, Page, Revision, Snapshot
from archive.store import Archive

__all__ = ["Archive", "ArchiveError", "Article", "KeptArticle", "KeptRevision", "Page", "Reader", "Revision", "Snapshot"]
