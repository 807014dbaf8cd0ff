"""Random lives of an archive: what crawls and replays may do to it, one step after the other, by a
clock that also jumps back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from archive import Archive
from archive.records import Check, Entry
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep_page,
    link,
    page,
    revise,
    story,
    url_of,
)

TICK = timedelta(microseconds=1)
WAITS = (timedelta(0), timedelta(0), TICK, timedelta(seconds=1), HOUR, DAY, -HOUR)
DEEDS = (
    "announced",
    "announced",
    "skipped",
    "refused_by_address",
    "modified",
    "kept",
    "kept",
    "kept",
    "read_again",
    "gone",
    "gone",
    "failed",
    "not_modified",
    "forbidden",
    "crawled",
    "evidence",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens to the address `number`, `wait` after what came before, which may be
    earlier.
    """

    wait: timedelta
    deed: str
    number: int
    of_the_first: bool
    """Whether the address is announced as another one of story 1."""
    second: bool
    """A text, a rule of rights, a due date or an end: one of two."""


lives = st.lists(
    st.builds(
        Step,
        wait=st.sampled_from(WAITS),
        deed=st.sampled_from(DEEDS),
        number=st.integers(1, 3),
        of_the_first=st.booleans(),
        second=st.booleans(),
    ),
    min_size=1,
    max_size=16,
)


class Life:
    """An archive to which steps happen."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.now = NOW

    def live(self, step: Step) -> None:
        self.now += step.wait
        getattr(self, step.deed)(step)

    def announced(self, step: Step, **fields: object) -> None:
        key = f"{SITE}-{1 if step.of_the_first else step.number}"
        announce(
            self.archive, link(step.number, key=key, published_at=NOW - DAY, **fields), at=self.now
        )

    def skipped(self, step: Step) -> None:
        self.announced(step, skipped="before_since")

    def refused_by_address(self, step: Step) -> None:
        self.announced(step, refused="video_page")

    def modified(self, step: Step) -> None:
        self.announced(step, lastmod=self.now)

    def kept(self, step: Step, *, technical: bool = False) -> None:
        entry, archive = self._entry(step), self.archive
        if entry is None or (technical and archive.history.newest(SITE, entry.key) is None):
            return
        fetched = archive.snapshots.pack(page(step.number, at=self.now))
        body = f"Isi {'kedua' if step.second else 'pertama'}{' (WIL)' if technical else ''}."
        with archive.transaction(self.now):
            revision = revise(
                archive,
                story(step.number, body=body),
                key=entry.key,
                technical=technical,
                keep=lambda: archive.snapshots.insert(
                    fetched, url_id=entry.id, crawl_id=None, opted_out=None
                ),
            )
            if technical:
                return
            article_id = archive.history.article_id(SITE, entry.key)
            archive.history.note_rights(article_id, "meta: noai" if step.second else None)
            answer = Check(
                url=entry.url,
                crawl_id=None,
                checked_at=self.now,
                outcome="kept" if revision else "unchanged",
                status=200,
                bytes=10,
                next_check_at=self.now + HOUR,
                due_reason="age",
                article_id=article_id,
                etag="b" if step.second else "a",
                conditional=True,
            )
            archive.ledger.record(answer, site=SITE)

    def read_again(self, step: Step) -> None:
        self.kept(step, technical=True)

    def gone(self, step: Step) -> None:
        entry, archive = self._entry(step), self.archive
        if entry is None:
            return
        with archive.transaction(self.now):
            if not archive.ledger.wake_aliases(entry) and entry.article_id is not None:
                archive.history.note_removal(entry.article_id)
            answer = Check(
                url=entry.url,
                crawl_id=None,
                checked_at=self.now,
                outcome="gone",
                status=410,
                reason="http_410",
            )
            archive.ledger.record(answer, site=SITE)

    def failed(self, step: Step) -> None:
        due = self.now + HOUR if step.second else None
        check(
            self.archive,
            url_of(step.number),
            "failed",
            at=self.now,
            reason="timeout",
            next_check_at=due,
            due_reason="retry",
        )

    def not_modified(self, step: Step) -> None:
        check(
            self.archive,
            url_of(step.number),
            "not_modified",
            at=self.now,
            status=304,
            conditional=True,
            etag="a",
        )

    def forbidden(self, step: Step) -> None:
        check(
            self.archive,
            url_of(step.number),
            "refused",
            at=self.now,
            status=403,
            reason="http_403",
            due_reason="given_up",
        )

    def crawled(self, step: Step) -> None:
        with self.archive.transaction(self.now):
            number = self.archive.crawls.begin(SITE, version="0.1.0", arguments={})
        if step.second:
            with self.archive.transaction(self.now):
                self.archive.crawls.end(number, counts={"kept": 1}, received=10, reason="finished")

    def evidence(self, step: Step) -> None:
        keep_page(self.archive, page(10 + step.number, at=self.now))

    def _entry(self, step: Step) -> Entry | None:
        """The address, once it was announced."""
        entry = self.archive.ledger.entry(url_of(step.number), site=SITE)
        return (
            entry
            if entry is not None and entry.state != "source" and entry.key != entry.url
            else None
        )
