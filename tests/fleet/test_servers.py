"""The tests' own PostgreSQL: what the tests of a fleet rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fleet import servers
from tests.fleet.servers import PASSWORD, Server
from tests.waiting import DEADLINE, until


def test_each_database_is_empty(dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        (tables,) = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone() or (None,)
    assert tables == 0


def test_a_filled_database_is_made_once_and_copied(postgresql: Server) -> None:
    made = []

    def fill(server: Server, name: str) -> None:
        made.append(name)
        with server.connect(name) as connection:
            connection.execute("CREATE TABLE stories (id integer)")

    for _turn in range(2):
        with servers.filled(postgresql, fill) as name, postgresql.connect(name) as connection:
            assert connection.execute("INSERT INTO stories VALUES (1)").rowcount == 1
            assert connection.execute("SELECT count(*) FROM stories").fetchone() == (1,)
    assert len(made) == 1


def test_a_wrong_password_is_refused(postgresql: Server) -> None:
    import psycopg

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgresql.dsn("postgres", password="salah"))
    psycopg.connect(postgresql.dsn("postgres", password=PASSWORD)).close()


def test_it_ends_with_the_tests_even_if_they_are_killed() -> None:
    servers.skip_without_postgresql()
    code = (
        "from tests.fleet.servers import running\n"
        "with running() as server:\n"
        "    print(server.folder, (server.folder / 'data/postmaster.pid').read_text().split()[0])\n"
        "    import sys; sys.stdout.flush(); sys.stdin.read()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    folder, pid = tests.stdout.readline().split()
    assert Path(f"/proc/{pid}").exists() or sys.platform != "linux"
    tests.send_signal(signal.SIGKILL)
    assert tests.wait(DEADLINE) == -signal.SIGKILL
    until(lambda: not Path(folder).exists())
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    for stream in (tests.stdin, tests.stdout):
        assert stream is not None
        stream.close()
