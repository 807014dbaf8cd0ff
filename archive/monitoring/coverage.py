"""What the sources of a site announced against what is in the archive, a site and day.

A story counts once, whatever its number of addresses, on the day of its publication as its source
or address told it, else as the story itself does, else on the day when it was first seen. It is
`kept`; or `waiting`, as it was announced not long ago and not asked for yet; or `missing`, with a
reason of archive.ledger.wording (`new`: it was never asked for). A kept one is also `late` where it
came into the archive long after it was announced. What is no story by its address, what a
collection brought (`warta import`) and what was taken down here is not counted; stories out of a
crawl's window of days are `skipped`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import exp
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from archive.archive import Reader
from archive.database.clock import exact

ZONE = ZoneInfo("Asia/Jakarta")
LATE = timedelta(hours=24)
"""How long after its announcement a story is late; until then one that was not asked for yet is
waiting.
"""
MISSING_SHARE = 0.1
"""Share of a day's announced stories above which those that are missing are a loss."""
MIN_MISSING = 5
"""Fewer are no loss, whatever their share."""

WEEKS = 8
"""Of the same weekday a day's number is compared with."""
MIN_WEEKS = 4
FEW = 0.4
"""Share of the usual number up to which a day announced far less; its chance must be below RARE,
too.
"""
RARE = 0.003
"""Chance of so few where as many as usual are to be expected and come by chance (Poisson): a quiet
site is not marked for nothing.
"""

_LOOKED = ("finished", "nothing_announced")
"""Ends of crawls that asked every source."""

_RANK = """max((CASE WHEN due_reason IS 'taken_down' THEN 9 WHEN article_id IS NOT NULL THEN 8 WHEN state = 'failed' THEN 6
    WHEN state = 'due' THEN 5 WHEN state = 'gone' THEN 4 WHEN state = 'refused' AND checks > 0 THEN 3 WHEN state = 'skipped' THEN 2
    ELSE 0 END) * 1000000000000 - id)"""
"""Of a story's addresses the one that tells most, the oldest of equals; SQLite gives the other
columns of its row.
"""

_STORIES = f"""WITH stories AS (
        SELECT {_RANK}, id, site, url, article_id, state, coalesce(reason, due_reason, state) AS reason, due_reason, checks, first_seen_at,
            published_at FROM urls
        WHERE id IN (SELECT id FROM urls WHERE site = :site AND first_seen_at >= :oldest
                UNION SELECT id FROM urls WHERE site = :site AND published_at >= :oldest)
            AND state NOT IN ('source', 'alias') AND announced_by NOT LIKE 'import %' GROUP BY key),
    dated AS (SELECT s.*, local_day(coalesce(s.published_at, a.published_at, s.first_seen_at)) AS day,
        CASE WHEN s.due_reason IS 'taken_down' OR (s.state = 'refused' AND s.checks = 0 AND s.article_id IS NULL) THEN NULL
            WHEN s.article_id IS NOT NULL THEN 'kept' WHEN s.state = 'skipped' THEN 'skipped'
            WHEN s.state = 'due' AND s.first_seen_at > :patience THEN 'waiting' ELSE 'missing' END AS outcome,
        julianday(a.first_seen_at) - julianday(s.first_seen_at) > :late AND julianday(a.first_seen_at) -
            coalesce((SELECT max(julianday(c.checked_at)) FROM checks c
                WHERE c.url_id = s.id AND c.outcome = 'announced' AND c.due_reason = 'new'), 0) > :late AS late, a.first_seen_at AS kept_at
        FROM stories s LEFT JOIN articles a ON a.id = s.article_id)"""  # noqa: S608 - constants
"""Of one site: an index leads to the addresses of some days. A story that was skipped at first and
wanted later is late by what passed since then.
"""

_COUNTS = f"""{_STORIES} SELECT day, outcome, iif(outcome = 'missing', reason, NULL) AS reason, count(*) AS number, sum(late) AS late
    FROM dated WHERE outcome IS NOT NULL AND day IS NOT NULL GROUP BY 1, 2, 3"""  # noqa: S608 - constants
