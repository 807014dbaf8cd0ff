"""What the program's own commands and metrics say of an archive at a simulated time."""

from __future__ import annotations

import importlib
import json
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from scraper.cli.main import main

CLOCKS = ("scraper.cli.running.health", "scraper.cli.running.coverage", "scraper.cli.schedule.show")
"""Commands whose outermost layer asks what time it is."""


def clock_at(now: datetime) -> type[datetime]:
    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now.astimezone(tz)

    return Then


def warta(now: datetime, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """(exit code, rows) of a command with --json."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CLOCKS:
            patch.setattr(importlib.import_module(name), "datetime", clock_at(now))
        done = CliRunner().invoke(main, [*words, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def metrics(file: Path) -> dict[str, dict[tuple[str, ...], float]]:
    """name -> values of the labels, by the labels' names -> value, as the Prometheus client reads
    the file.
    """
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(file.read_text("utf-8")):
        for sample in family.samples:
            found.setdefault(sample.name, {})[
                tuple(value for _name, value in sorted(sample.labels.items()))
            ] = sample.value
    return found
