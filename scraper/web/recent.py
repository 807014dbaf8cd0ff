"""What costs much to compute is computed once for all readers of the next seconds."""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from archive.archive import Reader
from archive.database.rows import value
from archive.monitoring.coverage import SETTLED, Counts, Period, counts

MAX_AGE = timedelta(seconds=10)
"""How old a result may be that is shown."""
MAX_AGE_OF_SETTLED = timedelta(hours=1)
"""How old the counts of days may be that hardly change any more."""
MAX_RESULTS = 200
"""Results that are kept."""

_SHIFTING = ("tombstones", "merged_archives", "imported_files")
"""Tables whose new rows change the counts of settled days at once."""

Result = TypeVar("Result")

_results: dict[Hashable, tuple[datetime, Any]] = {}
_one_at_a_time = threading.RLock()  # what is computed may use results itself


def recent(
    compute: Callable[[], Result],
    archive: Path,
    *arguments: Hashable,
    now: datetime,
    max_age: timedelta = MAX_AGE,
) -> Result:
    """Return the result that the archive's file gave for these arguments less than `max_age` ago,
    else compute it. It is shared: nobody may change it.
    """
    file = archive.stat()
    key = (file.st_dev, file.st_ino, arguments)
    with _one_at_a_time:  # many readers of one page compute it once
        at, found = _results.get(key, (None, None))
        if at is None or not timedelta() <= now - at < max_age:
            found = compute()
            if len(_results) >= MAX_RESULTS:
                _results.clear()
            _results[key] = now, found
        return found  # type: ignore[return-value]


def recent_counts(reader: Reader, period: Period, site: str) -> Counts:
    """Count a site's stories per day: those of settled days once an hour, and again after a story
    was taken down, or a file or an archive came into this one.
    """
    if period.last > period.today() - SETTLED:
        return counts(reader, period, site)
    return recent(
        lambda: counts(reader, period, site),
        reader.path,
        *("counts", period.first, period.last, period.zone.key, period.late, site),
        *(value(reader.db, f"SELECT count(*) FROM {table}") for table in _SHIFTING),  # noqa: S608
        now=period.now,
        max_age=MAX_AGE_OF_SETTLED,
    )
