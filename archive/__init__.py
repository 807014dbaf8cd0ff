"""A versioned SQLite archive of news articles: a library that needs neither network nor scraper.

Write everything about one page in one transaction, which has one time, aware:

>>> import tempfile
>>> from dataclasses import replace
>>> from datetime import UTC, datetime
>>> folder = tempfile.TemporaryDirectory()
>>> path = f"{folder.name}/news.db"
>>> story = Article(
...     url="https://kabar.example/berita/1", canonical_url="https://kabar.example/berita/1",
...     site="kabar", story_id="1", headline="Jembatan Lambur Dibuka", body="Warga datang.",
... )
>>> archive = Archive(path)
>>> with archive.transaction(datetime(2026, 11, 20, 8, tzinfo=UTC)):
...     archive.history.revise(story, key="1").kind
'first'
>>> edited = replace(story, headline="Jembatan Lambur Dibuka Senin")
>>> with archive.transaction(datetime(2026, 11, 20, 9, tzinfo=UTC)):
...     archive.history.revise(edited, key="1").changed
('headline',)
>>> archive.close()

Reading returns typed records; `db` is a sqlite_utils Database for any SQL on the public views:

>>> archive = Archive(path, read_only=True)
>>> [(kept.revision, kept.article.headline) for kept in archive.articles(site="kabar")]
[(2, 'Jembatan Lambur Dibuka Senin')]
>>> revisions = archive.revisions("https://kabar.example/berita/1")
>>> [(each.number, each.kind, each.article.headline) for each in revisions]
[(1, 'first', 'Jembatan Lambur Dibuka'), (2, 'publisher', 'Jembatan Lambur Dibuka Senin')]
>>> headlines = archive.changes(ChangeFilter(fields=("headline",)))
>>> [(change.kind, change.changed) for change in headlines]
[('publisher', ('headline',))]
>>> found = archive.search("jembatan -selasa", where=Filter(sites=("kabar",)))
>>> found.total, [(hit.url, hit.snippet) for hit in found.hits]
(1, [('https://kabar.example/berita/1', '«Jembatan» Lambur Dibuka Senin')])
>>> with archive.as_of(datetime(2026, 11, 20, 8, 30, tzinfo=UTC)) as then:
...     then.article(1).article.headline
'Jembatan Lambur Dibuka'
>>> next(archive.db.query("SELECT count(*) AS articles FROM latest"))
{'articles': 1}
>>> archive.article("2")
Traceback (most recent call last):
    ...
archive.errors.ArticleUnknown: 2: no article in the archive has this URL, story id or number
>>> archive.close()
>>> folder.cleanup()
"""

import archive.database.without_numpy  # noqa: F401 - before all that imports sqlite-utils

# isort: split
from archive.archive import Archive, Reader
from archive.errors import ArchiveError
from archive.records import Article, KeptArticle, KeptRevision, Page, Revision, Snapshot, Wire
from archive.revisions.change_log import ChangeFilter, KeptChange
from archive.search.filters import Filter

__all__ = [
    "Archive",
    "ArchiveError",
    "Article",
    "ChangeFilter",
    "Filter",
    "KeptArticle",
    "KeptChange",
    "KeptRevision",
    "Page",
    "Reader",
    "Revision",
    "Snapshot",
    "Wire",
]
