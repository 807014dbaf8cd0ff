"""A world of stories that are edited, removed and restored, and machines that crawl them: each into
an archive of its own, or all into one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from archive import Archive
from archive.maintenance.takedown import take_down as erase
from archive.merge.merge import Options, Report, merge
from tests.archive.invented import (
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep,
    link,
    new_archive,
    story,
    take_down,
    url_of,
)

LATER = NOW + 400 * DAY
DEEDS = ("edit", "fetch", "fetch", "fetch", "fetch", "remove", "restore", "opt_out", "crawl")
MACHINES = 3
STORIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens after `wait`: to a story in the world, or on a machine."""

    wait: timedelta
    deed: str
    number: int
    machine: int
    text: int


steps = st.lists(
    st.builds(
        Step,
        wait=st.sampled_from((timedelta(microseconds=1), timedelta(seconds=1), HOUR, DAY)),
        deed=st.sampled_from(DEEDS),
        number=st.integers(1, STORIES),
        machine=st.integers(0, MACHINES - 1),
        text=st.integers(1, 3),
    ),
    min_size=1,
    max_size=24,
)


@dataclass
class Crawler:
    """A machine with an archive."""

    archive: Archive
    known: dict[int, int] = field(default_factory=dict)
    """The text of a story that it saw last."""

    def fetch(self, number: int, text: int | None, *, at: datetime, rule: str | None) -> None:
        article = story(number, body=f"Isi kabar {number}, versi {text}.", extractor="kabar-1")
        announce(self.archive, link(number), at=at)
        if text is None:
            self.gone(number, at=at)
        elif self.known.get(number) == text:
            due = {"next_check_at": at + DAY}
            check(self.archive, url_of(number), "not_modified", at=at, bytes=0, status=304, **due)
        else:
            keep(self.archive, article, at=at)
        if text is None or self.archive.history.taken_down(SITE, f"{SITE}-{number}"):
            return
        self.known[number] = text
        with self.archive.transaction(at):
            number_here = self.archive.history.article_id(SITE, f"{SITE}-{number}")
            self.archive.history.note_rights(number_here, rule)

    def gone(self, number: int, *, at: datetime) -> None:
        if number in self.known:
            self.known[number] = 0  # a page after it is a new one
            take_down(self.archive, story(number), at=at)
        else:
            check(self.archive, url_of(number), "gone", at=at, status=410, reason="http_410")

    def crawl(self, *, at: datetime) -> None:
        with self.archive.transaction(at):
            number = self.archive.crawls.begin(SITE, version="warta/1", arguments={})
            self.archive.crawls.end(number, counts={"kept": 1}, received=1, reason="finished")


class World:
    """Stories as their site shows them, crawled by some machines."""

    def __init__(self, crawlers: Sequence[Crawler]) -> None:
        self.crawlers = crawlers
        self.now = NOW
        self.texts: dict[int, int | None] = dict.fromkeys(range(1, STORIES + 1), 1)
        self.rule: str | None = None

    def live(self, step: Step) -> None:
        self.now += step.wait
        if step.deed == "edit" and self.texts[step.number] is not None:
            self.texts[step.number] = step.text
        elif step.deed == "remove":
            self.texts[step.number] = None
        elif step.deed == "restore":
            self.texts[step.number] = step.text
        elif step.deed == "opt_out":
            self.rule = "robots.txt: GPTBot"  # for good: which machine saw the end of it is open
        crawler = self.crawlers[step.machine % len(self.crawlers)]
        if step.deed == "fetch":
            text = self.texts[step.number]
            crawler.fetch(step.number, text, at=self.now, rule=self.rule)
        elif step.deed == "crawl":
            crawler.crawl(at=self.now)


@contextmanager
def lived(folder: Path, life: Sequence[Step], *, machines: int) -> Iterator[list[Path]]:
    """Archives of a life, closed."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{machines}-{number}.db" for number in range(machines)]
    with ExitStack() as stack:
        crawlers = [Crawler(stack.enter_context(new_archive(path))) for path in paths]
        world = World(crawlers)
        for step in life:
            world.live(step)
    yield paths


def merged(out: Path, paths: Sequence[Path], **options: Any) -> Report:
    """Merge, without a word."""
    options = {"clusters": False} | options
    return merge(
        out,
        paths,
        Options(**options),
        now=LATER,
        advance=lambda _rows, _all: None,
        note=lambda _text: None,
    )


def removed(path: Path, number: int, *, at: datetime) -> None:
    """What `warta remove` does."""
    with Archive(path) as archive:
        erase(archive, SITE, f"{SITE}-{number}", url=url_of(number), reason="x", now=at)


_QUERIES = {
    "articles": """SELECT site, key, story_id, url, first_seen_at, removed_at, opted_out, revision,
        published_at, listed_at FROM articles ORDER BY 1, 2""",
    "revisions": """SELECT a.site, a.key, r.number, r.kind, r.changed, r.returns_to, r.observed_at,
        r.digest, r.body, r.headline, r.extractor, r.correction, r.snapshot_id IS NULL
        FROM revisions r JOIN articles a ON a.id = r.article_id ORDER BY 1, 2, 3""",
    "urls": """SELECT url, site, key, state, reason, announced_by, first_seen_at, last_checked_at,
        next_check_at, due_reason, checks, quiet_checks, failures, first_state, first_reason,
        article_id IS NULL FROM urls ORDER BY 1, 2""",
    "checks": """SELECT u.url, c.checked_at, c.reason, c.state, c.next_check_at,
        iif(c.outcome = 'not_modified', 'unchanged', c.outcome)
        FROM checks c JOIN urls u ON u.id = c.url_id
        WHERE c.outcome != 'announced' ORDER BY c.id""",
    "crawls": "SELECT site, started_at, ended_at, counts, end_reason FROM crawls ORDER BY id",
    "rights": """SELECT a.key, g.since, g.rule FROM rights g JOIN articles a ON a.id = g.article_id
        ORDER BY g.id""",
    "clock": "SELECT latest FROM clock",
    "ids": "SELECT key FROM articles ORDER BY id",
    "pages": """SELECT u.url, s.kept_at, s.digest FROM snapshots s JOIN urls u ON u.id = s.url_id
        ORDER BY s.id""",
}


def content(path: Path, *but: str) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in an archive, without its numbers."""
    with Archive(path, read_only=True) as archive:
        return {
            name: archive.db.conn.execute(query).fetchall()
            for name, query in _QUERIES.items()
            if name not in but
        }


def dump(path: Path) -> list[str]:
    """Every row of an archive with its numbers; when it was made is in none of ours."""
    with Archive(path, read_only=True) as archive:
        return [line for line in archive.db.conn.iterdump() if "_sqlite_migrations" not in line]
