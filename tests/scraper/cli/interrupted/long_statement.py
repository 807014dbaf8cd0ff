"""Changes the program: `stats` is a statement of SQLite that takes minutes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from archive.revisions import queries

LONG = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000000)
    SELECT count(*) FROM n"""


def _stats(db: Any) -> Any:
    Path(os.environ["PAUSED"]).touch()
    return db.conn.execute(LONG).fetchall()


queries.stats = _stats
