"""`warta import --executor`: where its tasks run changes no row, and what does not fit is a
sentence.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from scraper.ingest.pipeline import execution
from scraper.ingest.pipeline.job import Job
from tests.archive.corpus.newsroom import in_this_process
from tests.scraper.ingest.pipeline.world import captured
from tests.slurm import OPTIONS, stand_in

STORIES = """SELECT site, key, number, kind, digest FROM revisions r
    JOIN articles a ON a.id = r.article_id ORDER BY 1, 2, 3"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files, and the archive that one import makes of them."""
    folder = tmp_path_factory.mktemp("made")
    captured(folder)
    warta(folder / "one.db", *folder.glob("*.warc*"), "-j", "1")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, and tasks that run in this process."""
    shutil.copytree(made, tmp_path / "here")
    monkeypatch.setattr(execution, "readers", in_this_process)
    return tmp_path / "here"


def warta(news: Path, *arguments: object) -> Result:
    done = CliRunner().invoke(main, ["import", "--archive", str(news), *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def stories(news: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(news)) as db:
        return db.execute(STORIES).fetchall()


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("crawl-*"))


def test_tasks_of_this_machine_do_what_one_import_does_and_leave_nothing(folder: Path) -> None:
    news = folder / "news.db"
    done = warta(news, "--executor", "local", "--tasks", "3", "--json", *files(folder))
    assert done.exit_code == 3  # one of the files is damaged
    assert stories(news) == stories(folder / "one.db")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    with Archive(folder / "one.db", read_only=True) as archive:
        kept = archive.db.query("SELECT name, counts FROM imported_files")
        counts = {row["name"]: json.loads(row["counts"]) for row in kept}
    assert {Path(row.pop("file")).name: row for row in rows} == counts
    assert not (folder / ".news.db.importing").exists()


@pytest.mark.slow
def test_slurm_runs_the_stages_after_one_another(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm = stand_in(tmp_path / "slurm", monkeypatch)
    given = [word for option in OPTIONS for word in ("-x", option)]
    done = warta(folder / "news.db", "--executor", "slurm", "--tasks", "2", *given, *files(folder))
    assert "Slurm has the import" in done.stderr
    assert not list((slurm / "failed").iterdir())
    assert stories(folder / "news.db") == stories(folder / "one.db")
    work = folder / ".news.db.importing"
    assert not (work / "shards").exists()
    (slurm / "queue").write_text("3 cpu warta-import\n")
    again = warta(folder / "news.db", "--executor", "slurm", "--tasks", "2", *given, *files(folder))
    assert again.exit_code == 1
    assert "Slurm has queued this import as job" in again.stderr


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: no part of warta[test]")
@pytest.mark.filterwarnings("ignore")  # of Ray: as errors they would keep workers from starting
def test_ray_does_what_one_import_does(folder: Path) -> None:
    warta(folder / "news.db", "--executor", "ray", "--tasks", "2", *files(folder))
    assert stories(folder / "news.db") == stories(folder / "one.db")


def test_a_plan_reads_no_file_and_writes_nothing(folder: Path) -> None:
    named = folder / "daftar.txt"
    named.write_text("".join(f"{path.name}\n" for path in files(folder)))
    done = warta(folder / "news.db", "--executor", "local", "--plan", "--tasks", "2", named)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [str(path) for path in files(folder)]
    assert "3 files, in 2 tasks" in done.stderr
    assert not (folder / "news.db").exists()
    assert not list(folder.glob(".*"))


def test_one_site_only(folder: Path) -> None:
    for news, more in ((folder / "a.db", ()), (folder / "b.db", ("--executor", "local"))):
        warta(news, *more, "--site", "rmol", *files(folder))
        assert {site for site, *_rest in stories(news)} == {"rmol"}
    assert stories(folder / "a.db") == stories(folder / "b.db")


def test_a_task_that_fails_is_a_sentence_and_the_same_command_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, given = folder / "news.db", ("--executor", "local", "--tasks", "2")

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(execution, "import_shard", full)
        done = warta(news, *given, *files(folder))
    assert done.exit_code == 1
    assert "2 of 2 tasks failed ([Errno 28] No space left on device)" in done.stderr
    other = warta(news, *given, *files(folder)[:1])
    assert "an import of other files, or with other options, is unfinished" in other.stderr
    began = Job.load(folder / ".news.db.importing").now
    warta(news, *given, *files(folder))
    assert stories(news) == stories(folder / "one.db")
    with Archive(news, read_only=True) as archive:
        assert archive.clock.latest() == began


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["https://arsip.example/a.warc.gz"], "addresses are read with --executor"),
        (["--tasks", "3", "a.warc"], "--tasks, -x and --plan need --executor"),
        (["--executor", "local", "-"], "--executor is for web archives"),
        (["--executor", "local", "--csv", "a.csv"], "--executor is for web archives"),
        (["--executor", "ray", "-j", "2", "a.warc"], "-j is for this machine"),
        (["--executor", "local", "-x", "a=b", "a.warc"], "--executor-option is for"),
        (["--executor", "slurm", "a.warc"], "--executor slurm needs --executor-option"),
        (["--executor", "local", "tiada.warc"], "tiada.warc: No such file"),
        (["--executor", "local", "ftp://a.example/b.warc"], "such addresses are not read"),
        (["--executor", "local", "http://127.0.0.1:9/a.warc"], "its host is internal"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(folder)
    done = warta(folder / "news.db", *arguments)
    assert done.exit_code != 0
    assert sentence in done.stderr
    assert not (folder / "news.db").exists()
