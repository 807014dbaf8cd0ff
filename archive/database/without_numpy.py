"""Imports sqlite-utils without NumPy and pandas, which it imports wherever it finds them, for the
types of their columns.

A short command would spend most of its time on that.
"""

import sys

_HIDDEN = {name: None for name in ("numpy", "pandas") if name not in sys.modules}

sys.modules.update(_HIDDEN)  # type: ignore[arg-type]  # an import of None fails
try:
    import sqlite_utils  # noqa: F401
finally:
    for name in _HIDDEN:
        del sys.modules[name]
