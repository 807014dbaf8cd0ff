"""When a URL is due: pure functions of a story's age and of what past checks found.

A story is checked again when the time since its last check reaches a fifth of its age (the rule of
diffengine, which finds most edits of news within the first day), but not within an hour. Each check
that finds nothing lengthens the wait by half, up to eight-fold; a check that finds a change resets
it. If a site always sends the whole page, never a 304, a check costs much more, and the wait is
half as long again. After 90 days, or 30 if at least three checks found no change, a story is never
requested again unless a sitemap reports it as modified, or with `--recheck all`. A story that
says it is younger than we know it, or of the future, is as old as we know it.

A sitemap that reports a story as modified makes it due at once. Some say so of every story at any
time: where nine of ten checks after such reports found no change, of the last 50 of the stories
that a sitemap lists and of at least ten, its reports are not believed (`lastmod_doubted`). Later
checks of these stories, due by their age, count for it or against it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log

from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER

STALENESS = 0.2
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=14)
PATIENCE = 1.5  # for each quiet check
MOST_PATIENCE = 8.0
MOST_PATIENCE_AFTER = ceil(log(MOST_PATIENCE, PATIENCE))  # quiet checks; there may be thousands
COSTLY = 1.5
NEVER_AFTER = timedelta(days=90)
NEVER_AFTER_QUIET = timedelta(days=30)
QUIET_CHECKS = 3

PROBE_EVERY = 10
"""A site that never answers 304 gets validators with every tenth request only, as a probe."""

GONE_WAITS = (timedelta(days=1), timedelta(days=7))
"""A story that was taken down may come back: it is requested twice more."""

FAILURE_WAITS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168))
"""Waits before each retry; a URL that fails after the last one is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a URL is requested again, and why then."""

    at: datetime | None
    """Aware; None for never."""
    reason: str
    """A code of archive.ledger.wording."""


def next_check(
    *,
    now: datetime,
    published_at: datetime | None,
    first_seen_at: datetime,
    quiet_checks: int,
    costly: bool = False,
) -> Due:
    """Return when a story that was just read is due again.

    `quiet_checks` counts the latest checks in a row, this one included, that found no change;
    `costly` marks a site that never answers 304.
    """
    born = min(published_at or first_seen_at, first_seen_at, now)
    age = now - born
    if age > NEVER_AFTER:
        return Due(at=None, reason="settled")
    if age > NEVER_AFTER_QUIET and quiet_checks >= QUIET_CHECKS:
        return Due(at=None, reason="settled_quiet")
    patience = PATIENCE ** min(quiet_checks, MOST_PATIENCE_AFTER)
    wait = max(age * STALENESS, SHORTEST) * min(patience, MOST_PATIENCE)
    reason = "quiet" if quiet_checks else "age"
    if costly:
        wait, reason = wait * COSTLY, "costly"
    return Due(at=now + min(wait, LONGEST), reason=reason)


def next_check_of_gone(*, now: datetime, times_gone: int) -> Due:
    """When a story is requested again after 404 or 410; `times_gone` counts this response."""
    if times_gone > len(GONE_WAITS):
        return Due(at=None, reason="gone_for_good")
    return Due(at=now + GONE_WAITS[times_gone - 1], reason="may_come_back")


def next_check_of_failed(*, now: datetime, failures: int, last: bool = False) -> Due:
    """When a URL that failed is retried, if `last` after all others; `failures` counts this one."""
    if failures > len(FAILURE_WAITS):
        return Due(at=None, reason="given_up")
    return Due(at=now + FAILURE_WAITS[failures - 1], reason="retry_last" if last else "retry")


def sends_validators(*, unanswered: int, turn: int) -> bool:
    """Whether a known story is requested with its validators (ETag, Last-Modified).

    `unanswered` counts the latest responses in a row with a whole page instead of a 304, `turn` the
    stories with validators that this crawl has requested so far.
    """
    return unanswered < IGNORES_CONDITIONAL_AFTER or turn % PROBE_EVERY == 0
