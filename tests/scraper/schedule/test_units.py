"""Units for systemd, lines for cron, and the table of what runs next."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from scraper.cli.main import main
from scraper.configuration import Configuration, Scheduling
from scraper.configuration.rhythm import CronSchedule, checked, shortest_gap
from scraper.configuration.variables import variables
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.program import MAIN, program, script
from scraper.schedule.timetable import Timetable
from scraper.schedule.units import Deployment, even_steps, on_calendar, service, timers
from tests.archive import removals as pages
from tests.scraper.crawling.conftest import environment
from tests.scraper.schedule.conftest import SITES, far_run, fresh_site

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


def started(*arguments: str, **environment: str | None):
    clean = dict.fromkeys((*variables(SITES), "WARTA_CONFIG"), None)
    return CliRunner().invoke(main, arguments, env={**clean, **environment})


def verified(folder: Path) -> str:
    files = sorted(map(str, folder.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stderr + f"exit {done.returncode}"


@needs_systemd
@pytest.mark.parametrize("timers_too", [(), ("--timers",)])
@pytest.mark.parametrize("name", ["berita", 'berita 50% "baru" $HOME'])
def test_systemd_accepts_the_units(tmp_path, written, timers_too, name):
    place = tmp_path / name
    place.mkdir()
    config = written("rmol", "suara", more="[metrics]\nfile = 'angka/warta.prom'")
    units = tmp_path / "units"
    arguments = (
        "--config",
        str(config),
        "--archive",
        str(place / "news.db"),
        "--output",
        str(units),
    )
    done = started("schedule", "systemd", *timers_too, *arguments)
    assert done.exit_code == 0, done.stderr
    names = (
        {
            "warta@.service",
            "warta-rmol.timer",
            "warta-suara.timer",
            "warta-alerts.service",
            "warta-alerts.timer",
        }
        if timers_too
        else {"warta.service"}
    )
    assert (
        {file.name for file in units.iterdir()}
        == names
        == {Path(line).name for line in done.stdout.splitlines()}
    )
    assert verified(units) == "exit 0"


@needs_systemd
@pytest.mark.parametrize(
    "text",
    [
        "17 */2 * * *",
        "*/20 5-23 * * mon-fri",
        "0 0 1,15 * 0",
        "5 4 29 2 *",
        "0 9 * 6-8 7",
        "0 22,3 */9 * *",
    ],
)
def test_systemd_and_the_schedule_agree_on_the_next_runs(text):
    now = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    rhythm = CronSchedule(site="suara", crontab=checked(text), zone=ZoneInfo("Asia/Jakarta"))
    times: set[str] = set()
    for line in on_calendar(rhythm.crontab, "Asia/Jakarta"):
        command = [
            "systemd-analyze",
            "calendar",
            "--iterations=5",
            f"--base-time={now:%Y-%m-%d %H:%M:%S} UTC",
            line,
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
            env={"TZ": "UTC", "PATH": os.environ["PATH"]},
        )
        times |= {told.partition(": ")[2].strip() for told in done.stdout.splitlines()}
    expected = [
        run.astimezone(UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")
        for run in islice(rhythm.runs(now), 4)
    ]
    assert set(expected) <= times


def test_what_the_service_starts_shares_the_locks_of_sites_with_crawls_by_hand(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("WARTA_LOCKS", str(tmp_path / "kunci"))
    done = started("schedule", "systemd", "--archive", str(tmp_path / "news.db"))
    for line in (
        f"Environment=WARTA_LOCKS={tmp_path / 'kunci'}",
        f"ReadWritePaths=-{tmp_path / 'kunci'}",
    ):
        assert f"{line}\n" in done.stdout


def test_the_service_runs_the_schedule_and_lets_it_end(tmp_path):
    (text,) = service(
        Deployment(
            archive=Path("/srv/warta/news.db"),
            config=Path("/etc/warta.toml"),
            program=["/opt/bin/warta"],
        )
    ).values()
    assert (
        "ExecStart=/opt/bin/warta --config /etc/warta.toml schedule run --archive"
        " /srv/warta/news.db\n" in text
    )
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ReadWritePaths=/srv/warta",
        "KillMode=mixed",
        "TimeoutStopSec=30",
    ):
        assert f"{line}\n" in text


def test_crontab_lines_name_the_zone_and_keep_percents(tmp_path, written):
    (tmp_path / "50%").mkdir()
    done = started(
        "schedule",
        "cron",
        "--config",
        str(written("rmol", rhythm="5 */3 * * *")),
        "--archive",
        str(tmp_path / "50%" / "news.db"),
        "--log",
        str(tmp_path / "log 1%"),
    )
    *_comments, zone, line, looks = done.stdout.splitlines()
    assert zone == "CRON_TZ=Asia/Jakarta"
    assert line.startswith("5 */3 * * * ")
    log = f">>'{tmp_path}/log 1\\%/warta-'$(date +\\%Y-\\%m).log 2>&1"
    assert line.endswith(f"schedule once rmol --archive {tmp_path}/50\\%/news.db {log}")
    assert looks.startswith("*/15 * * * * ")
    assert looks.endswith(f"alerts send --archive {tmp_path}/50\\%/news.db {log}")


@pytest.mark.parametrize(
    ("minutes", "often"),
    [
        (1, "* * * * *"),
        (15, "*/15 * * * *"),
        (25, "*/30 * * * *"),  # */25 would look twice within ten minutes
        (60, "0 * * * *"),
        (61, "0 */2 * * *"),
        (300, "0 */6 * * *"),
        (720, "0 */12 * * *"),
        (721, "0 0 * * *"),
        (1440, "0 0 * * *"),
        (44640, "0 0 * * *"),
    ],
)
def test_cron_looks_at_health_as_often_as_configured_or_a_little_less_and_daily_at_least(
    written, minutes, often
):
    done = started(
        "schedule", "cron", "--config", str(written("rmol", more=f"check_every = {minutes}"))
    )
    assert done.stdout.splitlines()[-1].startswith(f"{often} {program()[0]} ")


def in_the_shell_of_cron(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What cron runs of a line: behind the five times, an escaped % being a plain one."""
    command = line.split(maxsplit=5)[5].replace("\\%", "%")
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **shared()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def shared() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PYTHONPATH", "WARTA_LOCKS")}


