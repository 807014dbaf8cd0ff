"""What an address holds beside its host and path (users, passwords, signatures) is shown and kept
nowhere: not by the commands that read it, and not by those that take it for a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import process_time

import click
import pytest
from click.testing import CliRunner

from archive.printable import shown_address, without_secrets
from scraper.cli.main import main
from scraper.ingest.pipeline import execution, streams
from tests.archive.corpus.newsroom import in_this_process
from tests.scraper.cli.every_command import EVERY_COMMAND, STARTS_CRAWLS, words
from tests.scraper.ingest.pipeline.server import Files, serving
from tests.scraper.ingest.pipeline.world import captured, job_of

SECRET = "r4h4s14"
SIGNED = f"?X-Amz-Signature={SECRET}&se=2026-11-30T00:00:00Z&sig={SECRET}"
ADDRESS = f"https://sari:{SECRET}@127.0.0.1:9/berita/a.warc.gz{SIGNED}"


WRITES_ITS_PATHS = {"schedule cron", "schedule systemd"}
"""What they print is to be installed, with the paths as they were given; none is an address."""


def paths_of(command: click.Command) -> Iterator[click.Parameter]:
    """Yield what a command takes that may be an address by intent or by mistake."""
    for parameter in command.params:
        if "path" in parameter.type.name or "--archive" in parameter.opts:
            yield parameter


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return tmp_path


@pytest.mark.parametrize("name", sorted(set(EVERY_COMMAND) - STARTS_CRAWLS - WRITES_ITS_PATHS))
def test_no_command_shows_them(folder: Path, name: str) -> None:
    for parameter in paths_of(EVERY_COMMAND[name]):
        done = CliRunner().invoke(main, [*name.split(), *words(name, parameter, ADDRESS)])
        assert done.exception is None or isinstance(done.exception, SystemExit), parameter.name
        assert SECRET not in done.output, parameter.name


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr(streams, "is_private", lambda _host: False)
    monkeypatch.setattr("scraper.ingest.pipeline.streams.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(execution, "readers", in_this_process)
    with serving() as files:
        yield files


def test_an_import_of_signed_addresses_shows_and_keeps_none(
    tmp_path: Path, server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    files = captured(tmp_path)
    server.files = {path.name + SIGNED: path.read_bytes() for path in files[:2]}
    there = [server.url(path.name + SIGNED) for path in files]  # the third is not there
    news = tmp_path / "news.db"
    for more in (["--plan"], ["--plan", "--json"], ["--json"], []):
        done = CliRunner().invoke(
            main, ["import", "--archive", str(news), "--executor", "local", *more, *there]
        )
        assert done.exit_code in (0, 3), done.output
        assert SECRET not in done.output
        assert "2.warc" in done.output
    assert SECRET.encode() not in news.read_bytes()
    (plain,) = [len(server.requests)]
    again = [address.replace("se=2026", "se=2027") for address in there[:2]]
    server.files |= {
        name.replace("se=2026", "se=2027"): data for name, data in server.files.items()
    }
    CliRunner().invoke(
        main, ["import", "--archive", str(news), "--executor", "local", "--json", *again]
    )
    later = [method for method, _path, _range in server.requests[plain:]]
    assert later == ["HEAD", "HEAD"]  # signed anew, they are the files that it has


def broken(*_given: object) -> None:
    raise OSError(f"Max retries exceeded with url: /a.warc.gz{SIGNED}")


def test_what_fails_says_it_without_them(
    tmp_path: Path, server: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "sift", broken)
    news, address = tmp_path / "news.db", server.url(f"a.warc.gz{SIGNED}")
    done = CliRunner().invoke(
        main, ["import", "--archive", str(news), "--executor", "local", address]
    )
    assert done.exit_code == 1
    assert SECRET not in done.output
    work = tmp_path / ".news.db.importing"
    assert (work / "job.json").stat().st_mode & 0o077 == 0  # tasks read the address there


def test_logs_of_tasks_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(tmp_path / "news.db", [f"https://127.0.0.1:9/a.warc{SIGNED}"], tasks=1)
    (index, *_later) = execution.stages(job)
    monkeypatch.setattr(execution, "sift", broken)
    # A log shows the values in all frames: those of the test are none of a task's.
    with ThreadPoolExecutor(1) as alone, pytest.raises(streams.Unfetched):
        alone.submit(index.local()._run_for_rank, 0).result()
    (log,) = job.logs("index").rglob("*.log")
    assert "https://127.0.0.1:9/a.warc: Max retries" in log.read_text()
    assert not [line for line in log.read_text().splitlines() if SECRET in line]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"s3://kunci:{SECRET}@ember/a?versionId=3", "s3://ember/a"),
        (f"az://wadah/a.warc.gz?sv=1&sig={SECRET}", "az://wadah/a.warc.gz"),
        (f"abfs://wadah@akun.example/a?sig={SECRET}", "abfs://wadah@akun.example/a"),
        (f"abfs://wadah:{SECRET}@akun.example/a", "abfs://akun.example/a"),
        (f"https://{SECRET}@h/a#{SECRET}", "https://h/a"),
        ("/srv/berita?a/b#c.db", "/srv/berita?a/b#c.db"),
        ("http://[x", "http://..."),
    ],
)
def test_an_address_as_it_is_shown(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        (f"cannot open 'https://a:{SECRET}@h/b'", "cannot open 'https://...@h/b'"),
        (f"https:/a:{SECRET}@h/b: no such file", "https:/...@h/b: no such file"),
        (f"url: /b?v=2&sig={SECRET}: too many", "url: /b?v=2&sig=...: too many"),
        (f"/b?X-Goog-Signature={SECRET}&v=2", "/b?X-Goog-Signature=...&v=2"),
        (f"/b?access_token={SECRET})", "/b?access_token=...)"),
        (f"https://{SECRET}@h/b: no route", "https://...@h/b: no route"),
        (f"https://a:b@{SECRET}@h/b", "https://...@h/b"),
        (f"abfs://wadah@akun/a?se=1&sig={SECRET}", "abfs://wadah@akun/a?se=1&sig=..."),
        (f"abfs://wadah:{SECRET}@akun/a", "abfs://...@akun/a"),
        (f"/b?api_key={SECRET}&apikey={SECRET}", "/b?api_key=...&apikey=..."),
        (
            "https://h/@redaksi?page=2&sp=1&sr=a@h&monkey=3: none",
            "https://h/@redaksi?page=2&sp=1&sr=a@h&monkey=3: none",
        ),
        (
            "https://kabar.example/b?p=12: it is refused",
            "https://kabar.example/b?p=12: it is refused",
        ),
        ("at 10:30 sari@kabar.example wrote", "at 10:30 sari@kabar.example wrote"),
    ],
)
def test_a_sentence_that_quotes_one(sentence: str, shown: str) -> None:
    assert without_secrets(sentence) == shown


@pytest.mark.parametrize("unit", ["a.", "a:/", ":", "a:/:", "?key=", "&a-", "?a-key", "abfs:/:"])
def test_a_long_sentence_takes_no_longer_than_its_length(unit: str) -> None:
    def seconds(size: int) -> float:
        began = process_time()
        without_secrets(unit * (size // len(unit)))
        return process_time() - began

    assert seconds(400_000) < 6
