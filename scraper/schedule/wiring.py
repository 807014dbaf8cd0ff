"""What is hung on the schedule's hooks: alerts and metrics."""

from __future__ import annotations

from pathlib import Path

from scraper.configuration import Configuration
from scraper.schedule.schedule import Hooks


def wired(configuration: Configuration, archive: Path) -> Hooks:
    """The hooks that the configuration asks for; raises an ArchiveError with a sentence where one cannot work at all."""
    del configuration, archive
    return Hooks()
