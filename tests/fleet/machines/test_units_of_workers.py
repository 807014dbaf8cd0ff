"""`warta fleet systemd`: a service for each machine's worker, whose unit holds no secret."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli.fleet.systemd import systemd
from scraper.cli.main import main
from scraper.configuration import Scheduling
from scraper.schedule.units import Deployment, worker

SECRET = "kata-sandi-rahasia"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "warta.toml"
    (tmp_path / "dsn").write_text(f"postgresql://warta:{SECRET}@db.example.org/warta\n")
    file.write_text(
        f'[fleet]\ndsn_file = "dsn"\nstore = "{tmp_path / "toko"}"\nfolder = "arsip"\n'
        '[metrics]\nfile = "angka/warta.prom"\n[schedule]\ngrace = 30\n'
    )
    return file


def printed(config: Path, *words: str, **environment: str) -> str:
    done = CliRunner().invoke(
        main, ["--config", str(config), "fleet", "systemd", *words], env=environment
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_the_unit_runs_the_worker_and_starts_it_again_unless_it_was_drained(tmp_path: Path) -> None:
    place = Deployment(
        archive=Path("/srv/warta/fleet"),
        config=Path("/etc/warta.toml"),
        program=["/opt/warta/bin/warta"],
        keys=Scheduling(grace=30),
        locks=Path("/var/cache/warta/locks"),
    )
    (text,) = worker(place, Path("/srv/warta/fleet"), [Path("/srv/store")]).values()
    for line in (
        "ExecStart=/opt/warta/bin/warta --config /etc/warta.toml fleet worker",
        "WorkingDirectory=/srv/warta/fleet",
        "ReadWritePaths=/srv/warta/fleet /srv/store",
        "ReadWritePaths=-/var/cache/warta/locks",
        "EnvironmentFile=-/etc/warta.env",
        "ProtectSystem=strict",
        "Restart=on-failure",
        "RestartPreventExitStatus=2",
        "KillMode=mixed",
        "TimeoutStopSec=50",
        "WantedBy=multi-user.target",
    ):
        assert f"{line}\n" in text
    assert "LoadCredential" not in text


def test_the_address_of_the_database_is_handed_over_as_a_credential(
    config: Path, tmp_path: Path
) -> None:
    text = printed(config)
    assert f"LoadCredential=dsn:{tmp_path / 'dsn'}\n" in text
    assert "Environment=WARTA_FLEET_DSN_FILE=%d/dsn\n" in text
    for folder in ("arsip", "angka", "toko"):
        assert str(tmp_path / folder) in text
    assert SECRET not in text


def test_an_address_in_a_variable_is_in_no_unit(tmp_path: Path) -> None:
    config = tmp_path / "warta.toml"
    config.write_text('[fleet]\nstore = "s3://wadah/warta"\n')
    text = printed(config, WARTA_FLEET_DSN=f"postgresql://warta:{SECRET}@db.example.org/warta")
    assert SECRET not in text
    assert "Set by variables here, which cron and systemd do not pass on: WARTA_FLEET_DSN" in text
    assert "s3://" not in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_accepts_the_unit(config: Path, tmp_path: Path) -> None:
    units = tmp_path / 'unit 50% "baru"'
    assert printed(config, "--output", str(units)).strip() == str(units / "warta-worker.service")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(units / "warta-worker.service")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr + f"exit {done.returncode}" == "exit 0"


def test_help_says_how_it_is_installed() -> None:
    text = CliRunner().invoke(systemd, ["--help"]).output
    assert "sudo systemctl daemon-reload && sudo systemctl enable --now warta-worker" in text
