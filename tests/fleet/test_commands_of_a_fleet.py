"""The commands of a fleet: what they show, and what is wrong in one line, without the password."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from scraper.cli.main import main
from tests.fleet.servers import PASSWORD

pytest.importorskip("psycopg", reason="the extra `fleet` is not installed")

import psycopg

Fleet = Callable[..., Result]


@pytest.fixture
def fleet(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Run `warta fleet` in a folder whose configuration names a database and a store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WARTA_FLEET_DSN", dsn)
    (tmp_path / "store").mkdir()
    (tmp_path / "warta.toml").write_text(f'[fleet]\nstore = "{tmp_path / "store"}"\n')

    def run(*words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(main, ["fleet", *words])
        assert done.exit_code == code, done.output
        assert PASSWORD not in done.output
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def execute(dsn: str) -> Callable[[str], None]:
    def run(statement: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement)

    return run


WORKER = """
INSERT INTO warta_workers (name, run, host, pid, born, version, schema, clock_off)
VALUES ('jakarta-1', gen_random_uuid(), 'tuan-rumah', 17, '', '0.1.0', 8, '{clock}')
"""
SITES = """
INSERT INTO warta_leases (site, token, holder, taken_at, ends_at)
VALUES ('suara', 3, 'worker jakarta-1 (tuan-rumah, PID 18)', now(), now() + interval '1 hour');
INSERT INTO warta_sites (site, began_at, worker, crawl) VALUES ('suara', now(), 'jakarta-1', 3);
INSERT INTO warta_sites (site, began_at, ended_at, ended, exit_code, why, failures, worker, crawl)
VALUES ('rmol', now(), now(), 'overloaded', 1, NULL, 2, 'jakarta-1', 1)
"""


def test_a_fleet_is_set_up_once_and_may_be_set_up_again(fleet, tmp_path):
    first = fleet("init").stdout
    assert first.startswith("The fleet is ready (")
    assert fleet("init").stdout == first
    assert len(list((tmp_path / "store").iterdir())) == 1


def test_the_status_shows_workers_sites_and_what_failed(fleet, execute):
    fleet("init")
    empty = fleet("status")
    assert "No worker has run yet" in empty.stderr
    assert empty.stdout.count(" due ") == 5
    execute(WORKER.format(clock="5 hours"))
    execute(SITES)
    shown = fleet(code=3).stdout
    assert shown.splitlines()[1].split()[:4] == ["jakarta-1", "running", "tuan-rumah", "1"]
    assert "rmol: 2 failed in a row: " in shown
    assert "the clock of worker jakarta-1 is 5 hours ahead of the database's" in shown
    rows = [json.loads(line) for line in fleet("status", "--json", code=3).stdout.splitlines()]
    by_name = {row.get("site", row["worker"]): row for row in rows if row["kind"] != "incident"}
    assert (by_name["jakarta-1"]["kind"], by_name["jakarta-1"]["crawls"]) == ("worker", 1)
    assert (by_name["suara"]["kind"], by_name["suara"]["state"]) == ("site", "crawling")
    assert (by_name["rmol"]["state"], by_name["rmol"]["ended"]) == ("waiting", "overloaded")
    assert by_name["medcom"]["state"] == "due"
    execute("UPDATE warta_workers SET seen_at = now() - interval '1 hour'")
    assert "stalled" in fleet("status", code=3).stdout


def test_what_others_wrote_into_the_database_is_shown_as_text(fleet, execute):
    fleet("init")
    execute(WORKER.format(clock="0"))
    execute(SITES)
    execute("UPDATE warta_workers SET host = repeat('h', 500) || E'\\x1b[2J', version = E'\\u009b'")
    execute("UPDATE warta_sites SET why = E'\\x1b]0;judul\\x07' WHERE site = 'rmol'")
    execute("INSERT INTO warta_leases (site, token) VALUES (E'a\\r\\x1b', 1)")
    for words in (("status",), ("status", "--json")):
        shown = fleet(*words, code=3).stdout
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\r"}


def test_times_beyond_pythons_are_one_sentence(fleet, execute):
    fleet("init")
    execute(WORKER.format(clock="0"))
    execute("UPDATE warta_workers SET seen_at = 'infinity'")
    assert "it holds times that cannot be read" in fleet("status", code=1).stderr


def test_a_worker_that_is_not_there_is_drained_at_once(fleet, execute):
    fleet("init")
    execute(WORKER.format(clock="0"))
    execute("UPDATE warta_workers SET seen_at = now() - interval '1 hour'")
    assert "jakarta-1 does not run; its sites are free" in fleet("drain", "jakarta-1").stderr
    unknown = fleet("drain", "bandung", code=1)
    assert unknown.stderr == "Error: the fleet has no worker named bandung; there are jakarta-1\n"


def test_a_running_worker_drains_without_being_waited_for(fleet, execute, dsn):
    fleet("init")
    execute(WORKER.format(clock="0"))
    assert fleet("drain", "jakarta-1", "--stop", "--no-wait").stdout == "jakarta-1 is draining.\n"
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT draining FROM warta_workers").fetchone() == ("stop",)


def test_a_worker_that_dies_while_it_drains_has_not_ended(fleet, execute, monkeypatch):
    def dies(_seconds: float) -> None:
        execute("UPDATE warta_workers SET seen_at = now() - interval '1 hour'")

    fleet("init")
    execute(WORKER.format(clock="0"))
    monkeypatch.setattr("scraper.cli.fleet.drain.time", SimpleNamespace(sleep=dies))
    execute("UPDATE warta_workers SET seen_at = now() + interval '1 hour'")
    drained = fleet("drain", "jakarta-1", code=1)
    assert "has ended" not in drained.stdout
    assert "jakarta-1 shows no sign of life any more, and has not ended" in drained.stderr


def test_the_store_of_a_lost_database_is_given_to_a_new_one_and_to_no_other(fleet, execute):
    ours = fleet("init").stdout
    execute("INSERT INTO warta_sites (site) VALUES ('suara')")
    execute("UPDATE warta_fleet SET id = gen_random_uuid()")
    assert "the store belongs to another fleet" in fleet("crawl", "rmol", code=1).stderr
    assert "--adopt needs a new one" in fleet("init", "--adopt", code=1).stderr
    execute("DELETE FROM warta_sites")
    assert fleet("init", "--adopt").stdout == ours


def test_a_worker_needs_a_store_a_name_and_a_folder(fleet, tmp_path, monkeypatch):
    fleet("init")
    assert "names no worker" in fleet("worker", "--name", "a b", code=2).stderr
    (tmp_path / "taken").write_text("")
    said = fleet("worker", "--folder", "taken/below", code=1).stderr
    assert "taken/below: the folder cannot be made (Not a directory)" in said
    (tmp_path / "warta.toml").write_text("")
    assert "no store is configured" in fleet("worker", code=2).stderr


def test_the_configuration_does_not_show_the_database(fleet):
    shown = CliRunner().invoke(main, ["config"])
    assert "fleet.dsn " in shown.stdout
    assert PASSWORD not in shown.output
