"""`python -P quick.py`: `warta` whose fleet looks, reports and tries again five times as often.

Leases are shorter by as much: a worker that died is noticed after as many of them as users' are.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from scraper.fleet import jobs

FACTOR = 5

jobs.LOOK /= FACTOR
jobs.BUSY /= FACTOR
jobs.HEARTBEAT /= FACTOR
jobs.STALLED /= FACTOR

from scraper.fleet import worker  # noqa: E402 - after the times that it takes over

worker._FAILED /= FACTOR
worker._PUSH /= FACTOR
worker._POLL /= FACTOR
worker._AGAIN /= FACTOR

if __name__ == "__main__":
    from scraper.cli.main import main

    main(prog_name="warta")