_URLS = f"""{_STORIES} SELECT site, day, url, iif(late, 'late', outcome) AS outcome, iif(outcome = 'missing', reason, NULL) AS reason,
        first_seen_at, kept_at FROM dated
    WHERE (outcome IN ('missing', 'waiting') OR late) AND day BETWEEN :first AND :last ORDER BY day, id"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One day of a site."""

    site: str
    day: date
    kept: int = 0
    missing: int = 0
    waiting: int = 0
    late: int = 0
    """Of those that are kept."""
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Of those that are missing: code of archive.ledger.wording -> stories."""
    usual: float | None = None
    """Stories that this weekday announced, the median of WEEKS weeks before; None where too little
    is known.
    """
    looked: bool = True
    """Whether a crawl asked every source that day or later, and one before or that day: else
    nothing announced means nothing.
    """
    marks: tuple[str, ...] = ()
    """`few`: far less was announced than usually; `missing`: too many are missing."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell of it."""
        return not (self.announced or self.skipped or self.marks)

    @property
    def announced(self) -> int:
        """Stories that were announced and wanted."""
        return self.kept + self.missing + self.waiting


def coverage(
    reader: Reader,
    *,
    first: date,
    last: date,
    now: datetime,
    site: str | None = None,
    zone: ZoneInfo = ZONE,
    late: timedelta = LATE,
    missing_share: float = MISSING_SHARE,
) -> list[Coverage]:
    """Every day of every site that announced anything, from `first` to `last`, days without a story
    included; by site and day.
    """
    local, today = _local(zone), now.astimezone(zone).date()
    found: list[Coverage] = []
    with _days_in(reader, zone):
        for name in [site] if site is not None else sites(reader):
            counts = _counts(reader, _given(name, first - timedelta(weeks=WEEKS), now, late))
            begun, looked = _crawled(reader, name, local)
            start = max(first, min(counts, default=date.max))
            for number in range((min(last, today) - start).days + 1):
                day = start + timedelta(days=number)
                judged = looked is not None and day < min(looked, today)
                one = _coverage(name, day, counts, begun, missing_share, judged=judged)
                found.append(
                    one
                    if begun and looked and begun <= day <= looked
                    else replace(one, looked=False)
                )
    return found


def sites(reader: Reader) -> list[str]:
    """The sites that announced anything."""
    return [
        site for (site,) in reader.db.conn.execute("SELECT DISTINCT site FROM urls ORDER BY site")
    ]


def _counts(reader: Reader, given: dict[str, Any]) -> dict[date, Counter[str]]:
    """Stories of a site by day and outcome; those that are missing also as `missing/REASON`."""
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for row in reader.db.query(_COUNTS, given):
        counts = days[date.fromisoformat(row["day"])]
        counts[row["outcome"]] += row["number"]
        counts["late"] += row["late"] or 0
        if row["reason"] is not None:
            counts[f"missing/{row['reason']}"] += row["number"]
    return days


def urls(
    reader: Reader,
    *,
    first: date,
    last: date,
    now: datetime,
    site: str | None = None,
    zone: ZoneInfo = ZONE,
    late: timedelta = LATE,
) -> list[dict[str, Any]]:
    """Every story that is missing, waiting or late: `site, day, url, outcome, reason,
    first_seen_at, kept_at`.
    """
    days = {"first": first.isoformat(), "last": last.isoformat()}
    with _days_in(reader, zone):
        names = [site] if site is not None else sites(reader)
        found = [
            row
            for name in names
            for row in reader.db.query(_URLS, _given(name, first, now, late) | days)
        ]
    return sorted(found, key=lambda row: (row["day"], row["site"]))


def lost(announced: int, missing: int, share: float = MISSING_SHARE) -> bool:
    """Whether so many missing ones are too many."""
    return missing >= MIN_MISSING and missing > share * announced


