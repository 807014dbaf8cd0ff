"""`python -m scraper.cli.child`: `warta` in a process that ends when the one that started it does,
even if that is killed.

Its standard input is a pipe that nobody writes to: it ends when its other end is closed, which a
killed process does, too.
"""

import os
import sys
from threading import Thread


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(
        1
    )  # at once, as a kill would: the archive takes no harm, and another schedule may be waiting


if __name__ == "__main__":
    # Before anything else is imported: a second is long enough for a schedule to be killed in.
    Thread(target=_end_with_parent, daemon=True).start()

    from scraper.cli.main import LockedOut, main
    from scraper.schedule.processes import LOCKED_OUT

    sys.argv[0] = "warta"
    LockedOut.exit_code = LOCKED_OUT
    main(prog_name="warta")
