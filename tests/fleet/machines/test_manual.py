"""The manual's chapter on fleets: its commands, run on one machine of a fleet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scraper.schedule.program import MAIN
from tests.documents import MANUAL, Block, blocks
from tests.fleet.machines.machine import Machine
from tests.fleet.machines.sites import Sites
from tests.fleet.servers import Server
from tests.scraper.schedule.newsrooms import HOSTS, WIB, Newsrooms
from tests.waiting import DEADLINE, until

pytestmark = pytest.mark.slow

CHAPTER = blocks(MANUAL / "fleet.md")
RUN = "tests: run by tests/fleet/machines/test_manual.py"
WORKER = "warta fleet worker"
GOOD = (0, 3)


@pytest.fixture
def machine(tmp_path: Path, postgresql: Server, database: str) -> Iterator[Machine]:
    now = datetime.now(WIB)
    with ExitStack() as ends:
        rooms = Newsrooms(now.date() - timedelta(days=2), 3, a_day=2)
        sites = ends.enter_context(Sites(rooms, now))
        (store := tmp_path / "store").mkdir()
        made = Machine(
            "jakarta-1", tmp_path, server=postgresql, database=database, sites=sites, store=store
        )
        yield ends.enter_context(made)


def _configure(machine: Machine) -> None:
    """Write the chapter's own warta.toml, with a store that is there, and one site."""
    (toml,) = (block.text for block in CHAPTER if block.language == "toml")
    off = "".join(f"[sites.{site}]\nenabled = false\n" for site in HOSTS if site != "islamtimes")
    text = toml.replace("/srv/warta", str(machine.store)) + off
    text = text.replace("you@example.org", "jakarta-1@example.org")
    machine.config.write_text(text + "[schedule]\njitter = 0\n", "utf-8")


def _environment(machine: Machine) -> dict[str, str]:
    shim = machine.folder / "bin/warta"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{MAIN}" "$@"\n')
    shim.chmod(0o700)
    return machine.environment | {"DSN": machine.dsn, "PATH": f"{shim.parent}:{os.environ['PATH']}"}


def _run(block: Block, machine: Machine, environment: dict[str, str]) -> None:
    for line in block.text.splitlines():
        if line.startswith(WORKER):
            machine.start()
            until(lambda: list(machine.store.glob("islamtimes/*.json")))  # a crawl has ended
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=machine.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode in GOOD, f"{line}\n{done.stdout}{done.stderr}"
        assert machine.dsn not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_the_chapters_commands_run_in_their_order(machine: Machine) -> None:
    _configure(machine)
    machine.names_database = False
    environment = _environment(machine)
    run = [block for block in CHAPTER if (block.mark or "").startswith(RUN)]
    assert len(run) >= 7
    for block in run:
        _run(block, machine, environment)
    assert machine.process is not None
    assert machine.process.wait(DEADLINE) == 0, "it was drained"
    assert (machine.folder / "private/dsn").stat().st_mode & 0o077 == 0
    assert re.search(r"User=\w+", (machine.folder / "units/warta-worker.service").read_text())
