"""An archive of real readings without a crawl: pages of rmol.id, and the steps by which a crawl
keeps them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive import Archive, Page, Revision
from archive.records import Announcement, Check
from scraper.extraction import read_page
from scraper.extraction.article import extractor_of, refusal_of_article
from scraper.ingest.reread import doubted, lost_layout, reread
from scraper.ingest.writing import stale_page, write_reread
from scraper.sites.site import Identity, Layout, Rule, Site
from scraper.spiders.rmol import SITE
from tests.archive.invented import revise
from tests.scraper.crawling.conftest import PROSE, story, story_url

NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CHANGED = replace(
    SITE, rules=(*SITE.rules, Rule(name="closing", pattern=r"^pekerjaan ditargetkan selesai\b.*$"))
)
"""A rule of ours that takes the last paragraph of every story away."""
REDESIGNED = replace(
    SITE,
    layouts=(
        Layout(name="R5", body="#isiBaru", headline=("h1",), authors=(".author a",)),
        *SITE.layouts,
    ),
)
"""The profile after a redesign of the site was seen."""
SHUT = replace(SITE, rules=(*SITE.rules, Rule(name="everything", pattern=r"^.*\(1\)$")))
"""A rule that takes all of story 1 away, and nothing else."""


def page_of(
    number: int,
    *,
    at: datetime = NOW,
    headline: str | None = None,
    prose: tuple[str, ...] = PROSE,
    redesigned: bool = False,
) -> Page:
    """A page of story `number`, after the redesign in a layout that SITE does not know."""
    body = story(number, headline=headline, prose=prose).body
    body = body.replace(b'id="fontResizableText"', b'id="isiBaru"') if redesigned else body
    url = story_url(number)
    return Page(
        site="rmol",
        requested_url=url,
        url=url,
        status=200,
        headers={"etag": f'"{number}"'},
        body=body,
        fetched_at=at,
    )


def crawled(
    archive: Archive, page: Page, *, site: Site = SITE, breaks: bool = False
) -> Revision | None:
    """What a crawl does with a page: a revision where it is a story that changed, else evidence of
    what could not be read.
    """
    named, at = site.identify(page.requested_url), page.fetched_at
    assert isinstance(named, Identity)
    article = read_page(page, site).article
    with archive.transaction(at):
        archive.ledger.announce(
            "rmol", [Announcement(url=named.url, key=named.key)], source="umpan"
        )
        entry = archive.ledger.entry(named.url, site="rmol")
        assert entry is not None
        last = archive.history.newest("rmol", named.key)
        refusal = (
            "extraction_failed"
            if breaks
            else refusal_of_article(article)
            or ("layout_missed" if lost_layout(last, article) else None)
        )
        snapshot = archive.snapshots.pack(page)

        def insert() -> int:
            return archive.snapshots.insert(
                snapshot, url_id=entry.id, crawl_id=None, opted_out=None
            )

        usual = {
            "url": named.url,
            "crawl_id": None,
            "checked_at": at,
            "status": 200,
            "bytes": len(page.body),
        }
        if refusal is not None:
            archive.history.note_reading(insert(), extractor_of(site), refusal)
            archive.ledger.record(
                Check(**usual, outcome="failed", reason=refusal, next_check_at=None), site="rmol"
            )
            return None
        stale = stale_page(archive, site, named.key, last)
        if stale is not None:
            again = reread(archive.snapshots.page(stale.snapshot_id), site, stale)
            write_reread(archive, site, doubted(again, last), last)
        revision = revise(archive, article, key=named.key, keep=insert)
        outcome = "kept" if revision else "unchanged"
        article_id = archive.history.article_id("rmol", named.key)
        archive.ledger.record(
            Check(**usual, outcome=outcome, next_check_at=at + DAY, article_id=article_id),
            site="rmol",
        )
    return revision


def gone(archive: Archive, number: int, *, at: datetime) -> None:
    """The site took a story away."""
    with archive.transaction(at):
        archive.history.note_removal(archive.history.article_id("rmol", f"{700000 + number}"))
        check = Check(
            url=story_url(number),
            crawl_id=None,
            checked_at=at,
            outcome="gone",
            status=410,
            reason="http_410",
        )
        archive.ledger.record(check, site="rmol")
