"""Makes `time.sleep` work with libfaketime; imported by every Python that `.ci/later/run` starts.

From 3.11 on Python sleeps until a time of the monotonic clock, which libfaketime 0.9.10 (that of
Debian and Ubuntu) takes for a time of the clock that it moves: clock_nanosleep answers EINVAL. If
the monotonic clock were moved, too, waits for a lock would last for years.
"""

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), seconds)


time.sleep = _sleep
