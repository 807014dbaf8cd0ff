"""Changes the program: the function that PAUSE names (`module:function`) waits in its PAUSE_AT-th
call, once it has made the file PAUSED, until Ctrl-C; with CLEANING, another file, also afterwards,
as if there were much to clean up.
What Ctrl-C does not interrupt goes on once there is the file RESUMED.
"""

from __future__ import annotations

import importlib
import os
import time
from itertools import count
from pathlib import Path
from typing import Any

_module, _, _name = os.environ["PAUSE"].partition(":")
_place = importlib.import_module(_module)
_function, _calls = getattr(_place, _name), count(1)
_at = int(os.environ.get("PAUSE_AT", "1"))


def _paused(*given: Any, **named: Any) -> Any:
    if next(_calls) == _at:
        try:
            _wait("PAUSED")
        except KeyboardInterrupt:
            if "CLEANING" in os.environ:
                _wait("CLEANING")
            raise
    return _function(*given, **named)


def _wait(file: str) -> None:
    Path(os.environ[file]).touch()
    while not Path(os.environ.get("RESUMED", "never")).exists():
        time.sleep(0.05)


setattr(_place, _name, _paused)
