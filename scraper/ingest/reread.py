"""Reading kept snapshots again with the current extractor, and saying what would change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archive.archive import Archive
from archive.errors import ArchiveDamaged
from archive.records import Article, Page
from archive.revisions.changes import change_of, reading_digest
from archive.revisions.reread_queue import Evidence
from scraper.extraction import read_page
from scraper.extraction.article import refusal_of_article
from scraper.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What the current extractor makes of a snapshot: an article, or why there is none."""

    evidence: Evidence
    article: Article | None = None
    refusal: str | None = None
    """A code of archive.ledger.wording; `snapshot_damaged` where the bytes are damaged."""
    damage: str | None = None
    """A sentence about the damage; None for a sound snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A story that reads otherwise today."""

    site: str
    key: str
    """The story's identity at its site."""
    url: str
    kind: str
    """`technical`, `first`, `publisher` or `restored`; `lost`, which is never written, where the
    current extractor yields no story.
    """
    changed: tuple[str, ...]
    """Fields; empty for a story that is new or lost."""
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Digest of what it reads today."""
        return reading_digest(self.after)


def lost_layout(newest: Mapping[str, Any] | None, article: Article) -> bool:
    """Return whether a known story's page no longer has its site's layout.

    Its text would pass for an edit.
    """
    return newest is not None and newest["layout"] != "fallback" and article.layout == "fallback"


def kept_page(archive: Archive, evidence: Evidence) -> Page | Reread:
    """Return the page of a snapshot, or that its bytes are damaged."""
    try:
        return archive.snapshots.page(evidence.snapshot_id)
    except ArchiveDamaged as error:
        return Reread(evidence=evidence, refusal="snapshot_damaged", damage=str(error))


def reread(page: Page, site: Site, evidence: Evidence) -> Reread:
    """Read the page of a snapshot with the current extractor."""
    try:
        article = read_page(page, site).article
    except Exception:  # a bug of the extractor, which must not end the reading of all the others
        return Reread(evidence=evidence, refusal="extraction_failed")
    return Reread(evidence=evidence, article=article, refusal=refusal_of_article(article))


def doubted(again: Reread, newest: Mapping[str, Any] | None) -> Reread:
    """Refuse a page that is incomplete or lost its layout, beside its story's newest revision.

    A page that the newest revision was read from was good enough then, and is so for reading it
    again, unless its layout is lost.
    """
    article = again.article
    if article is None or again.refusal is not None or newest is None:
        return again
    if "missing_parts" in article.warnings and not again.evidence.newest:
        return replace(again, refusal="missing_parts")
    if lost_layout(newest, article):
        return replace(again, refusal="layout_missed")
    return again


def difference(site: Site, again: Reread, newest: Mapping[str, Any] | None) -> Difference | None:
    """Return what writing a page that was read again would change; None for nothing."""
    changed: tuple[str, ...] = ()
    reading = again.article.as_dict() if again.article is not None else {}
    if again.refusal is not None:
        unread = again.damage is not None or again.refusal == "reading_broke_off"
        if not again.evidence.newest or unread:
            return None
        kind = "lost"
        reading["warnings"] = [again.refusal]
    else:
        assert again.article is not None
        change = change_of(newest, again.article, technical=again.evidence.newest)
        if change is None:
            return None
        kind, changed = change.kind, change.changed
    return Difference(
        site=site.name,
        key=again.evidence.key,
        url=again.evidence.url,
        kind=kind,
        changed=changed,
        before=newest or {},
        after=reading,
    )
