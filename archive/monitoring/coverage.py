"""Coverage: what a site's sources announced against what is in the archive, per site and day.

A story counts once, whatever its number of URLs, on its day of publication: as its source or URL
says, else as the story itself does, else the day when it was first seen. It is `kept`; or
`waiting`: announced recently and not requested yet; or `missing`, with a reason of
archive.ledger.wording (`new`: it was never requested). A kept one is also `late` if it came into
the archive long after it was announced. URLs that are no story's, imported stories (`warta import`)
and those taken down here are not counted; stories outside a crawl's window of days are `skipped`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import exp
from statistics import median
from typing import Any, Self
from zoneinfo import ZoneInfo

from archive.archive import Reader
from archive.database.clock import exact
from archive.database.rows import column

ZONE = ZoneInfo("Asia/Jakarta")
LATE = timedelta(hours=24)
"""How long after its announcement a story is late; until then an unrequested one is waiting."""
MISSING_SHARE = 0.1
"""Share of a day's announced stories above which missing ones are a loss."""
MIN_MISSING = 5
"""Fewer missing stories are no loss, whatever their share."""

WEEKS = 8
"""Number of earlier days of the same weekday that a day is compared with."""
MIN_WEEKS = 4
FEW = 0.4
"""Maximum share of the usual number for a day that announced far less; see also RARE."""
RARE = 0.003
"""Poisson probability of so few stories below which a day announced far less."""

# Of a story's URLs the one that says most, the oldest of equals: with max(), SQLite takes the other
# columns from the same row. Indexes lead to the URLs of a few days; of recent ones to all of their
# stories, which are else counted twice: on a settled day by the older URL. A story that was skipped
# at first and wanted later is late by what has passed since then.
_STORIES = """
    WITH stories AS (
        SELECT max((CASE WHEN due_reason IS 'taken_down' THEN 9 WHEN article_id IS NOT NULL THEN 8
                WHEN state = 'failed' THEN 6 WHEN state = 'due' THEN 5 WHEN state = 'gone' THEN 4
                WHEN state = 'refused' AND checks > 0 THEN 3 WHEN state = 'skipped' THEN 2
                ELSE 0 END) * 1000000000000 - id),
            id, article_id, coalesce(reason, due_reason, state) AS reason,
            first_seen_at, published_at,
            CASE WHEN due_reason IS 'taken_down' THEN NULL
                WHEN article_id IS NOT NULL THEN 'kept'
                WHEN state = 'refused' AND checks = 0 THEN NULL
                WHEN state = 'skipped' THEN 'skipped'
                WHEN state = 'due' AND first_seen_at > :patience THEN 'waiting'
                ELSE 'missing' END AS outcome
        FROM urls
        WHERE id IN (SELECT id FROM urls WHERE site = :site AND first_seen_at >= :oldest
                UNION SELECT id FROM urls WHERE site = :site AND published_at >= :oldest
                UNION SELECT other.id FROM urls JOIN urls other USING (site, key)
                    WHERE site = :site AND urls.first_seen_at >= :recent)
            AND state NOT IN ('source', 'alias') AND announced_by NOT LIKE 'import %'
        GROUP BY key),
    timed AS (
        SELECT s.*, coalesce(s.published_at, a.published_at, s.first_seen_at) AS at,
            a.first_seen_at AS kept_at
        FROM stories s LEFT JOIN articles a ON a.id = s.article_id WHERE outcome IS NOT NULL),
    dated AS MATERIALIZED (
        SELECT id, outcome, iif(outcome = 'missing', reason, NULL) AS reason, kept_at,
            coalesce(local_day(CAST(substr(at, 1, 13) || substr(at, -6) AS BLOB)),
                local_day(CAST(substr(at, 1, 16) || substr(at, -6) AS BLOB))) AS day,
            iif(julianday(kept_at) - julianday(first_seen_at) > :late,  -- AND would read them all
                julianday(kept_at) - coalesce(
                    (SELECT max(julianday(c.checked_at)) FROM checks c WHERE c.url_id = timed.id
                        AND c.outcome = 'announced' AND c.due_reason = 'new'), 0) > :late,
                0) AS late
        FROM timed)"""
_COUNTS = f"""{_STORIES}
    SELECT day, outcome, reason, count(*), coalesce(sum(late), 0)
    FROM dated WHERE day <= :last AND (day >= :first OR :recent IS NULL)
    GROUP BY 1, 2, 3"""  # noqa: S608
