"""PostgreSQL for the tests: a server of their own in a temporary folder, a new database each.

Debian's programs (`postgresql-15`) are enough, no system cluster is touched. The server listens on
loopback and on a socket in its folder, asks for a password on loopback, never syncs to disk, and
ends with the process that started it, however that ends.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOBODY
from tests.waiting import DEADLINE

USER, PASSWORD = "warta", "kata-sandi-rahasia"
"""The password must never be seen in anything that warta writes."""

_GUARD = """exec 3<&0
"$@" 3<&- & server=$!
trap 'kill -QUIT $server; wait $server; rm -rf "$FOLDER"; exit' TERM
{ read -r _ <&3; kill -TERM $$; } &
wait $server; kill $!"""
"""Runs a server until its standard input ends, as it does with the tests, also with killed ones."""

_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL server that runs."""

    folder: Path
    """Its data, its socket and its log."""
    port: int

    def dsn(self, database: str, *, port: int | None = None, password: str = PASSWORD) -> str:
        """The address of a database over TCP; with another port, that of a proxy."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{port or self.port}/{database}"

    def connect(self, database: str = "postgres") -> Any:
        """A connection whose statements are committed one by one, by the socket."""
        import psycopg

        return psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=database, autocommit=True
        )

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The name of a new database, which is dropped with its connections."""
        name = f"warta_{next(_NUMBERS)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs, the newest version's if none is in PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name)
    )
    folders = os.pathsep.join([os.environ.get("PATH", ""), *map(str, reversed(versions))])
    return shutil.which(name, path=folders)


def skip_without_postgresql() -> None:
    """Skip the test where there is no server or no driver."""
    pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")
    if program("initdb") is None or program("postgres") is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql-15)")


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and end it with all its connections."""
    for _attempt in range(5):  # another process may take the port first
        server = Server(folder=Path(tempfile.mkdtemp(prefix="warta-pg-")), port=free_port())
        _initialise(server.folder)
        guard = _start(server)
        try:
            if _answers(server, guard):
                yield server
                return
            log = (server.folder / "log").read_text(errors="replace")
        finally:
            assert guard.stdin is not None
            guard.stdin.close()
            guard.wait(DEADLINE)
            shutil.rmtree(server.folder, ignore_errors=True)
    pytest.fail(f"PostgreSQL does not start:\n{log}")


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _as_another_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _initialise(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)  # its folder is closed to others
    subprocess.run(
        [
            *(program("initdb") or "", "--pgdata", str(folder / "data"), "--username", USER),
            *("--pwfile", str(secret), "--auth-local=trust", "--auth-host=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        timeout=DEADLINE,
        **_as_another_user(),
    )


def _start(server: Server) -> subprocess.Popen[bytes]:
    folder = server.folder
    options = {
        **_QUICK,
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": str(folder),
    }
    command = [program("postgres") or "", "-D", str(folder / "data")]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            ["sh", "-c", _GUARD, "sh", *command],
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "FOLDER": str(folder)},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C passes it by
            **_as_another_user(),
        )


def _answers(server: Server, guard: subprocess.Popen[bytes]) -> bool:
    """Whether the server takes connections; False once it has ended."""
    import psycopg

    while guard.poll() is None:
        with suppress(psycopg.OperationalError):
            server.connect().close()
            return True
        time.sleep(0.02)
    return False


Fill = Callable[[Server, str], None]


@cache
def _template(server: Server, fill: Fill) -> str:
    """The name of a database that a function has filled, once for all tests of the server."""
    name = f"template_{next(_NUMBERS)}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    fill(server, name)
    return name


def filled(server: Server, fill: Fill) -> Any:
    """A new database as a function has filled it."""
    return server.database(_template(server, fill))
