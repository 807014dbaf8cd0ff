"""Ctrl-C at a real terminal: a command stops with one line and exit status 130, leaves nothing
half-written and no bar; a second Ctrl-C ends it at once.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import sqlite3
import termios
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import pyte
import pytest

from archive import Archive
from archive.maintenance.verify import verify
from scraper.cli.demo.proxy import ReplayProxy
from tests.preloaded import MAX_SECONDS, start, warta
from tests.scraper.crawling.conftest import Waiting, environment, rows, small_site, story
from tests.waiting import until

PAUSING = "tests.scraper.cli.interrupted.pausing"
CTRL_C = b"\x03"


@dataclass(kw_only=True)
class Terminal:
    """A terminal of 80 columns, and the command that it controls."""

    folder: Path
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(80, 24))

    def __post_init__(self) -> None:
        self._keys, shown = pty.openpty()
        attributes = termios.tcgetattr(shown)
        attributes[3] &= ~termios.ECHO  # ^C is not part of what the program writes
        termios.tcsetattr(shown, termios.TCSANOW, attributes)
        self._shown = shown
        self._stream = pyte.ByteStream(self.screen)
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self._keys, 65_536):
                self._stream.feed(piece)

    def start(self, *words: str, changed: str = PAUSING, **given: str) -> BaseProcess:
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.process = start(
            *words,
            environment=kept | given | {"TERM": "xterm"},
            folder=self.folder,
            cwd=self.folder,
            changed=changed,
            terminal=os.ttyname(self._shown),
        )
        return self.process

    def wait_for(self, file: Path) -> None:
        """Wait until the command has made a file."""
        until(lambda: file.exists() or self.process.exitcode is not None)
        assert file.exists(), self.screen.display

    def wait_for_words(self, words: str) -> None:
        """Wait until words are on the screen."""
        until(lambda: words in "".join(self.screen.display) or self.process.exitcode is not None)

    def press(self) -> None:
        os.write(self._keys, CTRL_C)

    def ended(self) -> tuple[int | None, list[str]]:
        """The exit status, and the lines that are left on the screen."""
        self.process.join(MAX_SECONDS)
        code = self.process.exitcode
        os.close(self._shown)
        self._reader.join(MAX_SECONDS)
        os.close(self._keys)
        assert not self.screen.cursor.hidden
        return code, [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(folder=tmp_path)
    yield opened
    if opened.process.exitcode is None:
        opened.process.kill()
        opened.process.join()


@pytest.fixture
def news(demo: tuple[Path, object], tmp_path: Path) -> Path:
    """An archive of its own, with the stories of the demo; and what else commands read."""
    copy = tmp_path / "news.db"
    shutil.copy(demo[0], copy)
    (tmp_path / "laman.html").write_bytes(story(1).body)
    url = "https://rmol.id/nusantara/read/2026/11/20/700001/saluran-air-1"
    line = json.dumps({"url": url, "html": "laman.html"})
    (tmp_path / "laman.jsonl").write_text(f"{line}\n" * 3)
    text = "Warga memperbaiki saluran air sejak Senin pagi dengan peralatan seadanya. " * 9
    records = [{"site": "kabar", "title": f"Judul {n}", "text": f"{n} {text}"} for n in range(3)]
    (tmp_path / "koleksi.jsonl").write_text("".join(map("{}\n".format, map(json.dumps, records))))
    return copy


def is_whole(path: Path) -> bool:
    with Archive(path, read_only=True) as archive:
        return all(finding.ok for finding in verify(archive))


COMMANDS = {
    "extract --manifest laman.jsonl": (
        "scraper.cli.ingest.extract:_print",
        "Stopped; every line that was printed is whole.",
    ),
    "clean --jsonl --field text koleksi.jsonl": (
        "scraper.cli.ingest.clean:print_record",
        "Stopped.",
    ),
    "import koleksi.jsonl": (
        "scraper.ingest.importer:write_record",
        "Stopped; what was written is complete: import the files again to resume.",
    ),
    "reextract --all": (
        "scraper.ingest.reextraction:_reread",
        "Stopped after 0 pages; what was written is complete, and the next run resumes.",
    ),
    "clusters rebuild -j 1": (
        "archive.maintenance.rebuild_clusters:_place_arrivals",
        "Stopped; every cluster is whole, old or new: run it again.",
    ),
    "corpus build korpus --filters none -j 1": (
        "archive.corpus.output.finish:publish",
        "Stopped; the same command resumes the build.",
    ),
    "backup salinan.db": (
        "scraper.cli.maintenance.backup:_check",
        "Stopped; there is no salinan.db.",
    ),
    "export warc halaman.warc.gz": (
        "archive.web_archives.export:page_records",
        "Stopped; the same command goes on from there.",
    ),
    "merge -j 1 semua.db news.db": (
        "archive.merge.merge:_put",
        "Stopped; the same merge, run again, resumes.",
    ),
    "verify": ("archive.maintenance.verify:_items", "Stopped; nothing was changed."),
    "compact": ("archive.maintenance.compact:finish", "Stopped; news.db is as it was."),
    "stats": ("archive.revisions.queries:stats", "Stopped."),
}
"""Command -> where it is when Ctrl-C comes, and the one line that it ends with."""
LATER = ("_print", "print_record", "write_record", "_reread", "_items")
"""What has been called once when Ctrl-C comes."""


SLOW = "corpus build korpus --filters none -j 1"


@pytest.mark.parametrize(
    "command",
    [pytest.param(each, marks=pytest.mark.slow if each == SLOW else ()) for each in COMMANDS],
)
def test_a_command_stops_with_one_line_and_130(
    command: str, terminal: Terminal, news: Path, tmp_path: Path
) -> None:
    place, line = COMMANDS[command]
    before = {file.name for file in tmp_path.iterdir()}
    turn = "2" if place.endswith(LATER) else "1"
    paused = tmp_path / "paused"
    terminal.start(*command.split(), PAUSE=place, PAUSE_AT=turn, PAUSED=str(paused))
    terminal.wait_for(paused)
    terminal.press()
    code, lines = terminal.ended()
    assert (code, lines[-1]) == (130, line)
    assert len(lines) == 1 or "--opted-out keep" in lines[-2]
    left = {file.name for file in tmp_path.iterdir()} - before - {"paused", "out", "err"}
    assert left <= {
        "news.db-wal",
        "news.db-shm",
        ".korpus.building",
        "halaman.warc.gz.partial",
        "semua.db.partial",
    }
    assert is_whole(news)
    for row in (tmp_path / "out").read_text().splitlines():
        json.loads(row)


def test_a_second_ctrl_c_ends_a_command_at_once_and_leaves_no_bar(
    terminal: Terminal, news: Path, tmp_path: Path
) -> None:
    paused, cleaning = tmp_path / "paused", tmp_path / "cleaning"
    place = {"PAUSE": "archive.maintenance.verify:_items", "PAUSED": str(paused)}
    terminal.start("verify", CLEANING=str(cleaning), **place)
    terminal.wait_for(paused)
    terminal.wait_for_words("verifying")
    terminal.press()
    terminal.wait_for(cleaning)
    terminal.press()
    assert terminal.ended() == (130, [])


def test_a_statement_of_sqlite_that_takes_minutes_is_stopped(
    terminal: Terminal, news: Path, tmp_path: Path
) -> None:
    """No Python runs meanwhile, which alone hears signals."""
    terminal.start(
        "stats", changed="tests.scraper.cli.interrupted.long_statement", PAUSED=str(tmp_path / "p")
    )
    terminal.wait_for(tmp_path / "p")
    terminal.press()
    code, _lines = terminal.ended()
    assert code == 130


# Crawls


@pytest.fixture
def under_way(terminal: Terminal) -> Iterator[tuple[Waiting, dict]]:
    """(the site, the environment) of a crawl that waits for its first story."""
    site = Waiting(small_site(1, 2, 3))
    with ReplayProxy(site) as proxy:
        given = environment(proxy)
        words = ("crawl", "rmol", "-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=uji@example.org")
        terminal.start(*words, changed="scraper.cli.main", **given)
        assert site.asked.wait(MAX_SECONDS)
        yield site, given
        site.let_go.set()


def resumed(given: dict, folder: Path) -> object:
    """How many stories there are after the next crawl."""
    words = ("crawl", "rmol", "-s", "DOWNLOAD_DELAY=0")
    assert warta(*words, environment=given, cwd=folder).returncode == 0
    return rows(folder / "news.db", "SELECT count(*) AS n FROM latest")[0]["n"]


def test_a_crawl_that_is_only_beginning_stops_as_well(terminal: Terminal, tmp_path: Path) -> None:
    paused, goes_on = tmp_path / "paused", tmp_path / "resumed"
    place = {"PAUSE": "scraper.crawling.extensions:redraws", "PAUSED": str(paused)}
    with ReplayProxy(small_site(1, 2, 3)) as proxy:
        given = environment(proxy)
        words = ("crawl", "rmol", "-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=uji@example.org")
        terminal.start(*words, **place, RESUMED=str(goes_on), **given)
        terminal.wait_for(paused)
        terminal.press()
        goes_on.touch()
        code, lines = terminal.ended()
    assert (code, lines[-1]) == (130, "Stopped; the next crawl resumes.")
    assert not [*tmp_path.glob("*.lock")]


def test_a_demo_leaves_nothing(terminal: Terminal, tmp_path: Path) -> None:
    terminal.start("demo", changed="scraper.cli.main")
    terminal.wait_for_words("islamtimes: ")
    terminal.press()
    assert terminal.ended() == (130, ["Stopped; there is no demo.db."])
    assert {file.name for file in tmp_path.iterdir()} == {"out", "err"}


STOPPING = "stopping after the pages in progress; Ctrl-C again stops at once"


def test_a_crawl_finishes_the_page_in_progress_and_the_next_crawl_resumes(
    under_way: tuple[Waiting, dict], terminal: Terminal, tmp_path: Path
) -> None:
    site, given = under_way
    terminal.press()
    terminal.wait_for_words(STOPPING)
    site.let_go.set()
    code, lines = terminal.ended()
    assert (code, lines[-2:]) == (130, [STOPPING, "Stopped; the next crawl resumes."])
    assert any(line.startswith("(warta help politeness)") for line in lines)  # wrapped at words
    news = tmp_path / "news.db"
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "shutdown"}]
    assert resumed(given, tmp_path) == 3


def test_a_second_ctrl_c_ends_a_crawl_at_once_and_loses_nothing(
    under_way: tuple[Waiting, dict], terminal: Terminal, tmp_path: Path
) -> None:
    site, given = under_way
    terminal.press()
    terminal.wait_for_words(STOPPING)
    terminal.press()
    code, lines = terminal.ended()
    assert (code, lines[-1]) == (130, STOPPING)
    site.let_go.set()
    news = tmp_path / "news.db"
    with closing(sqlite3.connect(news)) as db, db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert resumed(given, tmp_path) == 3


AT_THE_START = {
    "before the crawl": ("scraper.cli.crawling.crawl:run_spiders", "Stopped.", []),
    "before Scrapy runs": ("scrapy.crawler:AsyncCrawlerProcess.start", None, ["shutdown"]),
    "opening the archive": ("scraper.crawling.crawl:Crawl.begin", None, ["shutdown"]),
    "opening the spider": (
        "scraper.crawling.extensions:CrawlRecord.spider_opened",
        None,
        ["shutdown"],
    ),
    "starting the bar": (
        "scraper.crawling.extensions:ProgressBar.spider_opened",
        None,
        ["shutdown"],
    ),
    "the first request": ("scraper.crawling.spider:NewsSpider.start", None, ["shutdown"]),
}


@pytest.mark.parametrize("place", AT_THE_START)
def test_ctrl_c_at_the_start_of_a_crawl_ends_it_in_good_order(
    terminal: Terminal, tmp_path: Path, place: str
) -> None:
    function, said, reasons = AT_THE_START[place]
    (folder := tmp_path / "berita").mkdir()
    with ReplayProxy(small_site(1)) as proxy:
        terminal.start(
            *("crawl", "rmol", "-s", "CONTACT=uji@example.org", "--archive", "berita/news.db"),
            changed="tests.scraper.cli.interrupted.holding",
            **environment(proxy) | {"HOLD": function, "PAUSED": str(tmp_path / "paused")},
        )
        terminal.wait_for(tmp_path / "paused")
        terminal.press()
        code, lines = terminal.ended()
    assert (code, lines[-1]) == (130, said or "Stopped; the next crawl resumes."), lines
    assert "broke off" not in "".join(lines)
    assert sorted(folder.iterdir()) == [folder / "news.db"]
    ends = [row["end_reason"] for row in rows(folder / "news.db", "SELECT * FROM crawls")]
    assert ends == reasons


def test_a_schedule_that_ends_a_crawl_at_its_start_leaves_nothing_open(
    terminal: Terminal, tmp_path: Path
) -> None:
    (folder := tmp_path / "berita").mkdir()
    held = {"HOLD": "scraper.crawling.crawl:Crawl.begin", "PAUSED": str(tmp_path / "paused")}
    with ReplayProxy(small_site(1)) as proxy:
        words = ("crawl", "rmol", "--archive", "berita/news.db")
        changed = "tests.scraper.cli.interrupted.holding"
        terminal.start(*words, changed=changed, **environment(proxy) | held)
        terminal.wait_for(tmp_path / "paused")
        assert terminal.process.pid is not None
        os.kill(terminal.process.pid, signal.SIGTERM)
        code, lines = terminal.ended()
    assert code == 1
    assert "broke off" not in "".join(lines)
    assert sorted(folder.iterdir()) == [folder / "news.db"]
    ends = rows(folder / "news.db", "SELECT end_reason FROM crawls")
    assert ends == [{"end_reason": "shutdown"}]
