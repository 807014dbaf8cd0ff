"""`warta alerts`: a message to try the targets with, and what was reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from scraper.monitoring.alerts.targets import Webhook
from tests.scraper.monitoring.alerts.incidents import HOUR, NOW, disk, drift, notified
from tests.scraper.monitoring.alerts.receivers import Postbox, Receiver, free_port


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["alerts", *map(str, arguments)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "warta.toml"


def write(config: Path, webhook: str, postbox: Postbox) -> None:
    config.write_text(
        f"""[alerts]
        webhook = "{webhook}"
        [alerts.mail]
        host = "127.0.0.1"
        port = {postbox.port}
        starttls = false
        sender = "warta@kabar.example"
        recipients = ["redaksi@kabar.example"]
        """
    )


# test


def test_a_test_message_reaches_every_target(
    config: Path, path: Path, receiver: Receiver, postbox: Postbox
) -> None:
    write(config, receiver.url, postbox)
    shown = run("test", "--config", config, "--archive", path)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert [line.rpartition(": ")[2] for line in shown.stdout.splitlines()] == ["sent", "sent"]
    assert receiver.bodies[0]["test"] is True
    assert postbox.subjects == ["[warta] news.db: test message"]
    assert not path.exists()  # nothing is noted


def test_a_target_that_does_not_take_it_is_a_line_and_exit_1(
    config: Path, path: Path, postbox: Postbox
) -> None:
    write(config, f"http://127.0.0.1:{free_port()}/RAHASIA", postbox)
    shown = run("test", "--config", config, "--archive", path)
    assert shown.exit_code == 1
    (line,) = shown.stderr.splitlines()
    assert line.endswith(": connection refused")
    assert "RAHASIA" not in shown.output
    assert len(postbox.letters) == 1


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 1, "no target is configured"),
        ("[alerts", 2, "TOML"),
        ("alerts = 3", 2, "alerts"),
        ("[alerts]\nwebhook = 3", 2, "alerts.webhook"),
    ],
)
def test_a_configuration_without_targets_is_one_line(
    config: Path, text: str, code: int, said: str
) -> None:
    config.write_text(text)
    shown = run("test", "--config", config)
    assert shown.exit_code == code
    (line,) = shown.stderr.splitlines()
    assert said in line


def test_a_configuration_that_is_not_there_is_one_line(config: Path) -> None:
    shown = run("test", "--config", config)
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert str(config) in shown.stderr


# tell


def test_one_look_tells_what_is_new_and_writes_the_metrics(
    config: Path, archive: Archive, path: Path, receiver: Receiver, postbox: Postbox
) -> None:
    write(config, receiver.url, postbox)
    config.write_text(
        config.read_text()
        + f"[metrics]\nfile = '{path.parent}/warta.prom'\n[health]\ndisk_free_gb = 0.0\n"
    )
    with archive.transaction(NOW):
        crawl = archive.crawls.begin("rmol", version="0", arguments={})
    with archive.transaction(NOW):
        archive.crawls.end(crawl, counts={}, received=0, reason="nothing_announced")
    for _turn in range(2):
        shown = run("send", "--config", config, "--archive", path)
        assert (shown.exit_code, shown.stdout) == (0, "")
    assert ("began", "crawl_failed", "rmol") in receiver.received
    assert len(receiver.received) == len(set(receiver.received))
    assert 'warta_incident{kind="crawl_failed"' in (path.parent / "warta.prom").read_text()


@pytest.mark.parametrize("name", ["send", "tell"])
def test_a_look_whose_target_is_down_ends_with_3(
    config: Path, archive: Archive, path: Path, postbox: Postbox, name: str
) -> None:
    write(config, f"http://127.0.0.1:{free_port()}/RAHASIA", postbox)
    with archive.transaction(NOW):
        crawl = archive.crawls.begin("rmol", version="0", arguments={})
    with archive.transaction(NOW):
        archive.crawls.end(crawl, counts={}, received=0, reason="nothing_announced")
    shown = run(name, "--config", config, "--archive", path)
    assert shown.exit_code == 3
    assert "RAHASIA" not in shown.output


def test_the_earlier_name_of_send_is_not_listed() -> None:
    listed = run("--help").output
    assert "  send " in listed
    assert "tell" not in listed


# list


def test_the_list_shows_what_lasts_and_what_was(
    archive: Archive, path: Path, receiver: Receiver
) -> None:
    down = Webhook(url=f"http://127.0.0.1:{free_port()}/RAHASIA")
    notified(archive, [drift()], [Webhook(url=receiver.url)], now=NOW)
    notified(archive, [disk()], [Webhook(url=receiver.url), down], now=NOW + HOUR)
    shown = run("list", "--json", "--archive", path)
    lasting, past = map(json.loads, shown.stdout.splitlines())
    assert (lasting["kind"], lasting["ended_at"], lasting["waiting"], lasting["error"]) == (
        "disk",
        None,
        1,
        "connection refused",
    )
    assert (past["kind"], past["site"], past["layout"], past["urls"]) == (
        "drift",
        "kabar",
        "baru",
        list(drift().urls),
    )
    assert (past["told_at"], past["end_told_at"]) == (NOW.isoformat(), (NOW + HOUR).isoformat())
    table = CliRunner().invoke(main, ["alerts", "--archive", str(path), "list"])
    assert table.exit_code == 0
    assert len(table.stdout.splitlines()) == 3


def test_an_archive_without_alerts_says_so(archive: Archive, path: Path) -> None:
    shown = run("list", "--archive", path)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "There were no alerts.\n")


def test_an_archive_that_is_not_there_is_one_line(path: Path) -> None:
    shown = run("list", "--archive", path)
    assert (shown.exit_code, shown.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["test", "list"])
def test_both_commands_have_help_and_help_for_their_options(command: str) -> None:
    assert run(command, "--help").exit_code == 0
    for option in main.commands["alerts"].commands[command].params:  # type: ignore[attr-defined]
        assert option.help
