"""Reading a fleet: its archives come out of the store, whichever machine they were made on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.fleet.collect import collect
from scraper.cli.main import main
from scraper.fleet.store import Replicas, open_store
from scraper.fleet.store.cache import Cache
from tests.archive.database.test_migrations import add_a_migration
from tests.archive.invented import HOUR, NOW
from tests.fleet.stores import claimed, crawled, stories

SITES = ("suara", "rmol")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replicas:
    """A store with two sites, and the configuration that names it in the working folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "warta.toml").write_text(f'[fleet]\nstore = "{tmp_path}/store"\n')
    store = claimed(str(tmp_path / "store"))
    for number, site in enumerate(SITES, 1):
        store.push(site, crawled(tmp_path / "work" / f"{site}.db", number, site=site), 1, now=NOW)
    return store


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def rows(*words: str) -> list[dict[str, object]]:
    done = run(*words, "--json")
    assert done.exit_code in (0, 3), done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_all_sites_become_one_archive_and_later_what_is_new(
    folder: Replicas, tmp_path: Path
) -> None:
    first = CliRunner().invoke(collect, ["semua.db"])
    assert first.exit_code == 0, first.output
    assert stories(Path("semua.db")) == ["1", "2"]
    work = crawled(tmp_path / "work" / "rmol.db", 3, at=NOW + HOUR, site="rmol")
    folder.push("rmol", work, 2, now=NOW)
    assert CliRunner().invoke(collect, ["semua.db"]).exit_code == 0
    assert stories(Path("semua.db")) == ["1", "2", "3"]
    again = CliRunner().invoke(collect, ["semua.db"])
    assert "Nothing is new" in again.stderr


def test_what_was_crawled_and_never_pushed_is_collected_too(
    folder: Replicas, tmp_path: Path
) -> None:
    here, there = tmp_path / "work" / "rmol.db", tmp_path / "other" / "rmol.db"
    crawled(here, 3, at=NOW + HOUR, site="rmol")
    folder.fetch("rmol", there)
    folder.push("rmol", crawled(there, 4, at=NOW + 2 * HOUR, site="rmol"), 2, now=NOW)
    folder.fetch("rmol", here)
    done = CliRunner().invoke(collect, ["semua.db", "--json"])
    assert done.exit_code == 0, done.output
    assert stories(Path("semua.db")) == ["1", "2", "3", "4"]
    assert "1 archive that was never pushed" in done.stderr


def test_some_sites_alone_and_no_store_or_nothing_in_it(folder: Replicas, tmp_path: Path) -> None:
    assert CliRunner().invoke(collect, ["rmol.db", "--site", "rmol"]).exit_code == 0
    assert stories(Path("rmol.db")) == ["2"]
    none = run("fleet", "collect", "medcom.db", "--site", "medcom")
    assert (none.exit_code, none.stderr.count("\n")) == (1, 1)
    assert "the store has no archive" in none.stderr
    (tmp_path / "warta.toml").unlink()
    unset = run("fleet", "collect", "semua.db")
    assert (unset.exit_code, "no store is configured" in unset.stderr) == (2, True)


def test_copies_that_a_command_reads_stay_until_it_ends(folder: Replicas, tmp_path: Path) -> None:
    first, second = (Cache(folder, tmp_path / "copies") for _ in range(2))
    with first.refreshed(note=print) as copies:
        work = crawled(tmp_path / "work" / "rmol.db", 3, at=NOW + HOUR, site="rmol")
        folder.push("rmol", work, 2, now=NOW)
        with second.refreshed(note=print) as newer:
            assert {copy.path for copy in newer} != {copy.path for copy in copies}
        assert all(copy.path.exists() for copy in copies)
    with second.refreshed(note=print) as newer:
        assert {*(tmp_path / "copies").glob("*/*")} == {copy.path for copy in newer}


def _zeros(copy: Path) -> None:
    copy.write_bytes(b"\0" * copy.stat().st_size)


def _cut(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-9])


def _folder_in_its_place(copy: Path) -> None:
    copy.unlink()
    copy.mkdir()


def _broken_manifest(copy: Path) -> None:
    copy.with_name(copy.name.replace(".db.zst", ".json")).write_text("{")


def _too_large(copy: Path) -> None:
    manifest = copy.with_name(copy.name.replace(".db.zst", ".json"))
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"size": 10**15 - 1}))


