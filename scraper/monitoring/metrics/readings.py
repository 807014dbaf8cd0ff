"""The metrics as data: name, meaning, and what reads each.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` on counters only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.archive import Reader
from archive.database.clock import exact
from archive.database.rows import value
from archive.ledger.crawls import CrawlRun, Crawls

Rows = Iterable[tuple[Any, ...]]
"""Each is the values of the labels, and the metric's."""

_OUTCOMES = ("kept", "unchanged", "not_modified", "gone", "refused", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One metric."""

    name: str
    """That of a counter ends with `_total`; all others are gauges."""
    text: str
    """Its meaning, as Prometheus shows it."""
    labels: tuple[str, ...] = ()
    """Names of its labels; none: a single value."""
    rows: Callable[..., Rows]
    """Reads an archive at a time; revisions from one number to another."""


def _query(statement: str) -> Callable[[Reader, datetime], Rows]:
    return lambda archive, _now: archive.db.conn.execute(statement)


def _due(archive: Reader, now: datetime) -> Rows:
    """Yield 0 for sites without stories, too, so that alerts on it see them."""
    # Sources have no next check.
    statement = "SELECT count(*) FROM urls WHERE site = ? AND next_check_at <= ?"
    for site in archive.crawls.sites():
        yield site, value(archive.db, statement, site, exact(now))


def _pages(archive: Reader, _now: datetime) -> Rows:
    for site, run in _newest(archive, Crawls.newest_ended):
        yield from ((site, outcome, run.counts.get(outcome, 0)) for outcome in _OUTCOMES)


def _revisions(archive: Reader, after: int, newest: int) -> Rows:
    statement = """SELECT a.site, r.kind, count(*)
        FROM revisions r JOIN articles a ON a.id = r.article_id
        WHERE r.id > ? AND r.id <= ? GROUP BY 1, 2"""
    return archive.db.conn.execute(statement, (after, newest))


def _newest(
    archive: Reader, newest: Callable[[Crawls, str], CrawlRun | None]
) -> Iterator[tuple[str, CrawlRun]]:
    for site in archive.crawls.sites():
        run = newest(archive.crawls, site)
        if run is not None:
            yield site, run


def _last_crawl(
    name: str,
    text: str,
    read: Callable[[CrawlRun], float],
    *,
    newest: Callable[[Crawls, str], CrawlRun | None] = Crawls.newest_ended,
) -> Reading:
    """Return a metric of one crawl of each site."""

    def rows(archive: Reader, _now: datetime) -> Rows:
        return ((site, read(run)) for site, run in _newest(archive, newest))

    return Reading(name=f"warta_crawl_last_{name}", text=text, labels=("site",), rows=rows)


def _end(run: CrawlRun) -> int:
    assert run.ended_at is not None
    return int(run.ended_at.timestamp())


def _duration(run: CrawlRun) -> float:
    assert run.ended_at is not None
    return round(max(0.0, (run.ended_at - run.started_at).total_seconds()), 3)


READINGS = (
    Reading(
        name="warta_articles",
        text="Stories in the archive, including those that their sites removed.",
        labels=("site",),
        rows=_query("SELECT site, count(*) FROM articles WHERE revision > 0 GROUP BY site"),
    ),
    Reading(
        name="warta_urls",
        text="Addresses in the ledger, by what became of them.",
        labels=("site", "state"),
        rows=_query("SELECT site, state, count(*) FROM urls GROUP BY site, state"),
    ),
    Reading(
        name="warta_stories_due",
        text="Stories that the next crawl would request.",
        labels=("site",),
        rows=_due,
    ),
    Reading(
        name="warta_crawls_total",
        text="Crawls that ended, by how; broke_off: killed, or lost with its machine.",
        labels=("site", "ended"),
        rows=lambda archive, _now: archive.crawls.count_by_end(),
    ),
    _last_crawl(
        "start_timestamp_seconds",
        "When the newest crawl began, running ones included.",
        lambda run: int(run.started_at.timestamp()),
        newest=Crawls.newest,
    ),
    _last_crawl("end_timestamp_seconds", "When the newest crawl that ended by itself did.", _end),
    _last_crawl(
        "success_timestamp_seconds",
        "When the newest crawl that finished by itself ended.",
        _end,
        newest=Crawls.newest_finished,
    ),
    _last_crawl(
        "duration_seconds", "How long the newest crawl that ended by itself took.", _duration
    ),
    _last_crawl(
        "received_bytes",
        "Bytes that the newest crawl that ended by itself received.",
        lambda run: run.bytes or 0,
    ),
    _last_crawl(
        "announced_stories",
        "Stories that the sources announced to the newest crawl that ended by itself.",
        lambda run: run.counts.get("announced", 0),
    ),
    _last_crawl(
        "asked_stories",
        "Stories that the newest crawl that ended by itself requested.",
        lambda run: run.counts.get("asked", 0),
    ),
    Reading(
        name="warta_crawl_last_pages",
        text="Pages of the newest crawl that ended by itself, by what became of them.",
        labels=("site", "outcome"),
        rows=_pages,
    ),
    Reading(
        name="warta_alerts_undelivered",
        text="Messages of alerts that a target has not accepted yet.",
        rows=_query("SELECT count(*) FROM alert_deliveries WHERE settled_at IS NULL AND tries > 0"),
    ),
)

REVISIONS = Reading(
    name="warta_revisions_total",
    text="Revisions that were written, by kind.",
    labels=("site", "kind"),
    rows=_revisions,  # only those since the last collection: the rows are long, and never change
)