_URLS = f"""{_STORIES}
    SELECT u.site, day, u.url, iif(late, 'late', outcome) AS outcome, dated.reason,
        u.first_seen_at, kept_at
    FROM dated JOIN urls u USING (id)
    WHERE (outcome IN ('missing', 'waiting') OR late) AND day BETWEEN :first AND :last
    ORDER BY day, id"""  # noqa: S608
# DISTINCT would read the whole index
_SITES = """
    WITH RECURSIVE names (site) AS (
        SELECT min(site) FROM urls
        UNION ALL SELECT (SELECT min(site) FROM urls WHERE site > names.site) FROM names
            WHERE site IS NOT NULL)
    SELECT site FROM names WHERE site IS NOT NULL ORDER BY site"""

Counts = Sequence[tuple[str, str, str | None, int, int]]
"""(day, outcome, reason, stories, those of them that are late)"""
SETTLED = timedelta(days=14)
"""Age of days whose figures hardly change any more."""
_TO_THE_HOUR = len("2026-05-01T10+00:00")
_REST_OF_HOUR = timedelta(minutes=59)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One day of a site; the counts are of stories."""

    site: str
    day: date
    """In the time zone of the period."""
    kept: int = 0
    missing: int = 0
    waiting: int = 0
    late: int = 0
    """Of those that are kept."""
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Missing stories by code of archive.ledger.wording."""
    usual: float | None = None
    """Median of what this weekday announced in the WEEKS weeks before; None if unknown."""
    looked: bool = True
    """Whether a crawl requested every source that day or later, and one that day or before: else
    the absence of announcements means nothing.
    """
    marks: tuple[str, ...] = ()
    """`few`: far less was announced than usual; `missing`: too many are missing."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to report."""
        return not (self.announced or self.skipped or self.marks)

    @property
    def announced(self) -> int:
        """Stories that were announced and wanted."""
        return self.kept + self.missing + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days of a query."""

    first: date
    last: date
    now: datetime
    """Aware; days after it are excluded."""
    zone: ZoneInfo = ZONE
    """Time zone of the days."""
    late: timedelta = LATE
    """How long after its announcement a story is late."""

    def with_usual(self) -> Iterator[Self]:
        """Yield the period and the weeks that its days are compared with, in two parts: the settled
        days, the days of older stories that were announced then included, and the newer ones.
        """
        first, last = self.first - timedelta(weeks=WEEKS), min(self.last, self.today())
        settled = self.today() - SETTLED
        yield replace(self, first=first, last=min(last, settled))
        yield replace(self, first=max(first, settled + timedelta(days=1)), last=last)

    def today(self) -> date:
        """Return the day of `now`."""
        return self.now.astimezone(self.zone).date()

    def values(self, site: str) -> dict[str, Any]:
        """Return the values of queries on a site."""
        # no zone is farther from UTC than two days
        oldest = (self.first - timedelta(days=2)).isoformat()
        return {
            "site": site,
            "oldest": oldest,
            "recent": oldest if self.first > self.today() - SETTLED else None,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "patience": exact(self.now - self.late),
            "late": self.late / timedelta(days=1),
        }


Count = Callable[[Reader, Period, str], Counts]
"""`counts`, or what remembers its results."""


def counts(reader: Reader, period: Period, site: str) -> Counts:
    """Return what became of a site's stories, per day of the period."""
    with _local_days(reader, period.zone):
        return reader.db.conn.execute(_COUNTS, period.values(site)).fetchall()


def coverage(
    reader: Reader,
    period: Period,
    *,
    only: Sequence[str] = (),
    missing_share: float = MISSING_SHARE,
    count: Count = counts,
) -> list[Coverage]:
    """Return the days of each site from its first announcement on, including empty ones; with
    `only`, of those sites.
    """
    today = period.today()
    found: list[Coverage] = []
    for name in only or sites(reader):
        rows = [row for part in period.with_usual() for row in count(reader, part, name)]
        history = _History.read(reader, name, rows, period.zone)
        start = max(period.first, min(history.outcomes, default=date.max))
        for number in range((min(period.last, today) - start).days + 1):
            day = start + timedelta(days=number)
            found.append(history.coverage(day, today, missing_share))
    return found


