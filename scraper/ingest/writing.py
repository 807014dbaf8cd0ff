"""Taking in stories that somebody else scraped: articles and revisions like any others, but for a
page to prove them.
"""

from __future__ import annotations

from dataclasses import replace

from archive.archive import Archive
from archive.records import IMPORTED, Announcement, Article
from archive.revisions.changes import reading_digest

OUTCOMES = ("new", "revised", "unchanged", "known", "taken_down")
"""What became of a story: `known` is one that a crawl gave, or that its site took away, and
`taken_down` one of `warta remove`; both are left alone.
"""


def take_in(
    archive: Archive, article: Article, *, key: str, link: Announcement | None, source: str
) -> str:
    """Write an imported article, and its address `link` into the ledger; which of OUTCOMES it was.
    Inside a transaction.

    Collections tell nothing of the order in which a story's texts were written: a text that any of
    its revisions has changes nothing. Another one is the newsroom's change, or a technical one
    where warta's rules changed since the last.
    """
    article = replace(article, site=_site(archive, article, key))
    last = archive.history.newest(article.site, key)
    if last is None:
        revision = archive.history.revise(article, key=key)
        if revision is None:
            return "taken_down"
        if link is not None:
            archive.ledger.take_in(
                link, site=article.site, source=source, article_id=revision.article_id
            )
        return "new"
    if last["layout"] != IMPORTED or last["removed_at"] is not None:
        return "known"
    if archive.history.earlier(last["article_id"], reading_digest(article.as_dict())) is not None:
        return "unchanged"
    changed_rules = last["extractor"] != article.extractor
    archive.history.revise(article, key=key, technical=changed_rules)
    return "revised"


def _site(archive: Archive, article: Article, key: str) -> str:
    """The site of a story: collections call one by several names, but an address that is the
    story's key has one story.
    """
    return archive.history.site_of_url(key) or article.site
