"""100,000 generated articles: how fast they load, how large they are, and how long each question
takes that a user asks.

    python -m tests.benchmarks.scale [--articles 100000] [--runs 25] [--keep ARCHIVE]

Five sites, invented text of about 2.5 kB a story; every seventh story was edited once or twice,
every fiftieth removed. They are written with the public methods of `Archive`, a hundred stories a
transaction, each with its row in the ledger and a check. No snapshots: the bytes of pages are
measured by tests/benchmarks/compression.py, and no query here reads them. Times are milliseconds
over many runs with varied arguments: median and worst after opening anew (the first of each kind is
among them), and once more in the same connection.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from archive import Archive, Article, Reader
from archive.ledger.wording import human_bytes
from archive.records import Announcement, Check
from archive.revisions.change_log import ChangeFilter
from archive.revisions.queries import find_article, latest, life_of, revisions, stats
from archive.search.filters import Filter
from archive.search.search import search
from scraper.cli.rendering.terminal import print_table
from tests.benchmarks import prose

SITES = ("suara", "rmol", "republika", "medcom", "islamtimes")
BATCH = 100
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
WIB = timezone(timedelta(hours=7))
SLOW = 50.0
"""Milliseconds that no question may take."""

Ask = Callable[[Archive, Random], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one story goes through: its texts, each with the time when it was observed, and when it
    was removed.
    """

    key: str
    texts: tuple[tuple[datetime, Article], ...]
    removed_at: datetime | None = None


def address(number: int) -> str:
    """Of the story with this number."""
    site = SITES[number % len(SITES)]
    return f"https://www.{site}.example/berita/{number % 28 + 1:02}/{number}/kabar-{number}"


def story(number: int) -> Written:
    """The story with this number, always the same."""
    random, site, url = Random(number), SITES[number % len(SITES)], address(number)
    seen = BEGAN + timedelta(minutes=7 * number + random.randint(0, 300))
    paragraphs = prose.paragraphs(random, random.randint(1_500, 3_000))
    first = Article(
        url=url,
        canonical_url=url,
        site=site,
        story_id=f"{site}-{number}",
        headline=f"{prose.headline(random)} {number}",
        deck=prose.sentence(random),
        body="\n\n".join(paragraphs),
        dateline=random.choice(prose.RARE).upper(),
        authors=(random.choice(prose.RARE).title(),),
        published_at=(seen - timedelta(minutes=40)).astimezone(WIB),
        section="Nusantara",
        tags=tuple(random.choices(prose.RARE, k=4)),
        layout="S5",
        extractor="warta-generated/1",
    )
    texts = [(seen, first)]
    for turn in range(0 if number % 7 else random.randint(1, 2)):
        later = "\n\n".join((*paragraphs[:1], prose.sentence(random), *paragraphs[1:]))
        texts.append(
            (
                seen + timedelta(hours=5 * (turn + 1)),
                replace(first, body=later, headline=f"{prose.headline(random)} {number}"),
            )
        )
    return Written(
        key=f"{site}-{number}",
        texts=tuple(texts),
        removed_at=None if number % 50 else seen + timedelta(days=9),
    )


def write(archive: Archive, written: Written) -> None:
    """What crawls do with a story over time; the caller holds the transaction."""
    ledger, (_seen, first) = archive.ledger, written.texts[0]
    link = Announcement(url=first.url, key=written.key, published_at=first.published_at)
    ledger.announce(first.site, [link], source="sitemap")
    for observed_at, article in written.texts:
        archive.history.revise(article, key=written.key)
        article_id, due = (
            archive.history.article_id(article.site, written.key),
            observed_at + timedelta(days=1),
        )
        ledger.record(
            _check(first.url, "kept", observed_at, next_check_at=due, article_id=article_id),
            site=first.site,
        )
    if written.removed_at is not None:
        archive.history.note_removal(archive.history.article_id(first.site, written.key))
        ledger.record(_check(first.url, "gone", written.removed_at), site=first.site)