def urls(reader: Reader, period: Period, *, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return every story that is missing, waiting or late: `site, day, url, outcome, reason,
    first_seen_at, kept_at`.
    """
    with _local_days(reader, period.zone):
        found = [
            row
            for name in only or sites(reader)
            for row in reader.db.query(_URLS, period.values(name))
        ]
    return sorted(found, key=lambda row: (row["day"], row["site"]))


def sites(reader: Reader) -> list[str]:
    """Return the sites that announced anything."""
    return column(reader.db, _SITES)


def lost(announced: int, missing: int, share: float = MISSING_SHARE) -> bool:
    """Whether so many missing stories are too many."""
    return missing >= MIN_MISSING and missing > share * announced


def far_less(number: int, usual: float) -> bool:
    """Whether a day announced far less than its weekday usually does.

    >>> far_less(9, 20), far_less(8, 20), far_less(0, 5), far_less(0, 7), far_less(45, 100)
    (False, True, False, True, False)
    """
    counts = range(1, number + 1)
    terms = accumulate(counts, lambda term, count: term * usual / count, initial=exp(-usual))
    return number <= FEW * usual and sum(terms) < RARE


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """What a site announced, by day."""

    site: str
    outcomes: defaultdict[date, Counter[str]]
    """Stories by outcome, and `late`."""
    reasons: defaultdict[date, Counter[str]]
    numbers: Counter[date]
    """Stories that the sources announced."""
    begun: date | None
    """Day of the first crawl."""
    looked: date | None
    """Day on which the last crawl that requested every source began; later days may still grow."""

    @classmethod
    def read(cls, reader: Reader, site: str, rows: Counts, zone: ZoneInfo) -> Self:
        """Return a site's history from its counts; the times of its crawls are read."""
        outcomes: defaultdict[date, Counter[str]] = defaultdict(Counter)
        reasons: defaultdict[date, Counter[str]] = defaultdict(Counter)
        numbers: Counter[date] = Counter()
        for local, outcome, reason, number, late in rows:
            day = date.fromisoformat(local)
            outcomes[day].update({outcome: number, "late": late})
            numbers[day] += number
            if reason is not None:
                reasons[day][reason] += number
        times = reader.crawls.period(site)
        days = (_local_day(zone)(time.encode()) if time else None for time in times)
        begun, looked = (date.fromisoformat(day) if day else None for day in days)
        return cls(
            site=site,
            outcomes=outcomes,
            reasons=reasons,
            numbers=numbers,
            begun=begun,
            looked=looked,
        )

    def coverage(self, day: date, today: date, missing_share: float) -> Coverage:
        """Return the coverage of a day; days before the last look, and before today, are judged."""
        counts = self.outcomes[day]
        usual, number = self._usual(day), self.numbers[day]
        marks = []
        judged = self.looked is not None and day < min(self.looked, today)
        if judged and usual is not None and far_less(number, usual):
            marks.append("few")
        if lost(number - counts["skipped"], counts["missing"], missing_share):
            marks.append("missing")
        return Coverage(
            site=self.site,
            day=day,
            **{name: counts[name] for name in ("kept", "missing", "waiting", "late", "skipped")},
            reasons=self.reasons[day],
            usual=usual,
            looked=bool(self.begun and self.looked and self.begun <= day <= self.looked),
            marks=tuple(marks),
        )

    def _usual(self, day: date) -> float | None:
        """Return the median of the weekday; days before the first crawl count if not empty."""
        before = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
        numbers = [
            self.numbers[each]
            for each in before
            if self.numbers[each] or (self.begun is not None and each >= self.begun)
        ]
        if len(numbers) >= MIN_WEEKS:
            return float(median(numbers))
        return None


@contextmanager
def _local_days(reader: Reader, zone: ZoneInfo) -> Iterator[None]:
    """Give SQL the function `local_day`."""
    reader.db.conn.create_function("local_day", 1, _local_day(zone), deterministic=True)
    try:
        yield
    finally:
        reader.db.conn.create_function("local_day", 1, None)


@lru_cache(maxsize=8)
def _local_day(zone: ZoneInfo) -> Callable[[bytes | None], str | None]:
    """Return the function from a time to its day in a zone, cached. The time is one to the minute,
    or to the hour, for which it gives None where a day begins within that hour.

    SQL passes bytes: sqlite3 would fail on text that is not UTF-8 before this is called.
    """

    @lru_cache(maxsize=20_000)
    def local_day(time: bytes | None) -> str | None:
        if time is None:
            return None
        try:
            at = datetime.fromisoformat(time.decode())
            last = at + _REST_OF_HOUR if len(time) == _TO_THE_HOUR else at
            day = at.astimezone(zone).date()
            if day != last.astimezone(zone).date():
                return None
            return day.isoformat()
        except (ValueError, OverflowError):
            return None

    return local_day
