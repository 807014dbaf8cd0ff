"""One text under many addresses: a wrong cache, a captcha or a notice in place of the stories.

A page whose text another story of its site runs, too, is doubted: it is kept as evidence, makes no
revision, and is requested again later. These are no doubt:

- one repeat under the same headline, where that is the headline in both addresses;
- one repeat that still stands when the page is requested again, if nothing else is doubted;
- texts of one form with other facts (weather, rates, prayer times), and texts too short to compare.

The first copy arrives before there is another one to compare it with. So a page whose headline is
not the one in its address waits for others of its crawl (scraper.ingest.waiting), and copies meet
before any of them is written, in whatever order they come. Where the first copy was written all the
same, its story is doubted when a later one arrives, and what replaces its text is no edit of the
publisher's.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import unquote

from archive.archive import Archive
from archive.identity import normalised
from archive.records import Article
from archive.syndication.facts import other_facts
from archive.syndication.texts import NEARLY_ALL, Fingerprint, Twin
from scraper.extraction.declared import slug_of
from scraper.sites.site import Site

REASON = "same_body_elsewhere"

REMEMBERED = 64
"""Texts of doubtful pages that a crawl remembers."""
ALIKE = 27
"""Places of 60 in which the signatures of two pages agree under one headline that is not that of
the address: a captcha with another number in each line still has 30.
"""
MIN_SHARED = 0.5
"""Share of the words of an address that its story's headline has; editors change headlines."""
RECENT = timedelta(days=7)
"""A page that was fetched so long ago was believed without reason to doubt it."""
FEW = 2
"""Doubted addresses of a site, this one included, beside which a repeat may be the site's own."""
MAX_COPIES = 8
"""Other stories with a text that are looked at."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def fits_address(slug: str, headline: str | None) -> bool | None:
    """Return whether a headline is the one in its story's address; None if that has no words.

    >>> fits_address("harga-beras-naik-10-persen", "Harga Beras Naik 10 Persen Sepekan")
    True
    >>> fits_address("kabar-desa-7", "Kabar Desa Nomor 3"), fits_address("1273482", "Kabar Desa")
    (False, None)
    """
    wanted = _TOKEN.findall(normalised(unquote(slug)).lower())
    if not any(token.isalpha() for token in wanted):
        return None
    plain = normalised(headline or "").lower()
    found = {*_TOKEN.findall(plain), *_TOKEN.findall(re.sub(r"[^\w\s]", "", plain))}
    if any(token.isdigit() and token not in found for token in wanted):
        return False
    return sum(token in found for token in wanted) >= MIN_SHARED * len(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A page with a text that is new to its story."""

    site: Site
    url: str
    """The ledger's address."""
    key: str
    headline: str
    read: Fingerprint
    fits: bool | None
    """Whether its headline is the one in its address."""

    @classmethod
    def of(cls, archive: Archive, site: Site, url: str, key: str, article: Article) -> Self:
        """Read the text of a page that was requested for this address."""
        return cls(
            site=site,
            url=url,
            key=key,
            headline=normalised(article.headline or "").lower(),
            read=archive.clusters.texts.fingerprint(article.body),
            fits=fits_address(_slug(site, url), article.headline),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Another story's page with the same text, or nearly that."""

    key: str
    url: str
    headline: str
    twin: Twin | None
    """None for a page that is not in the archive."""


class Sightings:
    """The texts of the last doubtful pages of one crawl."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[Candidate, bool]] = OrderedDict()

    def remember(self, candidate: Candidate, *, learned: bool = False) -> None:
        """Remember the text of a page, in place of an earlier one of its story.

        `learned`: an earlier crawl saw it. It may be a true story's whose copies are gone by now,
        so it raises no doubt about a page with the headline of its address.
        """
        self.forget(candidate.key)
        self._seen[candidate.key] = (candidate, learned)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the text of a story that has another one now."""
        self._seen.pop(key, None)

    def has_equal(self, candidate: Candidate) -> bool:
        """Return whether a remembered page of another story has exactly the text of this one."""
        return bool(candidate.read.signature.whole) and any(
            other.read.digest == candidate.read.digest
            for key, (other, _learned) in self._seen.items()
            if key != candidate.key
        )

    def copies(self, candidate: Candidate) -> Iterator[Copy]:
        """Yield the remembered pages of other stories with the text of this one."""
        for key, (other, learned) in self._seen.items():
            if key == candidate.key or (learned and candidate.fits):
                continue
            if _is_copy(candidate, other.headline, other.read):
                yield Copy(key=key, url=other.url, headline=other.headline, twin=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """That a page is not believed."""

    withdrawn: tuple[Twin, ...] = ()
    """Stories that were kept with the same text, and are not believed any more."""


def doubt(
    archive: Archive,
    candidate: Candidate,
    sightings: Sightings,
    *,
    known_as: str | None,
    again: bool,
    now: datetime,
    crawl_id: int | None,
) -> Doubt | None:
    """Return whether a page is doubted, None for one that is believed.

    `known_as` is the headline of its story's newest revision, None for a new story; `again`:
    whether it was doubted when it was requested last; `crawl_id`: the crawl that fetched it.
    """
    found = [*sightings.copies(candidate), *_kept_copies(archive, candidate)]
    copies = {copy.key: copy for copy in found if not _is_copy_of(candidate, copy)}
    if not copies:
        return None
    if len(copies) == 1:
        (copy,) = copies.values()
        if _republished(candidate, copy, known_as):
            return None
        stands = again and known_as is None and _may_repeat(candidate, copy)
        if stands and archive.ledger.count_failed(candidate.site.name, REASON) <= FEW:
            return None
    several, is_new = len(copies) > 1, known_as is None
    twins = (copy.twin for copy in copies.values() if copy.twin is not None)
    withdrawn = [
        twin
        for twin in twins
        if (twin.crawl_id == crawl_id and _came_wrong(candidate, twin, several=several))
        or (is_new and _was_wrong(candidate.site, twin, now))
    ]
    return Doubt(withdrawn=tuple(withdrawn))


def must_wait(archive: Archive, site: Site, url: str, key: str, article: Article) -> bool:
    """Return whether a page is written only after others: its headline is not its story's."""
    if fits_address(_slug(site, url), article.headline):
        return False
    newest = archive.history.newest(site.name, key)
    if newest is None:
        return True
    return normalised(newest["headline"] or "") != normalised(article.headline or "")


def _kept_copies(archive: Archive, candidate: Candidate) -> Iterator[Copy]:
    texts = archive.clusters.texts
    agreeing = ALIKE if candidate.fits is False else NEARLY_ALL
    for twin in texts.twins(
        candidate.site.name, candidate.key, candidate.read, agreeing=agreeing, limit=MAX_COPIES
    ):
        headline = normalised(twin.headline).lower()
        under_one = _is_under_one_headline(candidate, headline)
        nearly = twin.agreement >= NEARLY_ALL and not other_facts(
            candidate.read.text.frames, texts.prepared(twin.text_id).frames
        )
        if twin.equal or under_one or nearly:
            yield Copy(key=twin.key, url=twin.url, headline=headline, twin=twin)


def _is_copy(candidate: Candidate, headline: str, read: Fingerprint) -> bool:
    if candidate.read.digest == read.digest:
        return True
    agreement = candidate.read.signature.agreement(read.signature)
    if agreement >= ALIKE and _is_under_one_headline(candidate, headline):
        return True
    if agreement < NEARLY_ALL:
        return False
    return not other_facts(candidate.read.text.frames, read.text.frames)


def _is_under_one_headline(candidate: Candidate, headline: str) -> bool:
    """Whether two pages have one headline, which is not that of the address."""
    return candidate.fits is False and headline != "" and headline == candidate.headline


def _is_copy_of(candidate: Candidate, copy: Copy) -> bool:
    """Whether the other page is the copy: it has this one's headline, which is not its own."""
    if not candidate.fits or copy.headline != candidate.headline:
        return False
    return fits_address(_slug(candidate.site, copy.url), copy.headline) is not True


def _republished(candidate: Candidate, copy: Copy, known_as: str | None) -> bool:
    """Whether a site runs a story twice, under one headline that both addresses have."""
    if copy.headline != candidate.headline:
        return False
    if known_as is not None and normalised(known_as).lower() != candidate.headline:
        # It had another headline: is it really the same story now?
        return False
    own, other = _slug(candidate.site, candidate.url), _slug(candidate.site, copy.url)
    counted = re.fullmatch(rf"{re.escape(other)}-\d+", own) is not None
    return candidate.fits is True or (counted and fits_address(other, candidate.headline) is True)


def _may_repeat(candidate: Candidate, copy: Copy) -> bool:
    """Whether a new story may be one that its site runs twice, as far as its address says."""
    if candidate.fits is None:
        return copy.headline == candidate.headline
    return candidate.fits


def _came_wrong(candidate: Candidate, twin: Twin, *, several: bool) -> bool:
    """Whether a story that this crawl kept may be a copy rather than the one whose text it is.

    Its headline says so, or there are `several` with headlines of their own over one text.
    """
    if twin.snapshot_id is None:
        return False
    return not _fits(candidate.site, twin) or (several and candidate.fits is True)


def _was_wrong(site: Site, twin: Twin, now: datetime) -> bool:
    """Whether an earlier crawl kept a page that had another headline than its address."""
    if twin.snapshot_id is None or twin.fetched_at is None:
        return False
    return now - twin.fetched_at <= RECENT and not _fits(site, twin)


def _fits(site: Site, twin: Twin) -> bool:
    return fits_address(_slug(site, twin.url), twin.headline) is True


def _slug(site: Site, url: str) -> str:
    story = site.story(url)
    if story is None:
        return ""
    return slug_of(story)