def _check(url: str, outcome: str, at: datetime, **fields: Any) -> Check:
    return Check(
        url=url,
        crawl_id=None,
        checked_at=at,
        outcome=outcome,
        status=404 if outcome == "gone" else 200,
        **fields,
    )


def load(path: Path, articles: int) -> dict[str, Any]:
    """Write them all; the making of the texts is not in the time."""
    spent, slowest = 0.0, 0.0
    with Archive(path) as archive:
        for start in range(0, articles, BATCH):
            batch = [story(number) for number in range(start, min(start + BATCH, articles))]
            begun = perf_counter()
            with archive.transaction(batch[0].texts[0][0]):
                for written in batch:
                    write(archive, written)
            took = perf_counter() - begun
            spent, slowest = spent + took, max(slowest, took)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = path.stat().st_size
    return {
        "articles": articles,
        "seconds": round(spent, 1),
        "rate": round(articles / spent),
        "slowest": round(1000 * slowest),
        "size": human_bytes(size),
        "each": human_bytes(size // articles),
        "memory": human_bytes(memory),
    }


def questions(articles: int) -> Iterator[tuple[str, Ask]]:
    """Every question that a user asks, with arguments that differ from run to run."""

    def story_id(random: Random) -> str:
        number = random.randrange(articles)
        return f"{SITES[number % len(SITES)]}-{number}"

    references: dict[str, Callable[[Random], str]] = {
        "URL": lambda random: address(random.randrange(articles)),
        "story id": story_id,
        "number": lambda random: str(random.randint(1, articles)),
    }
    for kind, reference in references.items():
        yield (
            f"show, by {kind}",
            lambda archive, random, reference=reference: latest(
                archive.db, find_article(archive.db, reference(random))
            ),
        )
    yield "log", lambda archive, random: revisions(archive.db, random.randint(1, articles))
    yield (
        "explain",
        lambda archive, random: life_of(archive.db, address(random.randrange(articles))),
    )
    yield "stats", lambda archive, random: stats(archive.db)
    for kind, words in _searches().items():
        yield (
            f"search, {kind}",
            lambda archive, random, words=words: search(archive.db, words(random)),
        )
    yield (
        "search, common word, one site",
        lambda archive, random: search(
            archive.db, random.choice(prose.COMMON), where=Filter(sites=(random.choice(SITES),))
        ),
    )
    for name, wanted in _CHANGES.items():
        yield (
            f"changes, newest twenty{name}",
            lambda archive, _random, wanted=wanted: list(archive.changes(wanted, limit=20)),
        )
    for name, statement in _STATEMENTS.items():
        rows = _rows_as_of if name.startswith("as of") else _rows
        yield (
            name,
            lambda archive, random, statement=statement, rows=rows: rows(
                archive, statement, random, articles
            ),
        )


def _searches() -> dict[str, Callable[[Random], str]]:
    def common(random: Random) -> str:
        return random.choice(prose.COMMON)

    def middling(random: Random) -> str:
        return random.choice(prose.MIDDLING)

    return {
        "rare word": lambda random: random.choice(prose.RARE[-5_000:]),
        "middling word": middling,
        "common word": common,
        "two middling words": lambda random: f"{middling(random)} {middling(random)}",
        "two common words": lambda random: f"{common(random)} {common(random)}",
        "phrase": lambda random: (
            '"' + " ".join(story(random.randrange(1_000)).texts[0][1].body.split()[20:23]) + '"'
        ),
        "phrase of common words": lambda random: f'"{common(random)} {common(random)}"',
    }


_CHANGES = {
    "": ChangeFilter(),
    " of a field": ChangeFilter(fields=("headline",)),
    " of a site": ChangeFilter(where=Filter(sites=("rmol",))),
    " of a field that none changed": ChangeFilter(fields=("caption",)),
    " of an author that there is none of": ChangeFilter(where=Filter(authors=("Nama Lain",))),
    ", corrections": ChangeFilter(corrections=True),
}
_NEWEST = """SELECT site, published_at, headline FROM latest {}
    ORDER BY published_at_utc DESC LIMIT 10"""
_STATEMENTS = {
    "newest ten of a site": _NEWEST.format("WHERE site = :site"),
    "newest ten of all": _NEWEST.format(""),
    "newest twenty edits": """SELECT url, observed_at, changed FROM history
        WHERE kind = 'publisher' ORDER BY observed_at DESC LIMIT 20""",
    "edits of a day": """SELECT url, changed FROM history
        WHERE kind = 'publisher' AND observed_at BETWEEN :day AND :at""",
    "removed, newest twenty": """SELECT url, removed_at FROM latest
        WHERE removed_at IS NOT NULL ORDER BY removed_at DESC LIMIT 20""",
    "articles a site": "SELECT site, count(*) FROM articles GROUP BY site",
    "articles a site, of latest": "SELECT site, count(*) FROM latest GROUP BY site",
    "ledger, states": "SELECT state, reason, count(*) FROM ledger GROUP BY 1, 2",
    "frontier, a hundred": """SELECT * FROM urls
        WHERE site = :site AND next_check_at <= :at AND state != 'source' LIMIT 100""",
    "as of: one article": "SELECT * FROM latest WHERE article_id = :id",
    "as of: revisions of one article": "SELECT * FROM history WHERE article_id = :id",
    "as of: newest ten of a site": _NEWEST.format("WHERE site = :site"),
    "as of: a thousand by number": """SELECT article_id, headline, body FROM latest
        ORDER BY article_id LIMIT 1000""",
    "as of: one URL of the ledger": "SELECT * FROM ledger WHERE url = :url",
}


def _rows(archive: Reader, statement: str, random: Random, articles: int) -> list[Any]:
    at = BEGAN + timedelta(minutes=7 * random.randrange(articles // 10, articles))
    given = {
        "site": random.choice(SITES),
        "at": at.isoformat(timespec="seconds"),
        "id": random.randint(1, articles),
        "day": (at - timedelta(days=1)).isoformat(timespec="seconds"),
        "url": address(random.randrange(articles)),
    }
    wanted = {name: value for name, value in given.items() if f":{name}" in statement}
    return archive.db.conn.execute(statement, wanted).fetchall()


def _rows_as_of(archive: Archive, statement: str, random: Random, articles: int) -> list[Any]:
    """The opening of the past is part of the question."""
    at = BEGAN + timedelta(minutes=7 * random.randrange(articles // 10, articles))
    with archive.as_of(at) as then:
        return _rows(then, statement, random, articles)


def ask(path: Path, name: str, question: Ask, runs: int) -> dict[str, Any]:
    """Time one question with varied arguments on an archive that was just opened, and again."""
    random = Random(name)
    with Archive(path, read_only=True) as archive:
        opened, warm = (
            [_milliseconds(question, archive, random) for _run in range(runs)] for _turn in range(2)
        )
    worst = max(*opened, *warm)
    return {
        "question": name,
        "first": round(opened[0], 2),
        "opened": round(median(opened), 2),
        "warm": round(median(warm), 2),
        "worst": round(worst, 1),
        "slow": "SLOW" if worst > SLOW else "",
    }


def _milliseconds(question: Ask, archive: Archive, random: Random) -> float:
    begun = perf_counter()
    question(archive, random)
    return 1000 * (perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument(
        "--keep", type=Path, help="leave the archive here; one that is there already is only asked"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "news.db"
        if not path.exists():
            columns = {
                "articles": "articles",
                "seconds": "seconds",
                "rate": "articles a second",
                "slowest": "slowest hundred, ms",
                "size": "file",
                "each": "an article",
                "memory": "peak memory",
            }
            print_table([load(path, options.articles)], columns)
        rows = [
            ask(path, name, question, options.runs)
            for name, question in questions(options.articles)
        ]
        columns = {
            "question": "question, ms",
            "first": "first",
            "opened": "opened",
            "warm": "warm",
            "worst": "worst",
            "slow": "",
        }
        print_table(rows, columns)


if __name__ == "__main__":
    main()
