"""Without `[fleet]` nothing changes, and nothing new is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import Locked
from scraper.configuration import Fleet
from scraper.configuration.loading import fleet_alone
from scraper.crawling.middlewares.wire import guard_writes
from scraper.politeness import leases

FOREIGN = ("psycopg", "procrastinate", "fsspec", "scraper.fleet")
_IMPORTS = """
import sys
from scraper.cli.main import main, COMMANDS
import scraper.cli.crawling.crawl, scraper.cli.crawling.doctor, scraper.cli.crawling.sites_new
import scraper.cli.schedule.run, scraper.cli.schedule.once
from scraper.politeness.leases import take
with take("suara") as lease:
    assert lease.is_held() and not lease.is_lost() and lease.claim is None
print([name for name in sys.modules if name.startswith({foreign!r})])
"""


def test_nothing_of_a_fleet_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS.format(foreign=FOREIGN)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_lease_is_the_lock_of_the_machine_and_re_entrant() -> None:
    with leases.take("suara", fleet=Fleet()) as outer:
        with leases.take("suara") as inner:
            assert inner is outer
        assert outer.is_held()
        code = "from scraper.politeness.leases import take; take('suara')"
        other = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
        assert f"{Locked.__name__}: suara: another process is crawling this site" in other.stderr
    with leases.take("suara") as again:
        assert again is not outer


def test_a_process_of_scrapys_own_command_finds_the_fleet_of_the_configuration(tmp_path) -> None:
    file = tmp_path / "warta.toml"
    file.write_text("[fleet]\ndsn = 'host=db'\nlease = 12\n[sites.unknown]\nlimit = 3\n")
    found = fleet_alone({"WARTA_CONFIG": str(file)})
    assert (found.is_configured, found.lease) == (True, 12)
    assert fleet_alone({"WARTA_FLEET_DSN": "host=db"}).is_configured
    file.write_text("contact = 'me'\n")
    assert not fleet_alone({"WARTA_CONFIG": str(file)}).is_configured


class Transport:
    """The socket below a connection."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def writeSomeData(self, data: bytes) -> int:
        self.sent.append(data)
        return len(data)


class Encrypted:
    """A layer above it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_nothing_reaches_the_socket_once_the_lease_has_run_out(layers: int) -> None:
    class Protocol:
        def makeConnection(self, transport: object) -> None:
            self.transport = transport

    held, socket = [True], Transport()
    above: object = socket
    for _layer in range(layers):
        above = Encrypted(above)  # type: ignore[arg-type]
    protocol = Protocol()
    guard_writes(protocol, lambda: held[0])
    protocol.makeConnection(above)
    assert protocol.transport is above
    assert socket.writeSomeData(b"GET / HTTP/1.1") == 14
    held[0] = False
    refused = socket.writeSomeData(b"Host: suara.com")  # the rest of the same request
    assert isinstance(refused, Exception)
    assert socket.sent == [b"GET / HTTP/1.1"]
