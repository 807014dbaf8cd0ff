"""A capture of a story, read in a worker: its bytes, its further pages, its article."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from archive.records import Exchange, Hop, Page
from archive.syndication.texts import Fingerprint
from scraper.extraction.article import StoryReading
from scraper.ingest.answers import refusal_of_body
from scraper.ingest.parts import MAX_PARTS, part_urls
from scraper.ingest.reading import read_with_fingerprint
from scraper.ingest.web_archives.captures import SavedFile, Section
from scraper.ingest.web_archives.folders import read_saved
from scraper.ingest.web_archives.payloads import CapturedPage, read_capture, repeating
from scraper.sites.addresses import plain_url
from scraper.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the bytes of a capture are."""

    number: int
    """Of the capture in the index."""
    url: str
    captured_at: datetime
    section: Section | None
    """None for a saved page."""
    offset: int
    saved: SavedFile | None = None
    request: int | None = None
    """Offset of its request in the same section; None where that is not there."""
    software: str | None = None
    """The crawler, as the file says."""

    def read(self) -> CapturedPage:
        """Read it; its `reason` says why it is no page."""
        if self.section is None:
            assert self.saved is not None
            return read_saved(self.saved, self.url, self.captured_at)
        found = read_capture(
            self.section, self.offset, software=self.software, request=self.request
        )
        if found.reason is None and (found.url, found.captured_at) != (self.url, self.captured_at):
            return CapturedPage(reason="file_changed")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A capture to read."""

    place: Place
    again: Place | None = None
    """The capture whose payload this one repeats (a revisit); None for one with its own."""
    site: Site
    """A `Constant` of it, while it is on its way to the worker."""
    requested_url: str
    """The ledger's."""
    parts: tuple[Place, ...] = ()
    """Captures of further pages of the story, from about the same time."""
    hops: tuple[Place, ...] = ()
    """Redirects that led to the capture, in order."""
    languages: tuple[str, ...] = ()
    """Languages that are wanted, by the codes of the corpus' model; empty for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCapture:
    """What a worker made of a capture."""

    page: Page | None = field(default=None, repr=False)
    """None where there is none."""
    reason: str | None = None
    """Why there is no page: a code of archive.ledger.wording."""
    refusal: str | None = None
    """Why the page could not be read at all, as `reason`."""
    reading: StoryReading | None = None
    """What the page says; None where it could not be read."""
    fingerprint: Fingerprint | None = None
    parts: tuple[int, ...] = ()
    """Numbers of the further pages that were joined to it."""


def read_task(task: Task) -> ReadCapture:
    """Read a capture and its article, in a worker."""
    captured = task.place.read()
    if task.again is not None:
        captured = repeating(captured, task.again.read())
    if captured.reason is None:
        content_type = captured.headers.get("content-type", "")
        reason = refusal_of_body(captured.body, content_type)
        captured = replace(captured, reason=reason)
    if captured.reason is not None:
        return ReadCapture(reason=captured.reason)
    page = _page(_with_hops(captured, task.hops), task.place, task)
    if page.incomplete:
        return ReadCapture(page=page, refusal="incomplete")
    try:
        page, used = _with_parts(page, task)
        reading, fingerprint = read_with_fingerprint(page, task.site)
    except Exception:  # a bug of the extractor, which must not end the reading of all the others
        return ReadCapture(page=page, refusal="extraction_failed")
    if task.languages and not _is_in(task.languages, reading):
        return ReadCapture(reason="other_language")
    return ReadCapture(
        page=page,
        reading=reading,
        refusal=reading.refusal,
        fingerprint=fingerprint,
        parts=tuple(used),
    )


def _with_hops(captured: CapturedPage, places: Iterable[Place]) -> CapturedPage:
    """Add the redirects that can be read to how a page came over the wire."""
    if captured.wire is None:
        return captured
    read = [(place, place.read()) for place in places]
    hops = tuple(
        Hop(
            url=place.url,
            status=found.status,
            fetched_at=place.captured_at,
            **{each.name: getattr(found.wire, each.name) for each in fields(Exchange)},
        )
        for place, found in read
        if found.reason is None and found.wire is not None
    )
    return replace(captured, wire=replace(captured.wire, hops=hops))


def _is_in(languages: Collection[str], reading: StoryReading) -> bool:
    """Whether a story is likeliest in one of the languages; a page without a story may be."""
    if reading.refusal is not None:
        return True
    from archive.corpus.filters.language import language_of  # of an extra

    article = reading.article
    return language_of(article.body, page_language=article.language).language in languages


def _page(captured: CapturedPage, place: Place, task: Task, *, requested: str = "") -> Page:
    return Page(
        site=task.site.name,
        requested_url=requested or task.requested_url,
        url=place.url,
        status=captured.status,
        headers=captured.headers,
        body=captured.body,
        fetched_at=place.captured_at,
        wire=captured.wire,
        incomplete=captured.incomplete,
    )


def _with_parts(page: Page, task: Task) -> tuple[Page, list[int]]:
    """Join the further pages of a story that its pager names; count those that are not there.

    Without a layout each page may name the next one, and one that is not there ends the story.
    """
    wanted, at_hand, used = part_urls(page, task.site), _by_url(task.parts), list[int]()
    last = page
    while wanted and len(page.parts) < MAX_PARTS - 1:
        place = at_hand.get(plain_url(wanted[0]) or "")
        part = _part(place, wanted[0], task) if place is not None else None
        if part is not None and place is not None:
            page, last = replace(page, parts=(*page.parts, part)), part
            used.append(place.number)
        elif task.site.layouts or place is not None:
            page = replace(page, missing_parts=page.missing_parts + 1)
        else:
            return page, used
        wanted = wanted[1:]
        if not wanted and not task.site.layouts and last is part:
            wanted = part_urls(part, task.site)
    return replace(page, missing_parts=page.missing_parts + len(wanted)), used


def _by_url(places: Iterable[Place]) -> Mapping[str, Place]:
    """Return the captures by address; of several the first, which is the nearest in time."""
    found: dict[str, Place] = {}
    for place in places:
        found.setdefault(plain_url(place.url) or "", place)
    return found


def _part(place: Place, url: str, task: Task) -> Page | None:
    captured = place.read()
    if captured.reason is not None or captured.incomplete:
        return None
    return _page(captured, place, task, requested=url)
