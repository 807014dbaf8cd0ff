"""`warta health`: who is well by what the configuration has it, in which options go before it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from scraper.spiders import sites
from tests.archive.invented import HOUR, SITE
from tests.archive.monitoring.test_health import crawled

NO_DISK = ("--disk-free", "0")
OURS = ("--site", SITE)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `warta.toml` is looked for."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def well(told) -> dict[str | None, bool]:
    return {row["site"]: row["well"] for row in map(json.loads, told.stdout.splitlines())}


def test_it_tells_who_is_well_and_who_is_not_and_ends_with_3(path: Path, warta) -> None:
    now = datetime.now(UTC)
    with Archive(path) as archive:
        crawled(archive, now - 2 * HOUR, site="suara")
        crawled(archive, now - 2 * HOUR, site="rmol", reason="robots_forbidden")
    told = warta("health", options=NO_DISK)
    assert told.exit_code == 3
    lines = told.stdout.splitlines()
    assert "islamtimes: not crawled yet" in lines
    assert any(
        line.startswith("suara: healthy; the last crawl ended ")
        and line.endswith("+07:00: finished")
        for line in lines
    )
    ill = next(
        number for number, line in enumerate(lines) if line.startswith("rmol: unhealthy since ")
    )
    assert lines[ill + 1].endswith("the last crawl failed: robots.txt forbids this address for us")
    assert warta("health", options=("--site", "suara", *NO_DISK)).exit_code == 0


def test_json_is_a_row_a_site_and_one_for_the_disk(path: Path, warta) -> None:
    with Archive(path) as archive:
        crawled(archive, datetime.now(UTC) - 2 * HOUR)
    told = warta("health", options=("--json", *OURS, "--disk-free", "1e6"))
    assert well(told) == {SITE: True, None: False}
    whole = json.loads(told.stdout.splitlines()[1])
    assert whole["incidents"][0]["kind"] == "disk"
    assert whole["since"].endswith("+00:00")


def test_an_archive_that_was_never_crawled_says_so(path: Path, warta) -> None:
    Archive(path).close()
    told = warta("health", options=NO_DISK)
    assert (told.exit_code, len(told.stdout.splitlines())) == (0, len(sites()))
    assert told.stderr == "No site was ever crawled into this archive.\n"


def test_silence_is_as_the_rhythm_has_it_and_a_site_that_is_switched_off_is_not_reported(
    path: Path, warta, folder: Path
) -> None:
    ago = datetime.now(UTC) - timedelta(days=6)
    with Archive(path) as archive:
        for site in ("suara", "rmol", "medcom"):
            crawled(archive, ago, site=site)
    (folder / "warta.toml").write_text(
        '[sites.suara]\nschedule = "0 3 * * 1"\n[sites.medcom]\nenabled = false\n'
    )
    told = warta("health", options=("--json", *NO_DISK))
    assert told.exit_code == 3
    assert well(told) == {"islamtimes": True, "republika": True, "rmol": False, "suara": True}
    assert well(warta("health", options=("--json", "--silence", "240", *NO_DISK)))["rmol"]


def test_the_limits_of_the_configuration_hold_and_options_go_before_them(
    path: Path, warta, folder: Path
) -> None:
    with Archive(path) as archive:
        crawled(archive, datetime.now(UTC) - 9 * HOUR, site="suara")
    (folder / "warta.toml").write_text("[health]\nsilence_hours = 5\ndisk_free_gb = 0\n")
    assert well(warta("health", options=("--json", "--site", "suara"))) == {"suara": False}
    assert well(warta("health", options=("--json", "--site", "suara", "--silence", "10"))) == {
        "suara": True
    }


def test_a_site_that_there_is_not_is_wrong_usage(path: Path, warta) -> None:
    Archive(path).close()
    told = warta("health", options=("--site", "sura"))
    assert told.exit_code == 2
    assert (
        "no site is called sura; there are islamtimes, medcom, republika, rmol, suara"
        in told.stderr
    )


@pytest.mark.parametrize(
    "option",
    [
        ("--silence", "0"),
        ("--silence", "1e300"),
        ("--silence", "nan"),
        ("--missing-share", "2"),
        ("--missing-share", "nan"),
        ("--disk-free", "-1"),
        ("--disk-free", "1e300"),
        ("--disk-free", "nan"),
    ],
)
def test_an_impossible_limit_is_wrong_usage(path: Path, warta, option: tuple[str, str]) -> None:
    Archive(path).close()
    told = warta("health", options=option)
    assert (told.exit_code, type(told.exception)) == (2, SystemExit)


def test_a_missing_archive_is_reported_plainly(path: Path, warta) -> None:
    told = warta("health")
    assert told.exit_code == 1
    assert "there is no archive here" in told.stderr