@pytest.fixture
def misnamed(tmp_path: Path) -> Path:
    """A folder with files whose names are those of modules; whoever imports one fails."""
    folder = tmp_path / "naskah saya"
    folder.mkdir()
    for name in "archive scraper click scrapy logging socket pickle multiprocessing tests".split():
        (folder / f"{name}.py").write_text(f"raise SystemExit('imported {name}.py')\n")
    return folder


@pytest.mark.processes
def test_lines_of_cron_run_anywhere_and_write_to_a_file_of_the_month(tmp_path, written, misnamed):
    with Archive(tmp_path / "news.db"):
        pass
    done = started(
        *("schedule", "cron", "--config", str(written("rmol"))),
        *("--archive", str(tmp_path / "news.db"), "--log", str(tmp_path / "log 1%")),
    )
    cron = in_the_shell_of_cron(done.stdout.splitlines()[-1], misnamed)
    assert (cron.returncode, cron.stdout, cron.stderr) == (0, "", "")
    (log,) = (tmp_path / "log 1%").iterdir()
    assert re.fullmatch(r"warta-\d{4}-\d\d\.log", log.name)
    assert log.read_text() == "0 messages sent, 0 waiting\n"


def test_the_log_of_cron_is_in_the_users_folder_of_logs(tmp_path, written):
    done = started(
        "schedule", "cron", "--config", str(written("rmol")), XDG_STATE_HOME=str(tmp_path)
    )
    folder = tmp_path / "warta" / "log"
    assert f" >>{folder}/warta-$(date +\\%Y-\\%m).log 2>&1\n" in done.stdout
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["berkas", "baris\nbaru"])
def test_a_folder_that_takes_no_log_is_reported_in_one_line(tmp_path, name):
    (tmp_path / "berkas").write_text("")
    done = started("schedule", "cron", "--log", str(tmp_path / name / "log"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_units_start_the_installed_program_by_its_absolute_path(tmp_path, monkeypatch):
    (installed := tmp_path / "bin" / "warta").parent.mkdir()
    installed.write_text("#!/bin/sh\n")
    monkeypatch.setattr(sys, "argv", [str(installed)])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "lain" / "python"))
    assert "-m" not in program()  # nothing there can be run
    installed.chmod(0o700)
    assert program() == [str(installed)]
    assert f"\nExecStart={installed} " in started("schedule", "systemd").stdout


@pytest.mark.processes
def test_crawls_that_a_schedule_starts_run_anywhere(serve, tmp_path, misnamed, monkeypatch):
    monkeypatch.chdir(misnamed)
    order = Order(site="rmol", archive=tmp_path / "news.db", settings=("DOWNLOAD_DELAY=0",))
    result = CrawlProcesses(lambda: datetime.now(UTC), environment(serve(fresh_site(1)))).run(order)
    assert (result.exit_code, result.ended) == (0, "finished"), result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("how", [program, partial(script, MAIN)], ids=["installed", "by its file"])
