"""How warta is started: no file in the working folder is taken for one of its modules.

`python -m` puts the working folder before all others, where a file called `archive.py` or
`logging.py` would be imported in place of the real one.
"""

import os
import shutil
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
MAIN = _PACKAGE / "__main__.py"
CHILD = _PACKAGE / "cli" / "child.py"
"""`warta` in a process that ends when its parent does."""


def program() -> list[str]:
    """Return the installed `warta` by its absolute path; where there is none, a like command."""
    started, interpreter = Path(sys.argv[0]), Path(sys.executable)
    folders = [started.parent] if os.sep in sys.argv[0] else []
    found = shutil.which("warta", path=os.pathsep.join(map(str, [*folders, interpreter.parent])))
    return [str(Path(found).absolute())] if found else script(MAIN)


def script(file: Path) -> list[str]:
    """Return the command that runs MAIN or CHILD, which find the packages by their own place."""
    return [sys.executable, "-P", str(file)]
