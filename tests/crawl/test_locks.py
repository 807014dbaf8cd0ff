"""One crawl of a site at a time, whoever starts it; other sites, plans and readers go on beside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from threading import Event

import pytest

from scraper.demo.proxy import Answer
from scraper.locks import Locked, crawl_lock, crawl_locks, schedule_lock
from tests.crawl.conftest import environment, rows, run, small_site
from tests.crawl.newsroom import newsrooms

SPEED = ("-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=uji@example.org")


class Waiting:
    """A site whose stories are told only when it is let go."""

    def __init__(self) -> None:
        self.answers = newsrooms(1, rmol=0, suara=2) | small_site(1, 2)
        self.asked, self.let_go = Event(), Event()

    def __call__(self, url: str) -> Answer | None:
        if "rmol.id/nusantara/read/" in url:
            self.asked.set()
            self.let_go.wait(60)
        return self.answers.get(url)


@pytest.fixture
def under_way(serve, news):
    """(answers, proxy, process) of a crawl of rmol that waits for its first story."""
    answers = Waiting()
    proxy = serve(answers)
    command = [sys.executable, "-m", "scraper", "crawl", "rmol", "--archive", str(news), *SPEED]
    with subprocess.Popen(command, env=environment(proxy), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert answers.asked.wait(60)
        yield answers, proxy, process
        answers.let_go.set()
        process.communicate(timeout=60)


def test_a_second_crawl_of_the_site_ends_with_one_line_before_anything_is_asked(under_way, news, tmp_path, request):
    answers, proxy, first = under_way
    before = proxy.requests.copy()
    link = tmp_path / "lain.db"
    link.symlink_to(news)
    for name in (news, link):
        told = f"Error: {name}: rmol is being crawled by another process; one crawl of a site at a time"
        done = run(proxy, "scraper", "crawl", "suara", "rmol", "--archive", str(name), *SPEED)
        assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", [told])
    done = run(proxy, "scrapy", "crawl", "rmol", "-s", f"ARCHIVE={news}", "-s", "LOG_LEVEL=ERROR", cwd=request.config.rootpath)
    assert (done.returncode, done.stderr.splitlines()) == (1, [told.replace(str(link), str(news))])
    assert proxy.requests == before
    answers.let_go.set()
    assert first.wait(60) == 0
    assert rows(news, "SELECT site, end_reason FROM crawls") == [{"site": "rmol", "end_reason": "finished"}]


def test_another_site_and_another_archive_are_crawled_beside_it(under_way, news, tmp_path):
    _answers, proxy, _first = under_way
    assert run(proxy, "scraper", "crawl", "suara", "--archive", str(news), *SPEED).returncode == 0
    shutil.copy(news, tmp_path / "lain.db")
    assert run(proxy, "scraper", "crawl", "suara", "--archive", str(tmp_path / "lain.db"), *SPEED).returncode == 0


def test_a_plan_takes_no_lock(under_way, news):
    _answers, proxy, _first = under_way
    done = run(proxy, "scraper", "crawl", "rmol", "--plan", "--archive", str(news), *SPEED)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_a_killed_crawl_holds_no_lock(under_way, news):
    answers, proxy, first = under_way
    os.kill(first.pid, signal.SIGKILL)
    first.wait(60)
    answers.let_go.set()
    done = run(proxy, "scraper", "crawl", "rmol", "--archive", str(news), *SPEED)
    assert done.returncode == 0, done.stderr


def test_the_locks_of_several_sites_are_taken_together_or_not_at_all(news):
    command = "import sys; from pathlib import Path; from scraper.locks import *; crawl_locks(Path(sys.argv[1]), sys.argv[2:])"

    def elsewhere(*sites: str) -> str:
        done = subprocess.run([sys.executable, "-c", command, str(news), *sites], capture_output=True, text=True, timeout=60, check=False)
        return done.stderr.rpartition("scraper.locks.")[2].strip()

    with crawl_locks(news, ["suara"]), crawl_locks(news, ["suara", "rmol"]):  # this process has it already
        assert "rmol is being crawled" in elsewhere("medcom", "rmol")
        assert elsewhere("medcom") == ""
    assert elsewhere("suara", "rmol") == ""


def test_a_lock_that_cannot_be_made_is_told_in_one_line(news):
    news.with_name("news.db.suara.lock").mkdir()
    with pytest.raises(Exception, match=r"news.db.suara.lock: the lock cannot be taken"):
        crawl_lock(news, "suara")


def test_the_schedules_lock_is_none_of_a_site(news):
    with crawl_locks(news, ["suara"]):
        schedule_lock(news).release()
    assert issubclass(Locked, Exception)
