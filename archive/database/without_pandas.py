"""Imports sqlite-utils without pandas, which it imports wherever it finds it, for a column type.

Half of the time in which a short command starts would be spent on that.
"""

import sys

if "pandas" not in sys.modules:
    sys.modules["pandas"] = None  # type: ignore[assignment]  # an import fails
    try:
        import sqlite_utils  # noqa: F401
    finally:
        del sys.modules["pandas"]
