"""`warta serve`: the real server, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from scraper.cli.main import main


@contextmanager
def served(path: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """(the address that a server prints, its process)"""
    command = [sys.executable, "-m", "scraper", "serve", "--archive", str(path), "--port", "0"]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        yield line.split()[1], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.processes
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_and_serves_until_it_is_ended(
    demo_copy: Path, ending: signal.Signals
) -> None:
    with served(demo_copy) as (address, process):
        assert address.startswith("http://127.0.0.1:")
        with urlopen(f"{address}article/1") as reply:
            assert "Pameran Kitab Langka" in reply.read().decode()
            assert "server" not in {name.lower() for name in reply.headers}
        process.send_signal(ending)
        _out, err = process.communicate()
    assert process.returncode == (0 if ending is signal.SIGINT else -ending)
    assert "Traceback" not in err


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["serve", *arguments])
    return done.exit_code, done.output


def test_a_port_in_use_is_one_line(demo_copy: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        code, output = run("--archive", str(demo_copy), "--port", str(port))
    assert code == 1
    assert output.startswith(f"Error: 127.0.0.1:{port}: nothing can listen there (")
    assert "--port" in output and len(output.splitlines()) <= 2


def test_an_address_of_another_machine_is_one_line(demo_copy: Path) -> None:
    code, output = run("--archive", str(demo_copy), "--host", "192.0.2.1")
    assert code == 1
    assert "nothing can listen there" in output


@pytest.mark.parametrize("host", ["no such host", "256.1.1.1", ""])
def test_what_is_no_address_is_one_line(demo_copy: Path, host: str) -> None:
    code, output = run("--archive", str(demo_copy), "--host", host, "--port", "0")
    assert (code, "Traceback" in output) == (1, False)


def test_a_missing_archive_is_one_line(path: Path) -> None:
    code, output = run("--archive", str(path))
    assert code == 1
    assert "there is no archive here" in output


def test_another_host_than_loopback_is_said_loudly(
    demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.web.serve.run", lambda *_args, **_options: None)
    code, output = run("--archive", str(demo_copy), "--host", "0.0.0.0", "--port", "0")
    assert code == 0
    assert "Everyone who can reach 0.0.0.0 can read all of" in output
    _code, output = run("--archive", str(demo_copy), "--port", "0")
    assert "Everyone" not in output


def test_open_opens_the_front_page_and_readers_give_way_to_crawls(
    demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    added: list[int] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_args, **_options: None)
    monkeypatch.setattr("os.nice", added.append)
    code, output = run("--archive", str(demo_copy), "--port", "0", "--open")
    assert code == 0
    assert opened == [output.split()[1]]
    assert added == [5]


def test_without_its_extra_it_says_what_to_install(
    demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for name in [name for name in sys.modules if name.startswith("scraper.web.")]:
        monkeypatch.delitem(sys.modules, name)
    code, output = run("--archive", str(demo_copy))
    assert code == 1
    assert "pip install 'warta[web]'" in output


@pytest.fixture
def datasette(tmp_path: Path) -> Callable[..., list[str]]:
    """What `datasette FILE --get ADDRESS` prints for each, where warta is installed: its entry
    points are those that its project declares.
    """
    from tests.conftest import ROOT

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    installed = tmp_path / "site-packages/warta-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: warta\nVersion: 0\n")
    lines = [f"{name} = {module}" for name, module in declared["datasette"].items()]
    (installed / "entry_points.txt").write_text("\n".join(["[datasette]", *lines]))
    path = os.pathsep.join([str(installed.parent), *sys.path])
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": path}

    def run(file: Path, *addresses: str) -> list[str]:
        command = [sys.executable, "-m", "datasette", str(file)]
        return [
            subprocess.run(
                [*command, "--get", address],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            ).stdout
            for address in addresses
        ]

    return run


def test_datasette_itself_shows_the_pages_and_its_tables(
    demo_copy: Path, datasette: Callable[..., list[str]]
) -> None:
    front, table = datasette(demo_copy, "/", "/news/latest.json?_shape=array&_size=1")
    assert "Newest in the archive" in front
    assert '"article_id"' in table


def test_the_plugin_sleeps_where_there_is_no_archive(
    tmp_path: Path, make_other: Callable[[Path], Path], datasette: Callable[..., list[str]]
) -> None:
    front, unknown = datasette(make_other(tmp_path / "other.db"), "/", "/nowhere")
    assert "Newest in the archive" not in front
    assert "other" in front
    assert "Database not found" in unknown


@pytest.fixture
def make_other() -> Callable[[Path], Path]:
    import sqlite3

    def make(path: Path) -> Path:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE lain (a)")
        return path

    return make
