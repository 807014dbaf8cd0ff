"""The one writer of pages: what a crawl, an import and a re-extraction put into the archive.

Every function is called inside a transaction of the archive, and decides over plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive.archive import Archive
from archive.identity import normalised
from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER
from archive.records import IMPORTED, Announcement, Article, Check, Entry, Revision, Snapshot
from archive.revisions.changes import Change, change_of, reading_digest
from archive.revisions.reread_queue import Evidence
from scraper.extraction.article import extractor_of
from scraper.ingest import same_body
from scraper.ingest.reread import Reread, doubted, lost_layout
from scraper.ingest.whole import is_much_shorter, misses_its_end
from scraper.politeness import revisit
from scraper.politeness.robots import RobotsTxt
from scraper.sites.site import Identity, Site

BELIEVED_AFTER = 3
"""Checks in a row without the site's usual end tag after which a page is believed without it."""
OLDER = "older_than_revision"
OUTCOMES = ("new", "revised", "unchanged", "known", "taken_down")
"""What became of an imported story: `known` is one that a crawl read, or that its site removed, and
`taken_down` one of `warta remove`; both are left alone.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page that a crawl fetched, and what was read from it."""

    snapshot: Snapshot
    article: Article | None = None
    """None where the page could not be read."""
    refusal: str | None = None
    """Why it is no story: a code of archive.ledger.wording; None for a story."""
    opted_out: str | None = None
    """The rule by which the page opts out of text and data mining; None for none."""
    in_advance: Written | None = None
    """The failure that was written while the page was read, in case its reading never ends; None
    for a page that was read quickly.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the pages of one crawl are kept and when they are requested again."""

    crawl_id: int | None
    keep: str = "changed"
    """Pages to keep: `changed` (that made a revision), `all`, or `first` (of a story)."""
    unanswered: int = 0
    """Conditional requests in a row that the site answered with the whole page before the crawl."""
    source: str | None = None
    """Of an import of captures, what the ledger calls it; None for a crawl."""
    sightings: same_body.Sightings = field(default_factory=same_body.Sightings)
    """Texts of the crawl's doubtful pages."""

    def keeps(self, newest: Mapping[str, Any] | None, *, changed: bool) -> bool:
        """Return whether a page is kept, beside its story's newest revision.

        An imported story's first page counts as its first.
        """
        if self.keep == "all":
            return True
        first = newest is None or newest["layout"] == IMPORTED
        return changed and (self.keep == "changed" or first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a request."""

    outcome: str
    """`kept`, `unchanged`, `not_modified`, `gone`, `refused` or `failed`."""
    reason: str | None = None
    """A code of archive.ledger.wording; None for a story that was read."""
    revision: Revision | None = None
    technical: Revision | None = None
    """The revision of reading the newest page again, before this one."""
    evidence_id: int | None = None
    """The snapshot that was kept of a page without a story; None for a story."""
    reason_before: str | None = None
    """Of a page without a story: the reason of the check before this one."""
    url_id: int | None = None
    """Number of its URL's row in the ledger; None where that is not needed."""


def write_page(
    archive: Archive, site: Site, fetched: Fetched, policy: Policy, again: Reread | None = None
) -> Written | Evidence | None:
    """Write a page of a story: snapshot, revision, rights and ledger.

    A page that is no story, or one of a known story that is not believed, is a failure. None for a
    story that was taken down meanwhile. If the extractor changed since the story's kept page was
    read, that page is read first: nothing is written, and its Evidence is returned unless `again`
    is what it yields.
    """
    page = fetched.snapshot.page
    entry = archive.ledger.entry(page.requested_url, site=page.site)
    assert entry is not None, page.requested_url
    if archive.history.taken_down(entry.site, entry.key):
        return None
    newest = archive.history.newest(entry.site, entry.key)
    writer = _PageWriter(
        archive=archive, site=site, entry=entry, fetched=fetched, policy=policy, newest=newest
    )
    return writer.write(again)


def write_capture(
    archive: Archive,
    site: Site,
    fetched: Fetched,
    policy: Policy,
    link: Announcement,
    again: Reread | None = None,
) -> Written | Evidence | None:
    """Write a page that another crawler captured, as `write_page`; `link` is its address.

    One that is older than what is known of its story is kept as evidence: nothing is written into
    the past.
    """
    page, key = fetched.snapshot.page, archive.ledger.key_of(site.name, link)
    if archive.history.taken_down(page.site, key):
        return None
    assert policy.source is not None
    newest, since = archive.history.newest(page.site, key), None
    if newest is not None:
        since = archive.captures.stands_since(page.site, key)
    entry = archive.ledger.take_address(
        replace(link, key=key), site=page.site, source=policy.source
    )
    is_older = since is not None and page.fetched_at < since
    if entry.key != key and not is_older:
        return write_page(archive, site, fetched, policy, again)
    writer = _PageWriter(
        archive=archive, site=site, entry=entry, fetched=fetched, policy=policy, newest=newest
    )
    return writer.write_older() if is_older else writer.write(again)


def write_capture_unchanged(
    archive: Archive, check: Check, link: Announcement, *, site: str, source: str
) -> str:
    """Write that a server answered another crawler with 304; return what became of it.

    `not_modified`, `older` than what is known of its story, or why it says nothing: a code of
    archive.ledger.wording.
    """
    key = archive.ledger.key_of(site, link)
    if archive.history.taken_down(site, key):
        return "taken_down"
    since = archive.captures.stands_since(site, key)
    if since is None:
        return "unchanged_unknown"
    if check.checked_at < since:
        return "older"
    archive.ledger.take_address(replace(link, key=key), site=site, source=source)
    article_id = archive.history.article_id(site, key)
    archive.ledger.take_capture(replace(check, article_id=article_id), site=site)
    return "not_modified"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageWriter:
    """Writes one page of a story, beside the story's newest revision."""

    archive: Archive
    site: Site
    entry: Entry
    fetched: Fetched
    policy: Policy
    newest: Mapping[str, Any] | None

    def write(self, again: Reread | None) -> Written | Evidence:
        archive, article, newest = self.archive, self.fetched.article, self.newest
        refusal = self.fetched.refusal or self._doubt()
        if refusal == "layout_missed" and self._is_repeated():
            refusal = same_body.REASON  # no redesign: a notice
        if article is None or refusal is not None:
            return self._write_refusal(refusal or "extraction_failed")
        if newest is None and self._is_alias(article):
            return self._write_alias()
        technical, current = None, self
        stale = stale_page(archive, self.site, self.entry.key, newest)
        if stale is not None:
            if again is None or again.evidence != stale:
                return stale
            technical = write_reread(archive, self.site, doubted(again, newest), newest)
            newest = archive.history.newest(self.entry.site, self.entry.key)
            current = replace(self, newest=newest)
        if current._stands_elsewhere(article):
            written = self._write_refusal(same_body.REASON)
        else:
            written = current._write_believed(article)
        return replace(written, technical=technical)

    def _doubt(self) -> str | None:
        """Return why a page is not believed: its text would pass for an edit."""
        article, newest = self.fetched.article, self.newest
        failures, reason = self._failed_before()
        # A site may give up its end tag: what was incomplete three times is what it sends.
        if misses_its_end(self.archive, self.fetched.snapshot.page) and not (
            failures >= BELIEVED_AFTER and reason == "incomplete"
        ):
            return "incomplete"
        if article is None or newest is None:
            return None
        if "missing_parts" in article.warnings:
            return "missing_parts"
        if lost_layout(newest, article):
            return "layout_missed"
        if is_much_shorter(newest, article) and not (failures and reason == "much_shorter"):
            return "much_shorter"
        return None

    def _failed_before(self) -> tuple[int, str | None]:
        """Return how often in a row a URL failed before this request, and the last check's reason.

        What was written in advance of a slow reading is about this request.
        """
        entry, in_advance = self.entry, self.fetched.in_advance
        if in_advance is not None:
            return entry.failures - 1, in_advance.reason_before
        return entry.failures, entry.reason

    def _candidate(self, article: Article) -> same_body.Candidate:
        url, key = self.entry.url, self.entry.key
        return same_body.Candidate.of(self.archive, self.site, url, key, article)

    def _is_repeated(self) -> bool:
        """Whether a page without its layout has the text of another doubtful page of its crawl."""
        assert self.fetched.article is not None
        found = self._candidate(self.fetched.article)
        repeated = self.policy.sightings.has_equal(found)
        self.policy.sightings.remember(found)
        return repeated

    def _stands_elsewhere(self, article: Article) -> bool:
        """Whether a page's text is doubted because other stories have it, too.

        Stories that were kept with it before, and may be copies as well, are doubted from now on.
        """
        archive, seen = self.archive, self.policy.sightings
        now = self.fetched.snapshot.page.fetched_at
        newest, withdrawn = self.newest, _is_withdrawn(archive, self.newest)
        seen.forget(self.entry.key)
        if newest is not None and newest["body"] == article.body and not withdrawn:
            return False
        found = self._candidate(article)
        doubt = same_body.doubt(
            archive,
            found,
            seen,
            known_as=newest["headline"] if newest is not None and not withdrawn else None,
            again=self._failed_before()[1] == same_body.REASON,
            now=now,
            crawl_id=self.policy.crawl_id,
        )
        if doubt is None:
            return False
        seen.remember(found)
        due_at = None
        if self.policy.source is None:
            due_at = revisit.next_check_of_failed(now=now, failures=1).at
        for twin in doubt.withdrawn:
            assert twin.snapshot_id is not None
            archive.history.note_refusal(twin.snapshot_id, same_body.REASON)
            archive.ledger.doubt(self.entry.site, twin.key, same_body.REASON, due_at=due_at)
            seen.remember(replace(found, key=twin.key, url=twin.url))
        return True

    def _is_alias(self, article: Article) -> bool:
        """Return whether an address of its own key, which begins with a time, is another's story.

        Both have the headline then: an editor changed the words of the address.
        """
        named = self.site.identify(self.entry.url)
        if not isinstance(named, Identity) or self.entry.key != named.own_key:
            return False
        return _is_headline_of(self.archive, article, named.key)

    def _write_believed(self, article: Article) -> Written:
        """Write a page of a story that is believed."""
        archive, entry, newest = self.archive, self.entry, self.newest
        self._forget_evidence()
        withdrawn = _is_withdrawn(archive, newest)
        change = change_of(newest, article, technical=withdrawn)
        snapshot_id = None
        if self.policy.keeps(newest, changed=change is not None):
            snapshot_id = self._insert()
        revision = _write_story(archive, article, change, entry.key, newest, snapshot_id)
        if withdrawn and newest is not None and revision is None:
            archive.history.note_refusal(newest["snapshot_id"], None)
        article_id, opted_out = _story_of(revision, newest)
        if opted_out != self.fetched.opted_out:
            archive.history.note_rights(article_id, self.fetched.opted_out)
        due = revisit.next_check(
            now=self.fetched.snapshot.page.fetched_at,
            published_at=article.published_at or entry.published_at,
            first_seen_at=entry.first_seen_at,
            quiet_checks=0 if revision else entry.quiet_checks + 1,
            costly=self.policy.unanswered >= IGNORES_CONDITIONAL_AFTER,
        )
        outcome = "kept" if revision else "unchanged"
        self._record(outcome, None, due, article_id=article_id)
        return Written(outcome=outcome, revision=revision, url_id=entry.id)

    def write_older(self) -> Written:
        """Keep a page that is older than its story's newest revision, as evidence alone."""
        number = self._insert()
        self.archive.history.note_reading(number, extractor_of(self.site), OLDER)
        article_id = self.archive.history.article_id(self.entry.site, self.entry.key)
        self._record("older", None, revisit.Due(at=None, reason="imported"), article_id=article_id)
        return Written(outcome="older", reason=OLDER, evidence_id=number, url_id=self.entry.id)

    def _write_alias(self) -> Written:
        """Write that an address is another one of a known story: it is not requested again."""
        self._forget_evidence()
        self._record("refused", "same_story", revisit.Due(at=None, reason="same_story"))
        return Written(outcome="refused", reason="same_story", url_id=self.entry.id)

    def _write_refusal(self, reason: str) -> Written:
        """Write a page without a story: kept as evidence the first time, requested again later."""
        broke_off = reason == "reading_broke_off"
        if broke_off and self.fetched.in_advance is not None:
            return self.fetched.in_advance
        self._forget_evidence()
        failures, before = self._failed_before()
        number = None
        if not failures:
            number = self._insert()
            self.archive.history.note_reading(number, extractor_of(self.site), reason)
        now = self.fetched.snapshot.page.fetched_at
        due = revisit.next_check_of_failed(now=now, failures=failures + 1, last=broke_off)
        self._record("failed", reason, due)
        return Written(
            outcome="failed",
            reason=reason,
            evidence_id=number,
            reason_before=before,
            url_id=self.entry.id,
        )

    def _forget_evidence(self) -> None:
        """Erase the page that was kept in case its reading never ended: it did."""
        in_advance = self.fetched.in_advance
        if in_advance is not None and in_advance.evidence_id is not None:
            self.archive.history.erase_readings([in_advance.evidence_id])
            self.archive.snapshots.erase([in_advance.evidence_id])

    def _insert(self) -> int:
        return self.archive.snapshots.insert(
            self.fetched.snapshot,
            url_id=self.entry.id,
            crawl_id=self.policy.crawl_id,
            opted_out=self.fetched.opted_out,
        )

    def _record(
        self, outcome: str, reason: str | None, due: revisit.Due, *, article_id: int | None = None
    ) -> None:
        """Write the check of this page; in place of the one that was written in advance."""
        page = self.fetched.snapshot.page
        # A 304 for the first page says nothing of the others.
        validators = page.headers if not page.parts and not page.missing_parts else {}
        check = Check(
            url=page.requested_url,
            crawl_id=self.policy.crawl_id,
            checked_at=page.fetched_at,
            outcome=outcome,
            status=page.status,
            reason=reason,
            bytes=sum(len(part.body) for part in (page, *page.parts)),
            conditional=page.conditional,
            next_check_at=due.at,
            due_reason=due.reason,
            etag=validators.get("etag"),
            last_modified=validators.get("last-modified"),
            article_id=article_id,
        )
        if self.policy.source is not None:
            self.archive.ledger.take_capture(check, site=self.entry.site, before=self.entry)
            return
        replaces = self.fetched.in_advance is not None
        self.archive.ledger.record(
            check, site=self.entry.site, replaces=replaces, before=self.entry
        )


def write_failure(
    archive: Archive, entry: Entry, check: Check, robots: RobotsTxt | None
) -> Written | None:
    """Write a request that brought no page; None for a story that was taken down meanwhile.

    `check` says what happened; when the URL is due again is decided here. `robots` are the known
    rules of its host, by which an unchanged page may be opted out since, or no longer.
    """
    if archive.history.taken_down(entry.site, entry.key):
        return None
    now, revision = check.checked_at, None
    if check.outcome == "not_modified":
        if robots is not None and entry.article_id is not None:
            archive.history.note_robots_rule(entry.article_id, robots.opt_out(entry.url))
        due = revisit.next_check(
            now=now,
            published_at=_published_at(archive, entry),
            first_seen_at=entry.first_seen_at,
            quiet_checks=entry.quiet_checks + 1,
        )
        etag, modified = check.etag or entry.etag, check.last_modified or entry.last_modified
        check = replace(check, etag=etag, last_modified=modified, conditional=True)
    elif check.outcome == "gone":
        times = entry.failures + 1 if entry.state == "gone" else 1
        due = revisit.next_check_of_gone(now=now, times_gone=times)
        elsewhere = archive.ledger.wake_aliases(entry)
        if entry.article_id is not None and not elsewhere:
            revision = archive.history.note_removal(entry.article_id)
    else:
        due = revisit.next_check_of_failed(now=now, failures=entry.failures + 1)
    archive.ledger.record(
        replace(check, next_check_at=due.at, due_reason=due.reason), site=entry.site
    )
    return Written(outcome=check.outcome, reason=check.reason, revision=revision)


def write_record(
    archive: Archive, article: Article, *, key: str, link: Announcement | None, source: str
) -> str:
    """Write an imported story, and its address `link` into the ledger; return one of OUTCOMES.

    Collections do not say in which order a story's texts were written: a text that any of its
    revisions has changes nothing. Another one is the publisher's change, or a technical one where
    warta's rules changed since the last, or only the date is another.
    """
    # Collections call one site by several names, but an address that is a key has one story.
    article = replace(article, site=archive.history.site_of_url(key) or article.site)
    if link is not None and link.own_key is not None:
        own = archive.ledger.key_of(article.site, link)
        if own == key or not _is_headline_of(archive, article, key):
            key, link = own, replace(link, key=own)
    newest = archive.history.newest(article.site, key)
    if newest is None:
        return _write_new_record(archive, article, key=key, link=link, source=source)
    if newest["layout"] != IMPORTED or newest["removed_at"] is not None:
        return "known"
    if archive.history.earlier(newest["article_id"], reading_digest(article.as_dict())) is not None:
        return "unchanged"
    change = change_of(newest, article, technical=newest["extractor"] != article.extractor)
    if change is not None and change.changed == ("published_at",):
        change = replace(change, kind="technical")  # the date is only read better
    _write_story(archive, article, change, key, newest, None)
    return "revised"


def _write_new_record(
    archive: Archive, article: Article, *, key: str, link: Announcement | None, source: str
) -> str:
    if archive.history.taken_down(article.site, key):
        return "taken_down"
    _write_story(archive, article, change_of(None, article), key, None, None)
    if link is not None:
        article_id = archive.history.article_id(article.site, key)
        archive.ledger.take_in(link, site=article.site, source=source, article_id=article_id)
    return "new"


def _is_headline_of(archive: Archive, article: Article, key: str) -> bool:
    """Return whether a story has the headline of an article."""
    story = archive.history.newest(article.site, key)
    if story is None or not story["headline"] or not article.headline:
        return False
    return normalised(story["headline"]).casefold() == normalised(article.headline).casefold()


def write_reread(
    archive: Archive, site: Site, again: Reread, newest: Mapping[str, Any] | None
) -> Revision | None:
    """Write what a snapshot yields today, and that it was read; None where that changes nothing.

    `again` is `doubted` beside its story's newest revision.
    """
    evidence, article = again.evidence, again.article
    if again.damage is not None or not archive.reread_queue.is_current(evidence):
        return None
    if article is None or again.refusal is not None:
        layout = article.layout if article is not None else None
        archive.history.note_reading(
            evidence.snapshot_id, extractor_of(site), again.refusal, layout=layout
        )
        return None
    change = change_of(newest, article, technical=evidence.newest)
    revision = _write_story(archive, article, change, evidence.key, newest, evidence.snapshot_id)
    if not evidence.newest:
        article_id = archive.history.article_id(site.name, evidence.key)
        archive.ledger.adopt(
            evidence.url, site=site.name, article_id=article_id, revised=revision is not None
        )
        if revision is not None:
            archive.history.note_rights(article_id, evidence.opted_out)
    return revision


def _write_story(
    archive: Archive,
    article: Article,
    change: Change | None,
    key: str,
    newest: Mapping[str, Any] | None,
    snapshot_id: int | None,
) -> Revision | None:
    """Write the change of a story since `newest`, or only that its kept page was read."""
    if change is not None:
        return archive.history.write(
            article, change, key=key, newest=newest, snapshot_id=snapshot_id
        )
    if snapshot_id is not None:
        archive.history.note_reading(snapshot_id, article.extractor, layout=article.layout)
    return None


def _story_of(
    revision: Revision | None, newest: Mapping[str, Any] | None
) -> tuple[int, str | None]:
    """Return the number of a story that was just written, or did not change, and the rule by which
    it opted out before.
    """
    if newest is not None:
        return newest["article_id"], newest["opted_out"]
    assert revision is not None
    return revision.article_id, None


def stale_page(
    archive: Archive, site: Site, key: str, newest: Mapping[str, Any] | None
) -> Evidence | None:
    """Return the newest revision's page if the extractor changed since it was read last.

    What differs when it is read again is ours; only what still differs then is the publisher's.
    """
    if newest is None or newest["snapshot_id"] is None:
        return None
    if archive.history.read_by(newest["snapshot_id"]) == extractor_of(site):
        return None
    if _is_withdrawn(archive, newest):
        return None
    return Evidence(snapshot_id=newest["snapshot_id"], key=key, url="", newest=True)


def _is_withdrawn(archive: Archive, newest: Mapping[str, Any] | None) -> bool:
    """Whether a story's newest revision is a page that is not believed any more.

    What differs from it later is no edit of the publisher's.
    """
    if newest is None:
        return False
    return archive.history.refusal_of(newest["snapshot_id"]) == same_body.REASON


def _published_at(archive: Archive, entry: Entry) -> datetime | None:
    """Return when a story was published: as its own page said, if kept, else as its source did."""
    newest = archive.history.newest(entry.site, entry.key)
    if newest is None or not newest["published_at"]:
        return entry.published_at
    return datetime.fromisoformat(newest["published_at"])