def _given(site: str, first: date, now: datetime, late: timedelta) -> dict[str, Any]:
    oldest = (first - timedelta(days=2)).isoformat()  # no zone is farther from UTC
    return {
        "site": site,
        "oldest": oldest,
        "patience": exact(now - late),
        "late": late / timedelta(days=1),
    }


def _coverage(
    site: str,
    day: date,
    days: dict[date, Counter[str]],
    begun: date | None,
    share: float,
    *,
    judged: bool,
) -> Coverage:
    counts = days.get(day, Counter())
    reasons = Counter(
        {
            name.partition("/")[2]: count
            for name, count in counts.items()
            if name.startswith("missing/")
        }
    )
    usual = _usual(day, days, begun)
    marks = ["few"] if judged and usual is not None and far_less(_number(counts), usual) else []
    marks += (
        ["missing"] if lost(_number(counts) - counts["skipped"], counts["missing"], share) else []
    )
    return Coverage(
        site=site,
        day=day,
        kept=counts["kept"],
        missing=counts["missing"],
        waiting=counts["waiting"],
        late=counts["late"],
        skipped=counts["skipped"],
        reasons=reasons,
        usual=usual,
        marks=tuple(marks),
    )


def _usual(day: date, days: dict[date, Counter[str]], begun: date | None) -> float | None:
    """The median of the same weekday before; days before the first crawl count where a walk back in
    time found stories of them.
    """
    numbers = []
    for week in range(1, WEEKS + 1):
        before = day - timedelta(weeks=week)
        number = _number(days.get(before, Counter()))
        if number or (begun is not None and before >= begun):
            numbers.append(number)
    return float(median(numbers)) if len(numbers) >= MIN_WEEKS else None


def _number(counts: Counter[str]) -> int:
    """Stories that the sources told of."""
    return counts["kept"] + counts["missing"] + counts["waiting"] + counts["skipped"]


def far_less(number: int, usual: float) -> bool:
    """Whether a day announced far less than its weekday usually does.

    >>> far_less(9, 20), far_less(8, 20), far_less(0, 5), far_less(0, 7), far_less(45, 100)
    (False, True, False, True, False)
    """
    if number > FEW * usual:
        return False
    chance = term = exp(-usual)
    for count in range(1, number + 1):
        term *= usual / count
        chance += term
    return chance < RARE


def _crawled(
    reader: Reader, site: str, local: Callable[[str | None], str | None]
) -> tuple[date | None, date | None]:
    """(day of the first crawl, day on which the last crawl that asked every source began); days
    since then may grow yet.
    """
    marks = ", ".join(f"'{reason}'" for reason in _LOOKED)
    row = reader.db.conn.execute(
        f"SELECT min(started_at), max(iif(end_reason IN ({marks}), started_at, NULL)) FROM crawls WHERE site = ?",  # noqa: S608 - constants
        (site,),
    ).fetchone()
    begun, looked = (date.fromisoformat(day) if (day := local(text)) else None for text in row)
    return begun, looked


@contextmanager
def _days_in(reader: Reader, zone: ZoneInfo) -> Iterator[None]:
    """Inside, SQL knows the day of a moment in a zone."""
    conn, local = reader.db.conn, _local(zone)
    conn.create_function("local_day", 1, local, deterministic=True)
    try:
        yield
    finally:
        conn.create_function("local_day", 1, None)


def _local(zone: ZoneInfo) -> Callable[[str | None], str | None]:
    """From a moment to its day in the zone; all zones of today keep to quarters of an hour, so that
    few are worked out.
    """

    @lru_cache(maxsize=100_000)
    def day_of(minute: str, offset: str) -> str | None:
        try:
            return datetime.fromisoformat(f"{minute}{offset}").astimezone(zone).date().isoformat()
        except (ValueError, OverflowError):
            return None

    return lambda text: day_of(text[:16], text[-6:]) if text else None
