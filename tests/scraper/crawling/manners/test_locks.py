"""One process at a time asks a site, whoever starts it and whatever archive it is for; other sites
and readers go on beside it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.database.lock_files import take_lock
from archive.errors import ArchiveUnwritable
from scraper.politeness.leases import take_all
from scraper.politeness.locks import Locked, locks_folder, schedule_lock, site_lock, writer_lock
from scraper.schedule.interrupted import end_interrupted
from tests.preloaded import MAX_SECONDS, start
from tests.scraper.crawling.conftest import Waiting, environment, rows, run, small_site
from tests.scraper.crawling.newsroom import newsrooms

pytestmark = pytest.mark.processes


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


SPEED = ("-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=uji@example.org")


@pytest.fixture
def under_way(serve, news, tmp_path_factory):
    """(answers, proxy, process) of a crawl of rmol that waits for its first story."""
    answers = Waiting(newsrooms(1, rmol=0, suara=2) | small_site(1, 2))
    proxy = serve(answers)
    command = ("crawl", "rmol", "--archive", str(news), *SPEED)
    process = start(
        *command, environment=environment(proxy), folder=tmp_path_factory.mktemp("under_way")
    )
    assert answers.asked.wait(MAX_SECONDS)
    yield answers, proxy, process
    answers.let_go.set()
    process.join(MAX_SECONDS)
    assert process.exitcode is not None


def test_a_second_crawl_of_the_site_ends_with_one_line_before_anything_is_requested(
    under_way, news, tmp_path, request
):
    answers, proxy, first = under_way
    before = proxy.requests.copy()
    link = tmp_path / "lain.db"
    link.symlink_to(news)
    for name in (news, link):
        told = f"Error: {name}: another process is crawling rmol; one crawl of a site at a time ("
        done = run(proxy, "scraper", "crawl", "suara", "rmol", "--archive", str(name), *SPEED)
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout, line.startswith(told)) == (1, "", True)
        assert line.endswith(f"archive {news})")
    done = run(
        proxy,
        "scrapy",
        "crawl",
        "rmol",
        "-s",
        f"ARCHIVE={news}",
        "-s",
        "LOG_LEVEL=ERROR",
        cwd=request.config.rootpath,
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith(told.replace(str(link), str(news)))) == (1, True)
    assert proxy.requests == before
    answers.let_go.set()
    first.join(MAX_SECONDS)
    assert first.exitcode == 0
    assert rows(news, "SELECT site, end_reason FROM crawls") == [
        {"site": "rmol", "end_reason": "finished"}
    ]


def test_another_site_is_crawled_beside_it(under_way, news):
    _answers, proxy, _first = under_way
    assert run(proxy, "scraper", "crawl", "suara", "--archive", str(news), *SPEED).returncode == 0


@pytest.mark.parametrize(
    "command",
    [
        ("crawl", "rmol", "--archive", "lain.db"),
        ("crawl", "rmol", "--plan"),
        ("crawl", "rmol", "--plan", "--archive", "lain.db"),
        ("doctor", "rmol"),
    ],
)
def test_nobody_else_asks_a_site_meanwhile_whatever_the_archive(under_way, tmp_path, command):
    _answers, proxy, _first = under_way
    before = proxy.requests.copy()
    done = run(proxy, "scraper", *command, *SPEED, cwd=tmp_path)
    told = "Error: rmol: another process is crawling this site; one at a time (PID "
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout, line.startswith(told)) == (1, "", True)
    assert proxy.requests == before


def test_a_plan_of_scrapys_own_asks_nobody_either(under_way, tmp_path, request):
    _answers, proxy, _first = under_way
    before = proxy.requests.copy()
    plan = (
        "crawl",
        "rmol",
        "-a",
        "plan=1",
        "-s",
        f"ARCHIVE={tmp_path / 'lain.db'}",
        "-s",
        "LOG_LEVEL=ERROR",
    )
    done = run(proxy, "scrapy", *plan, cwd=request.config.rootpath)
    assert (done.returncode, "rmol: another process is crawling this site" in done.stderr) == (
        1,
        True,
    )
    assert proxy.requests == before


def test_all_sites_without_a_name_are_those_that_nobody_crawls_already(under_way, news):
    answers, proxy, first = under_way
    done = run(proxy, "scraper", "crawl", "--archive", str(news), "--limit", "1", "--json", *SPEED)
    line = done.stderr.splitlines()[0]
    assert line.startswith(f"{news}: another process is crawling rmol; one crawl of a site at a")
    assert line.endswith("); it is skipped")
    sites = [json.loads(line)["site"] for line in done.stdout.splitlines()]
    assert sites == ["islamtimes", "medcom", "republika", "suara"]
    answers.let_go.set()
    first.join(MAX_SECONDS)
    assert first.exitcode == 0


def test_who_holds_a_site_is_said_by_process_command_time_and_archive(under_way, tmp_path):
    _answers, proxy, first = under_way
    done = run(proxy, "scraper", "crawl", "rmol", "--archive", "lain.db", *SPEED, cwd=tmp_path)
    (line,) = done.stderr.splitlines()
    found = re.fullmatch(r".* \(PID (\d+), `warta (.*)`, since (\S+), archive (.*)\)", line)
    assert found is not None, line
    news = found[4]
    assert (int(found[1]), found[2]) == (first.pid, f"crawl rmol --archive {news}")
    assert datetime.fromisoformat(found[3]) <= datetime.now(UTC)
    assert Path(news).exists()


def test_settings_are_in_no_note(under_way, news):
    assert "uji@example.org" not in news.with_name("news.db.rmol.lock").read_text()


HOLD = """
import sys
from pathlib import Path
from scraper.politeness.locks import writer_lock
held = writer_lock(Path(sys.argv[1]), "rmol")
print("taken", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(news):
    """The number of a process that holds the lock, and is killed in the end."""
    command = [sys.executable, "-c", HOLD, str(news)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            assert process.stdout.readline() == "taken\n"
            yield process.pid
        finally:
            process.kill()


def refusal(news):
    with pytest.raises(Locked) as refused:
        writer_lock(news, "rmol")
    return str(refused.value)


def lock_file(news):
    return news.with_name("news.db.rmol.lock")


def test_without_a_readable_note_the_lock_holds_and_nobody_is_named(news):
    notes = (
        b"",
        b"bukan catatan",
        b"[1]",
        b'{"pid": {}}',
        b'{"pid": 0, "born": null}',
        bytes(9000),
    )
    with holding(news):
        for note in notes:
            lock_file(news).write_bytes(note)
            assert refusal(news).endswith("one crawl of a site at a time")


def test_the_note_of_a_killed_process_names_nobody_and_is_overwritten(news):
    with holding(news) as killed:
        stale = lock_file(news).read_text()
    with holding(news) as process:
        assert f"PID {process}," in refusal(news)
        lock_file(news).write_text(stale)  # as if it could write no note of its own
        assert str(killed) not in refusal(news)


def test_a_process_that_got_the_number_of_a_killed_one_is_not_named(news):
    with holding(news) as process:
        assert f"PID {process}," in refusal(news)
        note = json.loads(lock_file(news).read_text()) | {"born": "1"}
        lock_file(news).write_text(json.dumps(note))
        assert "PID" not in refusal(news)


def test_a_note_from_outside_reaches_no_terminal_as_it_is(news):
    with holding(news):
        note = json.loads(lock_file(news).read_text()) | {"command": "\x1b[31mmerah\nbaris"}
        lock_file(news).write_text(json.dumps(note))
        assert "merah" in refusal(news)
        assert refusal(news).isprintable()


def test_a_killed_crawl_holds_no_lock(under_way, news):
    answers, proxy, first = under_way
    os.kill(first.pid, signal.SIGKILL)
    first.join(MAX_SECONDS)
    assert first.exitcode == -signal.SIGKILL
    answers.let_go.set()
    done = run(proxy, "scraper", "crawl", "rmol", "--archive", str(news), *SPEED)
    assert done.returncode == 0, done.stderr


def test_the_locks_of_several_sites_are_taken_together_or_not_at_all(news):
    command = (
        "import sys; from pathlib import Path; from scraper.politeness.leases import *;"
        " take_all(Path(sys.argv[1]), sys.argv[2:])"
    )

    def elsewhere(*sites: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", command, str(news), *sites],
            capture_output=True,
            text=True,
            timeout=MAX_SECONDS,
            check=False,
        )
        return done.stderr.rpartition("scraper.politeness.locks.")[2].strip()

    with (
        take_all(news, ["suara"]),
        take_all(news, ["suara", "rmol"]),
    ):  # this process has it already
        assert "another process is crawling rmol" in elsewhere("medcom", "rmol")
        assert elsewhere("medcom") == ""
    with take_all(None, ["rmol"]):
        assert "rmol: another process is crawling" in elsewhere("rmol")
    assert elsewhere("suara", "rmol") == ""


def test_a_lock_is_a_file_only_while_it_is_held_and_by_the_last_who_holds_it(news):
    folder = news.parent
    outer = take_all(news, ["suara"])
    with take_all(news, ["suara", "rmol"]):
        assert names(folder) == ["news.db.rmol.lock", "news.db.suara.lock"]
    assert names(folder) == ["news.db.suara.lock"]
    outer.close()
    assert names(folder) == []
    assert not {"suara.lock", "rmol.lock"} & set(names(locks_folder()))


def test_what_a_killed_crawl_left_is_taken_over_and_removed(under_way, news):
    _answers, _proxy, first = under_way
    assert news.with_name("news.db.rmol.lock").exists()
    os.kill(first.pid, signal.SIGKILL)
    first.join(MAX_SECONDS)
    end_interrupted(news, "rmol", now=datetime.now(UTC))
    assert [name for name in names(news.parent) if name.endswith(".lock")] == []


TAKE_TURNS = """
import sys
from pathlib import Path
from archive.errors import Locked
from scraper.politeness.locks import writer_lock
counted = Path(sys.argv[2])
for _turn in range(60):
    try:
        with writer_lock(Path(sys.argv[1]), "suara"):
            number = int(counted.read_text())
            counted.write_text(str(number + 1))
            print("taken", flush=True)
    except Locked:
        pass
"""


def test_no_two_processes_hold_a_lock_whose_file_comes_and_goes(news, tmp_path):
    counted = tmp_path / "hitungan"
    counted.write_text("0")
    command = [sys.executable, "-c", TAKE_TURNS, str(news), str(counted)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _number in range(3)
    ]
    outputs = [process.communicate(timeout=MAX_SECONDS)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert int(counted.read_text()) == sum(text.count("taken") for text in outputs)


HOLD_UNTIL_THE_END_OF_INPUT = """
import sys
from pathlib import Path
from scraper.politeness.locks import writer_lock
with writer_lock(Path(sys.argv[1]), "suara"):
    print("taken", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may be two users")
def test_another_user_of_the_archive_is_kept_out_and_only_until_the_lock_is_released(
    folder_of_a_user,
):
    archive = folder_of_a_user / "news.db"
    folder_of_a_user.chmod(0o777)
    stepped_down = os.geteuid()
    os.seteuid(0)
    command = [sys.executable, "-c", HOLD_UNTIL_THE_END_OF_INPUT, str(archive)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        os.seteuid(stepped_down)
        assert holder.stdout.readline() == b"taken\n"
        with pytest.raises((Locked, ArchiveUnwritable), match="suara"):
            take_all(archive, ["suara"])
        holder.communicate(timeout=MAX_SECONDS)
    assert names(folder_of_a_user) == []
    take_lock(archive.with_name("news.db.suara.lock")).close()


def test_threads_take_turns_with_a_lock_of_their_process(news):
    def take(_turn):
        with take_all(news, ["suara"]):
            assert news.with_name("news.db.suara.lock").exists()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, range(200)))
    assert names(news.parent) == []


def test_a_lock_that_cannot_be_made_is_reported_in_one_line(news):
    news.with_name("news.db.suara.lock").mkdir()
    with pytest.raises(ArchiveUnwritable, match=r"news.db.suara.lock: the lock cannot be taken"):
        take_all(news, ["suara"])


def test_the_folder_of_locks_is_the_named_one_else_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("WARTA_LOCKS", str(tmp_path / "kunci"))
    with site_lock("suara"):
        assert (tmp_path / "kunci" / "suara.lock").exists()
    monkeypatch.delenv("WARTA_LOCKS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "rumah"))
    with site_lock("suara"):
        assert (tmp_path / "rumah" / "warta" / "locks" / "suara.lock").exists()


def test_a_user_without_a_folder_of_its_own_locks_in_one_that_nobody_else_may_write_to(
    tmp_path, monkeypatch
):
    (tmp_path / "rumah").write_text("bukan folder")
    monkeypatch.delenv("WARTA_LOCKS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "rumah"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with site_lock("suara"):
        (folder,) = tmp_path.glob("warta-*")
        assert (folder / "suara.lock").exists()
    folder.chmod(0o777)
    with pytest.raises(ArchiveUnwritable, match="name another one with WARTA_LOCKS"):
        site_lock("suara")


def test_a_named_folder_that_cannot_be_made_is_reported_in_one_line(tmp_path, monkeypatch):
    (tmp_path / "kunci").write_text("bukan folder")
    monkeypatch.setenv("WARTA_LOCKS", str(tmp_path / "kunci"))
    with pytest.raises(ArchiveUnwritable, match="the folder for locks cannot be created"):
        site_lock("suara")


def test_the_schedules_lock_is_none_of_a_site(news):
    with take_all(news, ["suara"]):
        schedule_lock(news).close()
    assert issubclass(Locked, Exception)
