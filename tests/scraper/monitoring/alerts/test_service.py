"""Alerts through Apprise, over real HTTP: what a service is sent, and what of its address shows."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive import Archive
from archive.errors import PackageMissing
from scraper.cli.main import main
from scraper.configuration import Configuration
from scraper.monitoring.alerts.notify import DeliveryReport
from scraper.monitoring.alerts.service import MISSING, notify_service
from scraper.monitoring.alerts.targets import Service, Undelivered
from scraper.monitoring.lookout import hooks_of
from scraper.schedule.timetable import Timetable
from tests.scraper.monitoring.alerts.incidents import HOUR, MINUTE, NOW, drift, message, notified
from tests.scraper.monitoring.alerts.receivers import Receiver, free_port


def service(receiver: Receiver, **fields: object) -> Service:
    url = f"json://RAHASIA:RAHASIA@127.0.0.1:{receiver.port}/RAHASIA"
    return Service(url=url, **fields)  # type: ignore[arg-type]


def refusal(target: Service) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        notify_service(target, message())
    assert "RAHASIA" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_service_receives_the_subject_as_its_title_and_why(receiver: Receiver) -> None:
    notify_service(service(receiver), message())
    (body,) = receiver.bodies
    assert body["title"] == "[warta] kabar: drift began"
    assert drift().why in body["message"]
    assert drift().urls[0] in body["message"]
    assert body["type"] == "warning"


def test_an_end_is_a_success(receiver: Receiver) -> None:
    notify_service(service(receiver), message(state="ended", ended_at=NOW + 9 * MINUTE))
    (body,) = receiver.bodies
    assert body["title"] == "[warta] kabar: drift is over; it lasted 9 minutes"
    assert body["type"] == "success"


@pytest.mark.parametrize(("status", "down"), [(400, False), (429, True), (503, True)])
def test_an_answer_that_refuses_is_named(receiver: Receiver, status: int, down: bool) -> None:
    receiver.status = status
    found = refusal(service(receiver))
    assert (str(found), found.down) == (f"it answered {status}", down)


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    with Receiver() as other:
        receiver.status, receiver.location = 302, other.url
        assert str(refusal(service(receiver))) == "it answered 302"
        assert other.bodies == []


def test_a_service_that_is_not_there_is_down() -> None:
    found = refusal(Service(url=f"json://127.0.0.1:{free_port()}/RAHASIA"))
    assert found.down
    assert str(found).startswith("no connection")


def test_an_address_that_apprise_does_not_know_is_named_by_its_scheme() -> None:
    found = refusal(Service(url="tidakada://RAHASIA"))
    assert str(found) == "Apprise knows no service with an address like this tidakada://"


def test_nothing_of_an_address_is_logged(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    written = io.StringIO()  # as the log of a schedule is
    handler, root = logging.StreamHandler(written), logging.getLogger()
    root.addHandler(handler)
    receiver.status = 500
    refusal(service(receiver))
    root.removeHandler(handler)
    assert (written.getvalue(), capsys.readouterr()) == ("", ("", ""))


def test_its_deliveries_are_accounted_and_retried_as_all_others(
    archive: Archive, receiver: Receiver
) -> None:
    target = service(receiver)
    receiver.status = 503
    report = notified(archive, [drift()], [target], now=NOW)
    assert (report.sent, report.waiting) == (0, 1)
    assert report.failed == (f"{target.name}: it answered 503",)
    receiver.status = 200
    assert notified(archive, [drift()], [target], now=NOW + MINUTE) == DeliveryReport(sent=1)
    assert notified(archive, [], [target], now=NOW + HOUR) == DeliveryReport(sent=1)
    assert [body["type"] for body in receiver.bodies[-2:]] == ["warning", "success"]


def test_one_that_hangs_counts_as_undelivered(archive: Archive, receiver: Receiver) -> None:
    receiver.trouble = "hang"
    report = notified(archive, [drift()], [service(receiver, timeout=0.5)], now=NOW)
    assert (report.sent, report.waiting) == (0, 1)


# Configuration


def run(*words: str | Path) -> tuple[int, str]:
    shown = CliRunner().invoke(main, [*map(str, words)])
    return shown.exit_code, shown.output


def test_warta_alerts_test_reaches_it_and_warta_config_shows_its_scheme_alone(
    tmp_path: Path, path: Path, receiver: Receiver
) -> None:
    config = tmp_path / "warta.toml"
    config.write_text(f'[alerts]\napprise = "{service(receiver).url}"\n')
    code, text = run("alerts", "test", "--config", config, "--archive", path)
    assert (code, text) == (0, f"{service(receiver).name}: sent\n")
    assert receiver.bodies[0]["title"] == "[warta] news.db: test message"
    code, text = run("config", "--config", config, "--json")
    rows = {row["key"]: row["value"] for row in map(json.loads, text.splitlines())}
    assert rows["alerts.apprise"] == ["json://…"]
    assert "RAHASIA" not in text


@pytest.mark.parametrize("address", ['"bukan alamat RAHASIA"', '["json://a", 3]', '""', "[]"])
def test_what_is_no_address_is_one_line_without_it(tmp_path: Path, address: str) -> None:
    config = tmp_path / "warta.toml"
    config.write_text(f"[alerts]\napprise = {address}\n")
    code, text = run("config", "--config", config)
    assert (code, text.count("\n")) == (2, 1)
    assert "alerts.apprise" in text
    assert "RAHASIA" not in text


def test_without_the_package_a_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, receiver: Receiver
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert str(refusal(service(receiver))) == MISSING
    text = {"alerts": {"apprise": "json://127.0.0.1"}, "health": {"disk_free_gb": 0.0}}
    configuration = Configuration.model_validate(text)
    timetable = Timetable.of(configuration, ["rmol"])
    monkeypatch.setattr("scraper.monitoring.alerts.service.find_spec", lambda _name: None)
    with pytest.raises(PackageMissing, match=r"warta\[alerts\]"):
        hooks_of(configuration, archive.path, timetable, lambda: NOW)
