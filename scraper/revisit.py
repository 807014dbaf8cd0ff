"""Is it due? A pure rule of a story's age and of what past checks found; nothing here asks the clock.

A story is checked again when the time since its last check reaches a fifth of its age (the rule of diffengine, where most
edits of news are found within the first day), at the earliest after an hour. Each check that finds nothing lengthens the
wait by half, up to eight-fold; a check that finds a change starts anew. After 90 days, or 30 if nothing ever changed in
three checks or more, it is never asked again unless a sitemap says that it was modified, or `--recheck all` is given.
"""

from __future__ import annotations

from datetime import datetime, timedelta

STALENESS = 0.2
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=14)
PATIENCE = 1.5  # for each quiet check
MOST_PATIENCE = 8.0
NEVER_AFTER = timedelta(days=90)
NEVER_AFTER_QUIET = timedelta(days=30)
QUIET_CHECKS = 3

GONE_WAITS = (timedelta(days=1), timedelta(days=7))
"""A story that was taken down may come back: it is asked for twice more."""

FAILURE_WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""After five of them a URL that fails once more is given up."""

NOT_NOW = timedelta(hours=1)
"""How long a site is left alone whose robots.txt cannot be had."""


def next_check(*, now: datetime, published_at: datetime | None, first_seen_at: datetime, quiet_checks: int) -> datetime | None:
    """When a story that was just read is due again; None for never.

    `quiet_checks` counts the checks in a row, this one included, that found nothing new.
    """
    born = min(published_at or first_seen_at, now)
    age = now - born
    if age > NEVER_AFTER or (age > NEVER_AFTER_QUIET and quiet_checks >= QUIET_CHECKS):
        return None
    wait = max(age * STALENESS, SHORTEST) * min(PATIENCE**quiet_checks, MOST_PATIENCE)
    return now + min(wait, LONGEST)


def next_check_of_gone(*, now: datetime, times_gone: int) -> datetime | None:
    """When a story that answered 404 or 410 is asked for again; `times_gone` counts this answer."""
    return now + GONE_WAITS[times_gone - 1] if times_gone <= len(GONE_WAITS) else None


def next_check_of_failed(*, now: datetime, failures: int) -> datetime | None:
    """When a URL that failed is tried again; `failures` counts this one."""
    return now + FAILURE_WAITS[failures - 1] if failures <= len(FAILURE_WAITS) else None
