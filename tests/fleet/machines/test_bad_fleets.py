"""Fleets that cannot work: each is one plain line that says what is wrong, without the password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scraper.cli.main import main
from tests.fleet.servers import PASSWORD, Server, free_port

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

Run = Callable[..., Result]
COMMANDS = ("init", "status", "worker", "drain utama", "crawl suara")
ONCE = "INSERT INTO warta_workers (name, run, host, pid, born, version, schema) VALUES"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (made := tmp_path / "store").mkdir()
    return made


@pytest.fixture
def fleet(tmp_path: Path, store: Path, dsn: str) -> Run:
    """Run a command of a fleet; by default of one whose database is empty."""
    config = tmp_path / "warta.toml"
    config.write_text(f'contact = "uji@example.org"\n[fleet]\nstore = "{store}"\nname = "utama"\n')

    def run(words: str, *, at: str = dsn, more: str = "") -> Result:
        with config.open("a") as file:
            file.write(more)
        given = ["--config", str(config), "fleet", *words.split()]
        return CliRunner().invoke(main, given, env={"WARTA_FLEET_DSN": at})

    return run


@pytest.fixture
def made(fleet: Run) -> Run:
    """A fleet that is set up."""
    done = fleet("init")
    assert done.exit_code == 0, done.output
    return fleet


def refused(done: Result, *words: str) -> None:
    """The command failed with one line that has these words, and nothing secret."""
    assert done.exit_code in (1, 2), done.output
    lines = done.stderr.strip().splitlines()
    text = " ".join(lines)
    assert lines[0].startswith(("Error: ", "Usage: ")), done.output
    for word in words:
        assert word in text, text
    assert PASSWORD not in done.output
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_down(fleet: Run, postgresql: Server, command: str) -> None:
    nowhere = postgresql.dsn("warta", port=free_port())
    refused(fleet(command, at=nowhere), "the fleet's database", "connection refused")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("address", [f"warta {PASSWORD}", f"postgres://warta:{PASSWORD}@[db/x"])
def test_an_address_that_is_none(fleet: Run, command: str, address: str) -> None:
    refused(fleet(command, at=address), "connection string of PostgreSQL")


def test_a_wrong_password(fleet: Run, postgresql: Server, database: str) -> None:
    wrong = postgresql.dsn(database, password="salah-sekali")
    done = fleet("status", at=wrong)
    refused(done, "refuses the password")
    assert "salah-sekali" not in done.output


def test_a_database_that_does_not_exist(fleet: Run, postgresql: Server) -> None:
    refused(fleet("status", at=postgresql.dsn("tidak_ada")), "the fleet's database", "no ")


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "init"])
def test_a_database_without_a_fleet(fleet: Run, store: Path, command: str) -> None:
    refused(fleet(command), "it holds no fleet: run `warta fleet init`")


def test_a_database_of_another_program(fleet: Run, postgresql: Server, database: str) -> None:
    with postgresql.connect(database) as connection:
        connection.execute("CREATE TABLE procrastinate_jobs (id bigint)")
    refused(fleet("init"), "another program")


@pytest.mark.parametrize(
    ("change", "said"),
    [("needs = 99", "upgrade warta on this machine"), ("version = 0", "run `warta fleet init`")],
)
@pytest.mark.parametrize("command", ["status", "worker"])
def test_tables_of_another_version(
    made: Run, postgresql: Server, database: str, change: str, said: str, command: str
) -> None:
    with postgresql.connect(database) as connection:
        connection.execute(f"UPDATE warta_fleet SET {change}")
    refused(made(command), said)


@pytest.mark.parametrize("command", ["init", "worker"])
def test_two_fleets_of_one_store(made: Run, postgresql: Server, store: Path, command: str) -> None:
    with postgresql.database() as other:
        made("init", at=postgresql.dsn(other))
        refused(made(command, at=postgresql.dsn(other)), "belongs to another fleet")


def test_two_fleets_of_one_database(made: Run, tmp_path: Path) -> None:
    (other := tmp_path / "other").mkdir()
    (other / "fleet.json").write_text('{"fleet": "11111111-1111-4111-8111-111111111111"}')
    config = tmp_path / "warta.toml"
    config.write_text(config.read_text().replace(str(tmp_path / "store"), str(other)))
    refused(made("worker"), "store")


def test_a_store_that_is_not_mounted(made: Run, store: Path) -> None:
    (store / "fleet.json").unlink()
    refused(made("worker"), "store", "mounted")
    store.rmdir()
    refused(made("worker"), "store", "mounted")


def test_a_store_that_is_a_file(fleet: Run, store: Path) -> None:
    store.rmdir()
    store.write_text("")
    refused(fleet("init"), str(store))


def test_a_worker_started_twice_under_one_name(
    made: Run, postgresql: Server, database: str
) -> None:
    with postgresql.connect(database) as connection:
        connection.execute(
            f"{ONCE} ('utama', gen_random_uuid(), 'mesin-lain', 4711, 'x', '0.1.0', 8)"
        )
    refused(made("worker"), "a worker named utama is running (mesin-lain, PID 4711", "--name")


def test_a_worker_that_does_not_exist_is_not_drained(made: Run) -> None:
    refused(made("drain jakarta-9"), "no worker named jakarta-9")


def test_without_a_configured_fleet_the_commands_say_so(tmp_path: Path) -> None:
    config = tmp_path / "warta.toml"
    config.write_text("")
    for command in COMMANDS:
        given = ["--config", str(config), "fleet", *command.split()]
        done: Any = CliRunner().invoke(main, given, env={"WARTA_FLEET_DSN": None})
        refused(done, "no fleet is configured")
