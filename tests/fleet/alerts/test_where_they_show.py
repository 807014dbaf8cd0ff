"""Incidents of a fleet in `warta fleet status`, `warta health`, `warta metrics` and `warta alerts
send`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scraper.cli.main import main
from tests.fleet.servers import PASSWORD, Server, free_port
from tests.scraper.monitoring.alerts.receivers import Receiver

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

Run = Callable[..., Result]
STALLED = (
    "INSERT INTO warta_workers (name, run, host, pid, born, version, schema, seen_at) VALUES"
    " ('cadangan', gen_random_uuid(), 'mesin-2', 4711, '', '0.1.0', 8, now() - interval '1 hour')"
)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def fleet(tmp_path: Path, dsn: str, hook: Receiver) -> Run:
    """Run a command on a machine of a fleet; `at`: another address of its database."""
    (tmp_path / "store").mkdir()
    config = tmp_path / "warta.toml"
    config.write_text(
        f'[fleet]\nstore = "{tmp_path / "store"}"\nname = "utama"\n'
        f'[alerts]\nwebhook = "{hook.url}"\n'
    )

    def run(*words: str, at: str = dsn) -> Result:
        environment = {"WARTA_FLEET_DSN": at, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = CliRunner().invoke(main, ["--config", str(config), *words], env=environment)
        assert PASSWORD not in done.output
        assert "Traceback" not in done.output
        return done

    assert run("fleet", "init").exit_code == 0
    return run


@pytest.fixture
def stalled(fleet: Run, postgresql: Server, database: str) -> Run:
    """A fleet one of whose workers has not reported for an hour."""
    with postgresql.connect(database) as connection:
        connection.execute(STALLED)
    return fleet


def test_status_shows_them(stalled: Run) -> None:
    done = stalled("fleet", "status")
    assert done.exit_code == 3
    assert "worker_stalled: worker cadangan has not reported since" in " ".join(done.output.split())
    rows = [json.loads(line) for line in stalled("fleet", "status", "--json").stdout.splitlines()]
    (found,) = (row for row in rows if row["kind"] == "incident")
    assert (found["incident"], found["worker"]) == ("worker_stalled", "cadangan")


def test_health_has_a_row_for_the_fleet(stalled: Run) -> None:
    done = stalled("health", "--json")
    assert done.exit_code == 3
    (row,) = (row for row in map(json.loads, done.stdout.splitlines()) if row.get("fleet"))
    assert [each["kind"] for each in row["incidents"]] == ["worker_stalled"]
    assert "fleet: unhealthy since" in stalled("health").output


def test_health_says_that_the_database_does_not_answer(fleet: Run, postgresql: Server) -> None:
    done = fleet("health", "--json", at=postgresql.dsn("warta", port=free_port()))
    (row,) = (row for row in map(json.loads, done.stdout.splitlines()) if row.get("fleet"))
    assert [each["kind"] for each in row["incidents"]] == ["database_unreachable"]


def test_metrics_count_them(stalled: Run, postgresql: Server) -> None:
    text = stalled("metrics").stdout
    assert 'warta_fleet_incident{kind="worker_stalled",worker="cadangan"} 1.0' in text
    assert 'warta_fleet_workers{state="stalled"} 1.0' in text
    assert "warta_fleet_up 1.0" in text
    silent = stalled("metrics", at=postgresql.dsn("warta", port=free_port())).stdout
    assert "warta_fleet_up 0.0" in silent


def test_alerts_are_sent_once_from_whichever_machine(
    stalled: Run, hook: Receiver, postgresql: Server, database: str
) -> None:
    for _turn in range(2):
        assert stalled("alerts", "send").exit_code == 0
    assert hook.received == [("began", "worker_stalled", None)]
    with postgresql.connect(database) as connection:
        connection.execute("UPDATE warta_workers SET ended_at = now()")
    for _turn in range(2):
        assert stalled("alerts", "send").exit_code == 0
    assert [state for state, *_rest in hook.received] == ["began", "ended"]


def test_a_database_that_is_down_is_one_line(fleet: Run, postgresql: Server) -> None:
    done = fleet("alerts", "send", at=postgresql.dsn("warta", port=free_port()))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: the fleet's database: nothing answers there")
