"""Found by every Python that `.ci/later/run` starts, before it runs anything else: `time.sleep` with libfaketime.

From 3.11 on Python sleeps until a moment of the monotonic clock, which libfaketime 0.9.10 (that of Debian and Ubuntu) takes for one of
the clock that it moves: clock_nanosleep answers EINVAL. With the monotonic clock moved too, waits for a lock would last for years.
"""

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), seconds)


time.sleep = _sleep