DAMAGE = [_zeros, _cut, Path.unlink, _folder_in_its_place, _broken_manifest, _too_large]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_copy_of_one_site_does_not_matter_to_another(
    folder: Replicas, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    (copy,) = (tmp_path / "store" / "suara").glob("*.zst")
    damage(copy)
    health = run("health", "--json")
    sites = [json.loads(line)["site"] for line in health.stdout.splitlines()]
    assert (health.exit_code, len(sites), "suara" in sites) == (1, 4, False)
    assert _is_one_line(health, "it is left out")
    metrics = run("metrics")
    assert 'warta_articles{site="rmol"} 1.0' in metrics.stdout
    assert "warta_collect_success 0.0" in metrics.stdout
    assert metrics.exit_code == 1
    collected = run("fleet", "collect", "semua.db", "--json")
    assert (collected.exit_code, stories(Path("semua.db"))) == (1, ["2"])
    assert [row["site"] for row in rows("health", "--site", "rmol")] == ["rmol"]
    alone = run("fleet", "collect", "suara.db", "--site", "suara")
    assert (alone.exit_code, alone.stderr.count("\n")) == (1, 2)
    assert "no archive in the store can be read" in alone.stderr


def _is_one_line(done: Result, instead: str) -> bool:
    """Whether one line says what is wrong with Suara, and what is read instead."""
    (line,) = done.stderr.splitlines()
    return line.startswith("suara: ") and line.endswith(instead)


def test_of_a_site_whose_newest_copy_is_damaged_the_earlier_one_that_is_here_is_read(
    folder: Replicas, tmp_path: Path
) -> None:
    notes: list[str] = []
    cache = Cache(folder, tmp_path / "copies")
    cache.whole(now=NOW, note=notes.append)
    work = crawled(tmp_path / "work" / "suara.db", 3, at=NOW + HOUR, site="suara")
    folder.push("suara", work, 2, now=NOW)
    rmol = crawled(tmp_path / "work" / "rmol.db", 4, at=NOW + HOUR, site="rmol")
    folder.push("rmol", rmol, 2, now=NOW)
    damaged = max((tmp_path / "store" / "suara").glob("*.zst"))
    good = damaged.read_bytes()
    damaged.write_bytes(b"")
    for _look in range(2):
        assert stories(cache.whole(now=NOW, note=notes.append)) == ["1", "2", "4"]
        assert cache.unread == {"suara"}
    said = [line for line in notes if line.startswith("suara: ")]
    assert [line.endswith("an earlier copy is read") for line in said] == [True, True]
    damaged.write_bytes(good)
    assert stories(cache.whole(now=NOW, note=notes.append)) == ["1", "2", "3", "4"]
    assert cache.unread == set()
    assert len(list((tmp_path / "copies" / "suara").iterdir())) == 1


def test_a_damaged_orphan_stops_neither_its_site_nor_the_other_orphans(
    folder: Replicas, tmp_path: Path
) -> None:
    for number in (3, 4):
        lost = crawled(tmp_path / str(number) / "rmol.db", number, at=NOW + HOUR, site="rmol")
        folder.push_orphan("rmol", lost)
    first, _second = sorted((tmp_path / "store" / "rmol" / "orphans").glob("*.json"))
    first.write_text("[]")
    done = run("fleet", "collect", "semua.db")
    assert (done.exit_code, len(stories(Path("semua.db")))) == (1, 3)
    assert "it is no manifest of a replica; it is left out" in done.stderr
    assert run("health").exit_code in (0, 3)  # which reads no orphans


def test_orphans_are_listed_and_deleted_once_they_are_collected(
    folder: Replicas, tmp_path: Path
) -> None:
    def lose(site: str, number: int) -> None:
        at = NOW + number * HOUR
        folder.push_orphan(
            site, crawled(tmp_path / "lost" / f"{site}.db", number, at=at, site=site)
        )

    assert run("fleet", "orphans").stderr == "There are no orphans.\n"
    lose("rmol", 3)
    assert run("fleet", "collect", "semua.db").exit_code == 0
    lose("rmol", 4)
    lose("suara", 5)
    listed = ("fleet", "orphans", "--collected", "semua.db")
    found = [(row["site"], row["collected"], row["problem"]) for row in rows(*listed)]
    assert sorted(found) == [("rmol", False, None), ("rmol", True, None), ("suara", False, None)]
    assert {row["collected"] for row in rows("fleet", "orphans")} == {None}
    done = run(*listed, "--delete")
    assert "Deleted: 1 orphan." in done.stderr
    assert "semua.db has not taken in 2 orphans" in done.stderr
    assert len(list((tmp_path / "store" / "rmol" / "orphans").iterdir())) == 2
    assert run("fleet", "collect", "semua.db").exit_code == 0
    assert stories(Path("semua.db")) == ["1", "2", "3", "4", "5"]
    assert "Deleted: 2 orphans." in run(*listed, "--delete").stderr
    assert rows("fleet", "orphans") == []


def test_orphans_that_nobody_collected_are_deleted_after_a_question_only(
    folder: Replicas, tmp_path: Path
) -> None:
    for site in SITES:
        lost = crawled(tmp_path / "lost" / f"{site}.db", 3, at=NOW + HOUR, site=site)
        folder.push_orphan(site, lost)
    refused = run("fleet", "orphans", "--delete")
    assert (refused.exit_code, "nothing was deleted" in refused.stderr) == (2, True)
    (manifest,) = (tmp_path / "store" / "rmol" / "orphans").glob("*.json")
    manifest.write_text("{")
    broken = run("fleet", "orphans", "--json")
    problems = [json.loads(line)["problem"] for line in broken.stdout.splitlines()]
    assert (broken.exit_code, sum(problem is not None for problem in problems)) == (1, 1)
    assert run("fleet", "orphans", "--site", "rmol", "--delete", "--yes").exit_code == 0
    assert [row["site"] for row in rows("fleet", "orphans")] == ["suara"]
    assert folder.manifest("rmol") is not None
    gone = run("fleet", "orphans", "--collected", "tidak-ada.db", "--delete", "--yes")
    assert (gone.exit_code, "there is no archive here" in gone.stderr) == (1, True)
    assert len(rows("fleet", "orphans")) == 1


def test_a_store_is_found_beside_its_configuration_and_shares_no_cache_with_another(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("satu", "dua"):
        (tmp_path / name / "store").mkdir(parents=True)
        claimed(str(tmp_path / name / "store"))
        (tmp_path / name / "warta.toml").write_text('[fleet]\nstore = "store"\n')
    own = claimed(str(tmp_path / "satu" / "store"))
    own.push("rmol", tmp_path / "work" / "rmol.db", 1, now=NOW)
    for name, crawls in {"satu": 1, "dua": 0}.items():
        done = run("--config", str(tmp_path / name / "warta.toml"), "health", "--json")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert sum(row["last_crawl"] is not None for row in found) == crawls
    monkeypatch.chdir(tmp_path / "satu")
    one = open_store("store").objects.place
    monkeypatch.chdir(tmp_path / "dua")
    assert open_store("store").objects.place != one


def test_health_and_metrics_are_read_from_the_store_where_no_archive_is_named(
    folder: Replicas, tmp_path: Path
) -> None:
    found = {row["site"]: row for row in rows("health")}
    assert found["suara"]["last_crawl"]["end_reason"] == "finished"  # type: ignore[index]
    assert found["medcom"]["last_crawl"] is None
    assert len(found) == 5
    assert [row["site"] for row in rows("health", "--site", "rmol")] == ["rmol"]
    metrics = run("metrics").stdout
    assert metrics.count("# TYPE warta_articles gauge") == 1
    for site in SITES:
        assert f'warta_articles{{site="{site}"}} 1.0' in metrics
    assert "warta_collect_success 1.0" in metrics
    named = run("health", "--archive", "tidak-ada.db")
    assert (named.exit_code, "there is no archive here" in named.stderr) == (1, True)


def test_the_web_view_shows_all_sites_as_one_archive_and_what_is_newer(
    folder: Replicas, tmp_path: Path
) -> None:
    cache = Cache(folder, tmp_path / "cache")
    path = cache.whole(now=NOW, note=print)
    first = path.stat().st_ino
    assert stories(path) == ["1", "2"]
    assert cache.whole(now=NOW, note=print).stat().st_ino == first
    with Archive(path, read_only=True) as opened:  # a page is being shown meanwhile
        work = crawled(tmp_path / "work" / "rmol.db", 3, at=NOW + HOUR, site="rmol")
        folder.push("rmol", work, 2, now=NOW)
        assert cache.whole(now=NOW, note=print) == path
        assert opened.db.conn.execute("SELECT count(*) FROM articles").fetchone() == (2,)
    assert stories(path) == ["1", "2", "3"]
    assert len(list((tmp_path / "cache" / "rmol").iterdir())) == 1


def test_a_store_that_does_not_answer_is_read_as_it_was(folder: Replicas, tmp_path: Path) -> None:
    assert run("health").exit_code in (0, 3)
    (tmp_path / "store").rename(tmp_path / "gone")
    done = run("health", "--json")
    assert "no such folder; what follows is as of" in done.stderr
    assert len(done.stdout.splitlines()) == 5
    (tmp_path / "cache").rename(tmp_path / "emptied")
    done = run("health")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "no such folder" in done.stderr


def test_archives_of_workers_that_are_not_upgraded_yet_are_migrated_in_the_copies_alone(
    folder: Replicas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_a_migration(monkeypatch)
    cache = Cache(folder, tmp_path / "cache")
    with cache.refreshed(note=print) as copies:
        for copy in copies:
            with closing(sqlite3.connect(copy.path)) as db:
                assert db.execute("SELECT count(*) FROM moods").fetchone() == (1,)
            assert [path.name for path in copy.path.parent.iterdir()] == [copy.path.name]
    assert folder.schema("rmol") == folder.manifest("rmol").migrations  # type: ignore[union-attr]


def test_a_replica_that_was_tampered_with_is_refused_by_readers_too(
    folder: Replicas, tmp_path: Path
) -> None:
    (copy,) = (tmp_path / "store" / "rmol").glob("*.zst")
    (other,) = (tmp_path / "store" / "suara").glob("*.zst")
    copy.write_bytes(other.read_bytes())
    done = run("health")
    assert (done.exit_code, copy.name in done.stderr, done.stderr.count("\n")) == (1, True, 1)
