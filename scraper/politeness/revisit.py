"""Is it due? A pure rule of a story's age and of what past checks found; nothing here asks the
clock.

A story is checked again when the time since its last check reaches a fifth of its age (the rule of
diffengine, where most edits of news are found within the first day), at the earliest after an hour.
Each check that finds nothing lengthens the wait by half, up to eight-fold; a check that finds a
change starts anew. Where a site always sends the whole page, never a 304, a check costs much more,
and the wait is half as long again. After 90 days, or 30 if nothing ever changed in three checks or
more, it is never asked again unless a sitemap says that it was modified, or `--recheck all` is
given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.ledger.ledger import IGNORES_CONDITIONAL_AFTER

STALENESS = 0.2
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=14)
PATIENCE = 1.5  # for each quiet check
MOST_PATIENCE = 8.0
COSTLY = 1.5
NEVER_AFTER = timedelta(days=90)
NEVER_AFTER_QUIET = timedelta(days=30)
QUIET_CHECKS = 3

PROBE_EVERY = 10
"""A site that never answers 304 is sent the validators with one request in so many, in case that it
has learnt.
"""

GONE_WAITS = (timedelta(days=1), timedelta(days=7))
"""A story that was taken down may come back: it is asked for twice more."""

FAILURE_WAITS = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
"""After five of them a URL that fails once more is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a URL is asked for again, and why then; `at` is None for never."""

    at: datetime | None
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
    """When a story that was just read is due again.

    `quiet_checks` counts the checks in a row, this one included, that found nothing new; `costly`
    is for a site that never answers 304.
    """
    born = min(published_at or first_seen_at, now)
    age = now - born
    if age > NEVER_AFTER:
        return Due(at=None, reason="settled")
    if age > NEVER_AFTER_QUIET and quiet_checks >= QUIET_CHECKS:
        return Due(at=None, reason="settled_quiet")
    wait = (
        max(age * STALENESS, SHORTEST)
        * min(PATIENCE**quiet_checks, MOST_PATIENCE)
        * (COSTLY if costly else 1.0)
    )
    return Due(
        at=now + min(wait, LONGEST),
        reason="costly" if costly else "quiet" if quiet_checks else "age",
    )


def next_check_of_gone(*, now: datetime, times_gone: int) -> Due:
    """When a story that answered 404 or 410 is asked for again; `times_gone` counts this answer."""
    if times_gone > len(GONE_WAITS):
        return Due(at=None, reason="gone_for_good")
    return Due(at=now + GONE_WAITS[times_gone - 1], reason="may_come_back")


def next_check_of_failed(*, now: datetime, failures: int) -> Due:
    """When a URL that failed is tried again; `failures` counts this one."""
    if failures > len(FAILURE_WAITS):
        return Due(at=None, reason="given_up")
    return Due(at=now + FAILURE_WAITS[failures - 1], reason="retry")


def sends_validators(*, unanswered: int, turn: int) -> bool:
    """Whether a known story is asked for with its validators.

    `unanswered` counts the site's whole pages in a row in place of a 304, `turn` the stories with
    validators that this crawl asked for before this one.
    """
    return unanswered < IGNORES_CONDITIONAL_AFTER or turn % PROBE_EVERY == 0
