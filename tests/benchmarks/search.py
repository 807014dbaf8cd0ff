"""100,000 generated articles: how large their search indexes are, and how long searches take.

    python -m tests.benchmarks.search [--articles 100000] [--runs 15] [--keep ARCHIVE]

The stories are those of tests/benchmarks/scale.py (every seventh was edited once or twice), written
in bulk, without clusters and ledger. Times are milliseconds of CPU in this process, each search on
a connection of its own: median and worst over runs with varied words.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

from archive import Archive
from archive.ledger.wording import human_bytes
from archive.search.filters import Filter
from archive.search.search import search
from scraper.cli.rendering.terminal import columns, print_table
from tests.benchmarks import prose
from tests.benchmarks.scale import BEGAN, SITES, Written, story

Words = Callable[[Random], str]
BATCH = 2_000


def load(path: Path, articles: int) -> dict[str, Any]:
    """Write the stories, then build both indexes, which is timed."""
    with Archive(path) as archive:
        conn = archive.db.conn
        for start in range(0, articles, BATCH):
            with archive.transaction(BEGAN):
                for number in range(start, min(start + BATCH, articles)):
                    _insert(archive, number + 1, story(number))
        begun = process_time()
        sizes = {}
        for index in ("search", "search_earlier"):
            with archive.transaction(BEGAN):
                conn.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
            (size,) = conn.execute(f"SELECT sum(length(block)) FROM {index}_data").fetchone()
            sizes[index] = human_bytes(size)
        seconds = process_time() - begun
        (revisions,) = conn.execute("SELECT count(*) FROM search_earlier_docsize").fetchone()
    return {
        "articles": articles,
        "earlier_texts": revisions,
        "index_seconds": round(seconds, 1),
        "newest_index": sizes["search"],
        "earlier_index": sizes["search_earlier"],
        "archive": human_bytes(path.stat().st_size),
    }


def _insert(archive: Archive, article_id: int, written: Written) -> None:
    conn, (seen, first) = archive.db.conn, written.texts[0]
    row = (article_id, first.site, written.key, first.story_id, first.url, seen.isoformat())
    at = first.published_at
    assert at is not None
    listed = (at - (at.utcoffset() or timedelta())).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    values = (*row, len(written.texts), at.isoformat(), listed)
    conn.execute(
        """INSERT INTO articles (id, site, key, story_id, url, first_seen_at, revision,
            published_at, listed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        values,
    )
    for number, (observed, article) in enumerate(written.texts, 1):
        kind = "first" if number == 1 else "publisher"
        conn.execute(
            """INSERT INTO revisions (article_id, number, kind, changed, observed_at, digest,
                headline, deck, body, authors, editors, published_at, section, tags, language,
                page_count, layout, extractor, warnings)
            VALUES (?, ?, ?, '[]', ?, '', ?, ?, ?, '["Sari Melati"]', '[]', ?, ?, '[]', 'id', 1,
                'S5', 'x', '[]')""",
            (
                *(article_id, number, kind, observed.isoformat()),
                *(article.headline, article.deck, article.body, at.isoformat(), article.section),
            ),
        )


def _pick(words: tuple[str, ...], random: Random) -> str:
    return random.choice(words)


rare = partial(_pick, prose.RARE[-5_000:])
middling = partial(_pick, prose.MIDDLING)
common = partial(_pick, prose.COMMON)
root = partial(_pick, tuple("panen tenun latih lomba obat pinjam tambak jala".split()))
WORDS: dict[str, Words] = {
    "rare word": rare,
    "middling word": middling,
    "common word": common,
    "two common words": lambda random: f"{common(random)} {common(random)}",
    "common OR common": lambda random: f"{common(random)} OR {common(random)}",
    "common -middling": lambda random: f"{common(random)} -{middling(random)}",
    "prefix of three letters": lambda random: middling(random)[:3] + "*",
    "prefix of two letters": lambda random: middling(random)[:2] + "*",
    "headline: common word": lambda random: f"headline:{common(random)}",
    "phrase of common words": lambda random: f'"{common(random)} {common(random)}"',
}
LAST_MONTHS = Filter(since=BEGAN + timedelta(days=400))
KINDS: dict[str, tuple[Words, dict[str, Any]]] = {
    **{name: (words, {}) for name, words in WORDS.items()},
    "common word, by time": (common, {"sort": "time"}),
    "middling word, by time": (middling, {"sort": "time"}),
    "common word, one site": (common, {"where": Filter(sites=SITES[:1])}),
    "common word, since a day": (common, {"where": LAST_MONTHS}),
    "common word, one section": (common, {"where": Filter(sections=("nusantara",))}),
    "common word, earlier texts": (common, {"earlier": True}),
    "middling word, earlier texts": (middling, {"earlier": True}),
    "forms of a word": (root, {"stem": True}),
}


def rows(path: Path, runs: int) -> Iterator[dict[str, Any]]:
    """Time every kind of search."""
    for name, (words, options) in KINDS.items():
        random, times, total = Random(name), [], 0
        for _run in range(runs):
            query = words(random)
            with Archive(path, read_only=True) as archive:
                begun = process_time()
                total = search(archive.db, query, **options).total
                times.append(1000 * (process_time() - begun))
        yield {
            "search": name,
            "finds": total,
            "median_ms": round(median(times), 1),
            "worst_ms": round(max(times), 1),
        }


def main() -> None:
    """Load, or take what was kept, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "news.db"
        if not path.exists():
            loaded = load(path, given.articles)
            print_table([loaded], columns(" ".join(loaded)), flexible="archive")
        keys = columns("search finds median_ms worst_ms")
        print_table(list(rows(path, given.runs)), keys, flexible="search")


if __name__ == "__main__":
    main()
