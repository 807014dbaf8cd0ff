"""The metrics where Prometheus finds them: on loopback, in a file, and on stdout."""

from __future__ import annotations

import json
import os
import re
import socket
from importlib.resources import files
from pathlib import Path
from threading import Thread

import pytest
import requests
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest

from archive import Archive
from archive.monitoring.incidents import Incident
from scraper.cli.main import main
from scraper.monitoring.metrics.serving import MetricsError, serve, write_textfile
from tests.archive.invented import NOW
from tests.scraper.monitoring.alerts.incidents import notified
from tests.scraper.monitoring.metrics.conftest import fill, samples


def fetch(port: int) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"http://127.0.0.1:{port}/metrics", timeout=30)


# The port


def test_prometheus_is_served_its_text_format(archive: Archive, metrics: CollectorRegistry) -> None:
    fill(archive)
    with serve(0, metrics) as port:
        answer = fetch(port)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert samples(answer.text)["warta_articles", (("site", "kabar"),)] == 2


def test_it_listens_on_loopback_alone(archive: Archive, metrics: CollectorRegistry) -> None:
    with serve(0, metrics) as port:
        elsewhere = socket.create_server(
            ("127.0.0.2", port)
        )  # free: it is not bound on all addresses
        elsewhere.close()


def test_after_closing_nobody_listens_and_the_port_is_free_again(
    archive: Archive, metrics: CollectorRegistry
) -> None:
    with serve(0, metrics) as port:
        fetch(port)
    with pytest.raises(requests.ConnectionError):
        fetch(port)
    with serve(port, metrics):
        pass


def test_a_port_that_is_taken_is_one_line(metrics: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            MetricsError,
            match=rf"^127.0.0.1:{port}: the metrics cannot be served \(address already in use\)$",
        ):
            serve(port, metrics).__enter__()


def test_a_port_that_cannot_be_is_one_line(metrics: CollectorRegistry) -> None:
    with pytest.raises(MetricsError, match="70000: the metrics cannot be served"):
        serve(70_000, metrics).__enter__()


def test_an_archive_that_goes_away_does_not_end_the_server(
    archive: Archive, path: Path, metrics: CollectorRegistry
) -> None:
    archive.close()
    path.rename(path.with_name("pindah.db"))
    with serve(0, metrics) as port:
        for _scrape in range(2):
            assert "warta_collect_success 0.0" in fetch(port).text


def test_many_scrapes_at_once_are_each_answered(
    archive: Archive, metrics: CollectorRegistry
) -> None:
    fill(archive)
    seen: list[int] = []
    with serve(0, metrics) as port:
        threads = [
            Thread(target=lambda: seen.append(len(samples(fetch(port).text))))
            for _number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_a_connection_that_says_nothing_holds_up_neither_scrapes_nor_the_end(
    archive: Archive, metrics: CollectorRegistry
) -> None:
    with serve(0, metrics) as port, socket.create_connection(("127.0.0.1", port)):
        assert fetch(port).status_code == 200


# The file


def test_the_file_for_node_exporter_is_replaced_as_a_whole(
    archive: Archive, metrics: CollectorRegistry, tmp_path: Path
) -> None:
    fill(archive)
    target = tmp_path / "warta.prom"
    target.write_text("lama")
    write_textfile(target, metrics)
    assert samples(target.read_text("utf-8")) == samples(generate_latest(metrics).decode())
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("warta.prom")] == [
        "warta.prom"
    ]


def test_a_file_that_cannot_be_written_is_one_line_and_nothing_is_left(
    archive: Archive, metrics: CollectorRegistry, folder_of_a_user: Path
) -> None:
    folder_of_a_user.chmod(0o500)
    with pytest.raises(
        MetricsError, match=r"warta.prom: the metrics cannot be written \(permission denied\)$"
    ):
        write_textfile(folder_of_a_user / "warta.prom", metrics)
    assert os.listdir(folder_of_a_user) == []  # noqa: PTH208


@pytest.mark.parametrize(
    ("place", "why"),
    [("tidak-ada/warta.prom", "no such file or directory"), ("", "it is a folder")],
)
def test_a_place_that_is_none_is_one_line(
    metrics: CollectorRegistry, tmp_path: Path, place: str, why: str
) -> None:
    with pytest.raises(MetricsError, match=rf"the metrics cannot be written \({why}\)$"):
        write_textfile(tmp_path / place, metrics)


# The command


def test_the_command_prints_them(archive: Archive, path: Path) -> None:
    fill(archive)
    shown = CliRunner().invoke(main, ["metrics", "--archive", str(path)])
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert samples(shown.stdout)["warta_articles", (("site", "pagi"),)] == 1


def test_the_command_writes_them(archive: Archive, path: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(
        main, ["metrics", "--archive", str(path), "--output", str(tmp_path / "warta.prom")]
    )
    assert (shown.exit_code, shown.output) == (0, "")
    assert "warta_collect_success 1.0" in (tmp_path / "warta.prom").read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [["--archive", "tidak-ada.db"], ["--archive", ".", "-o", "x.prom"], ["-o", "tidak-ada/x.prom"]],
)
def test_what_cannot_be_done_is_one_line(
    archive: Archive, path: Path, arguments: list[str]
) -> None:
    shown = CliRunner().invoke(main, ["metrics", "--archive", str(path), *arguments])
    assert (shown.exit_code, shown.stdout, shown.stderr.count("\n")) == (1, "", 1)


# The dashboard


def test_the_dashboard_is_json_that_grafana_imports() -> None:
    shown = CliRunner().invoke(main, ["metrics", "--dashboard"])
    assert shown.exit_code == 0
    board = json.loads(shown.stdout)
    assert board["schemaVersion"] >= 36
    assert board["title"] == "warta"
    variables = {each["name"]: each["type"] for each in board["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "query", "site": "query"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(
        files("scraper.monitoring.metrics").joinpath("warta.json").read_text("utf-8")
    )["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_dashboard_asks_for_every_metric_that_there_is_and_for_no_other(
    archive: Archive, metrics: CollectorRegistry
) -> None:
    fill(archive)
    notified(archive, [Incident(kind="disk", site=None, since=NOW, why="Penuh.")], [], now=NOW)
    board = files("scraper.monitoring.metrics").joinpath("warta.json").read_text("utf-8")
    asked = set(re.findall(r"\bwarta_\w+", board))
    assert asked == {name for name, _labels in samples(generate_latest(metrics).decode())}


def test_the_dashboard_is_only_for_stdout() -> None:
    assert CliRunner().invoke(main, ["metrics", "--dashboard", "--output", "x"]).exit_code == 2