def test_the_program_and_its_worker_processes_run_anywhere(tmp_path, misnamed, how):
    with Archive(tmp_path / "news.db") as archive:
        pages.put(archive, 1, "Kabar biasa nomor 1.")
    command = [*how(), "reextract", "--archive", str(tmp_path / "news.db"), "-j", "2"]
    done = subprocess.run(
        command,
        cwd=misnamed,
        env=shared(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@given(st.integers(1, 1440))
def test_no_two_looks_of_cron_are_closer_than_configured(minutes):
    assert (
        timedelta(minutes=minutes)
        <= shortest_gap(checked(even_steps(minutes)))
        < timedelta(minutes=2 * minutes)
    )


def test_the_timers_crawl_and_look_as_the_schedule_does(tmp_path):
    table = Timetable.of(Configuration(), ["rmol"])
    units = timers(
        Deployment(archive=tmp_path / "news.db", config=None, keys=Scheduling(longest=60)), table
    )
    assert " schedule once %i --archive " in units["warta@.service"]
    for line in ("SuccessExitStatus=3", "TimeoutStartSec=4750", "KillMode=mixed"):
        assert f"{line}\n" in units["warta@.service"]
    assert " alerts send --archive " in units["warta-alerts.service"]
    assert "OnUnitInactiveSec=15min\n" in units["warta-alerts.timer"]


def test_variables_that_a_unit_will_not_know_are_reported(tmp_path):
    done = started(
        "schedule", "cron", WARTA_CONTACT="uji@example.org", WARTA_ARCHIVE=str(tmp_path / "news.db")
    )
    assert (
        done.stderr
        == "Set by variables here, which cron and systemd do not pass on: WARTA_CONTACT\n"
    )


def test_a_folder_that_takes_no_units_is_reported_in_one_line(tmp_path):
    (tmp_path / "berkas").write_text("")
    done = started("schedule", "systemd", "--output", str(tmp_path / "berkas" / "units"))
    assert done.exit_code == 1
    assert (
        done.stderr
        == f"Error: {tmp_path}/berkas/units: the units cannot be written there (Not a directory)\n"
    )


def test_show_tells_the_next_runs_and_the_last_results(tmp_path, written):
    news, start, run = tmp_path / "news.db", datetime.now(UTC) - timedelta(minutes=5), far_run()
    with Archive(news) as archive:
        with archive.transaction(start):
            crawl = archive.crawls.begin("suara", version="0", arguments={})
        with archive.transaction(start + timedelta(minutes=1)):
            archive.crawls.end(crawl, counts={}, received=0, reason="finished")
        with archive.transaction(start):
            archive.crawls.begin("rmol", version="0", arguments={})
    config = written("suara", "rmol", "medcom", rhythm=f"0 0 1 {run.month} *")
    done = started("schedule", "show", "--config", str(config), "--archive", str(news), "--json")
    found = {row["site"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(found) == sorted(SITES)
    assert (found["suara"]["ended"], found["rmol"]["ended"], found["medcom"]["ended"]) == (
        "finished",
        "has not ended",
        "never crawled",
    )
    assert found["suara"]["next_run"] == run.isoformat()
    assert [site for site in SITES if found[site]["due"]] == ["medcom"]
    assert (found["republika"]["enabled"], found["republika"]["next_run"]) == (False, None)
    table = started("schedule", "show", "--config", str(config), "--archive", str(news))
    assert "switched off" in table.stdout
    assert table.stderr == ""


def test_show_tells_how_long_a_site_requested_to_be_left_alone_while_it_lasts(tmp_path, written):
    news, now = tmp_path / "news.db", datetime.now(UTC).replace(microsecond=0)
    run = far_run()
    far = datetime(run.year + 1, 1, 1, 13, 31, tzinfo=UTC)  # 20:31 in Jakarta
    with Archive(news) as archive:
        for site in ("suara", "rmol", "medcom"):
            with archive.transaction(now):
                archive.crawls.begin(site, version="0", arguments={})
        with archive.transaction(now):
            archive.backoffs.note("suara", delay=0.0, quiet_until=far, reason="http_503")
            archive.backoffs.note(
                "rmol", delay=0.0, quiet_until=run + timedelta(hours=20.5), reason="http_503"
            )
            archive.backoffs.note(
                "medcom", delay=8.0, quiet_until=now - timedelta(seconds=1), reason="http_429"
            )
            archive.backoffs.note("republika", delay=8.0, quiet_until=None, reason="http_429")
            archive.backoffs.note("islamtimes", delay=8.0, quiet_until=far, reason="http_429")
    given = (
        "--config",
        str(written("suara", "rmol", "medcom", "republika", rhythm=f"0 0 1 {run.month} *")),
        "--archive",
        str(news),
    )
    found = {
        row["site"]: row["quiet_until"]
        for row in map(
            json.loads, started("schedule", "show", *given, "--json").stdout.splitlines()
        )
    }
    assert found["suara"] == far.isoformat() == f"{far.year}-01-01T13:31:00+00:00"
    assert (found["medcom"], found["republika"]) == (None, None)
    told = {
        line.split()[0]: line for line in started("schedule", "show", *given).stdout.splitlines()
    }
    until = f"{far.year}-01-01T20:31:00+07:00"
    assert f"{run.isoformat()}  {until}" in told["suara"]
    assert f"{run.isoformat()}  {run.date()}T20:30:00+07:00" in told["rmol"]
    assert re.search(rf"switched off +{re.escape(until)}", told["islamtimes"])
    assert not any(str(far.year) in told[site] for site in ("medcom", "republika"))


def test_show_needs_no_archive_and_makes_none(tmp_path):
    done = started("schedule", "show", "--archive", str(tmp_path / "news.db"))
    assert done.exit_code == 0
    assert not list(tmp_path.iterdir())


def test_a_schedule_without_sites_is_wrong_usage(written):
    done = started("schedule", "run", "--config", str(written()))
    assert (done.exit_code, "every site is switched off" in done.stderr) == (2, True)
