"""Outages of the network: crawls of several sites that no server answered, and none in between."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from archive.archive import Reader
from archive.database.clock import parsed
from archive.database.rows import column
from archive.ledger.crawls import CrawlRun
from archive.ledger.wording import UNANSWERED, joined, plural, sentence, worded

MEANWHILE = timedelta(minutes=1)
"""A site that is not reached within this time of another one's answer fails by itself."""

_ANSWERED = frozenset(
    "finished nothing_announced robots_forbidden robots_unavailable overloaded site_failing "
    "out_of_time".split()
)
"""Ends of crawls that a server had answered, unless all that they requested was unreachable."""
_MAJORITY = ("nothing_announced", "site_failing")
"""Ends of crawls whose counts say whether a server answered at their end."""


def unreachable(crawl: CrawlRun) -> str | None:
    """Return why no server answered at the end of a crawl; None if one did, or that is unknown."""
    if crawl.end_reason in UNANSWERED:
        return crawl.end_reason
    if crawl.end_reason not in _MAJORITY:
        return None
    failed = Counter(
        {
            name.partition("/")[2]: count
            for name, count in crawl.counts.items()
            if name.startswith(("failed/", "sources/"))
        }
    )
    reason, _count = next(iter(failed.most_common(1)), (None, 0))
    return reason if reason in UNANSWERED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A crawl that no server answered."""

    site: str
    at: datetime
    """When it ended."""
    reason: str
    """One of UNANSWERED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Failures of one or more sites without an answer of any site in between."""

    failures: Sequence[Failure]
    """Oldest first."""
    over: bool
    """Whether a site has answered since."""

    @property
    def sites(self) -> frozenset[str]:
        """The sites that were not reached; with a single one, it may be the site's fault."""
        return frozenset(failure.site for failure in self.failures)

    def is_young(self, now: datetime, limit: timedelta) -> bool:
        """Whether it began less than `limit` ago, and no site has answered since."""
        return not self.over and now - self.failures[0].at < limit

    @property
    def why(self) -> str:
        """The outage in a sentence."""
        counts = Counter(failure.reason for failure in self.failures)
        return worded(
            "no site can be reached ({sites} tried): {reasons}; check the network, DNS and the"
            " proxy",
            sites=plural(len(self.sites), "site"),
            reasons=joined([sentence(reason) for reason, _ in counts.most_common()], "; "),
        )


def outages(archive: Reader, crawls: Mapping[str, Sequence[CrawlRun]]) -> list[Outage]:
    """Return the outages since the oldest of these crawls of each site, oldest first."""
    newest = [crawl for each in crawls.values() for crawl in each]
    if not any(map(unreachable, newest)):
        return []
    since = min(crawl.started_at for crawl in newest)
    failures: list[Failure] = []
    answers = set(_answers_to_robots(archive))
    for site in crawls:
        for crawl in archive.crawls.ended_since(site, since):
            assert crawl.ended_at is not None
            if (reason := unreachable(crawl)) is not None:
                failures.append(Failure(site=site, at=crawl.ended_at, reason=reason))
            elif crawl.end_reason in _ANSWERED:
                answers.add(crawl.ended_at)
    return list(_grouped(failures, sorted(answers)))


def _grouped(failures: Iterable[Failure], answers: Sequence[datetime]) -> Iterator[Outage]:
    """Yield the failures between two answers as one outage."""
    ordered = sorted(failures, key=lambda failure: failure.at)
    for after, group in groupby(ordered, key=lambda failure: bisect(answers, failure.at)):
        found = tuple(each for each in group if not _was_up(each.at, answers))
        if found:
            yield Outage(failures=found, over=after < len(answers))


def _was_up(at: datetime, answers: Sequence[datetime]) -> bool:
    """Whether a site answered at about that time: who was not reached then failed by itself."""
    first = bisect(answers, at - MEANWHILE)
    return first < len(answers) and answers[first] <= at + MEANWHILE


def _answers_to_robots(archive: Reader) -> Iterator[datetime]:
    """Yield when hosts last answered the first request of a crawl."""
    answered = "SELECT last_seen_at FROM robots WHERE status IS NOT NULL"
    yield from filter(None, map(parsed, column(archive.db, answered)))
