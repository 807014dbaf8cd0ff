"""`python -P child.py`: `warta` in a process that ends when the one that started it does.

Its standard input is a pipe that nobody writes to: it reaches its end when the parent closes the
other end or dies, even by SIGKILL.
"""

import os
import sys
from pathlib import Path
from threading import Thread


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    # At once, like a kill: the archive survives it, and another schedule may be waiting.
    os._exit(1)


if __name__ == "__main__":
    # Before any other import: those take a second, in which the schedule may be killed.
    Thread(target=_end_with_parent, daemon=True).start()

    if (root := str(Path(__file__).parents[2])) not in sys.path:
        sys.path.insert(0, root)

    from scraper.cli.main import LockedOut, main
    from scraper.schedule.processes import LOCKED_OUT

    sys.argv[0] = "warta"
    LockedOut.exit_code = LOCKED_OUT
    main(prog_name="warta")
