"""Programs of others that read what warta writes; each in an environment of its own, for what they
need does not fit beside warta. `.ci/run` installs them; without one its tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("PEERS_FOLDER", ROOT / ".venv" / "peers"))
"""An environment a program, named after it."""


def peer(name: str, command: str) -> Path:
    """Return a command of a program; skips the test where it is not installed."""
    found = FOLDER / name / "bin" / command
    if not found.exists():
        pytest.skip(f"{name} is not installed in {FOLDER}, which $PEERS_FOLDER names")
    return found
