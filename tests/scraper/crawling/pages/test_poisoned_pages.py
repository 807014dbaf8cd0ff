"""A page that hangs, kills or bloats its reader costs that page, once, whatever it does and however
the crawl ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from archive import Archive
from archive.maintenance.verify import verify
from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.crawling.worker_turns import MAX_WAITING, WorkerTurns
from scraper.extraction.workers import Limits, ReadingBroke, Worker
from scraper.politeness.rules import MANY_FAILURES
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.settings import CONCURRENT_REQUESTS
from tests.preloaded import start, warta
from tests.scraper.crawling.conftest import (
    FAST,
    HOME,
    environment,
    home,
    rows,
    run,
    small_site,
    story_url,
)
from tests.scraper.crawling.pages.poisoned import POISONS, SLOWLY
from tests.waiting import DEADLINE, alive, children, until

MODULE = "tests.scraper.crawling.pages.poisoned"
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
IN_LITTLE_MEMORY = (*FAST, "-s", "READING_MEMORY=200")
BAD = story_url(20)
"""The newest story in the ledger's order: the first that a crawl requests."""


def poisoned(poison: str = "racun-macet", *others: int) -> dict[str, Answer]:
    """Twenty stories, the first of which is poison, as are `others`."""
    answers = small_site(*range(1, 21))
    urls = [url for url in answers if url != HOME and "read" in url]
    for url in (BAD, *map(story_url, others)):
        body = answers[url].body.replace(b"</body>", f"<p>{poison}</p></body>".encode())
        answers[url] = replace(answers[url], body=body)
    return answers | {HOME: home(BAD, *(url for url in urls if url != BAD))}


def arguments(news: Path, *more: str, deadline: float, at: datetime = NOW) -> list[str]:
    settings = ("-s", f"READING_DEADLINE={deadline}", "-s", f"NOW={at.isoformat()}")
    return ["crawl", "rmol", "--archive", str(news), "--json", *IN_LITTLE_MEMORY, *settings, *more]


@pytest.fixture
def crawl(news: Path) -> Callable[..., dict[str, object]]:
    """A whole crawl; returns its row."""

    def crawled(
        proxy: ReplayProxy, *more: str, deadline: float = 1, at: datetime = NOW, code: int = 0
    ):
        done = run(proxy, MODULE, *arguments(news, *more, deadline=deadline, at=at))
        assert "Traceback" not in done.stderr
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    return crawled


@contextmanager
def crawling(proxy: ReplayProxy, news: Path, folder: Path) -> Iterator[int]:
    """A crawl in a process of its own whose poisoned page is being read, and never would end."""
    words = arguments(news, deadline=3600)
    process = start(*words, environment=environment(proxy), folder=folder, changed=MODULE)
    try:
        until(lambda: news.exists() and state(news)["reason"] == "reading_broke_off")
        assert process.pid is not None
        yield process.pid
        process.join(DEADLINE)
        assert process.exitcode is not None
        assert "Traceback" not in (folder / "err").read_text("utf-8")
    finally:
        process.kill()
        process.join()


def state(news: Path) -> dict[str, object]:
    try:
        found = rows(news, "SELECT * FROM urls WHERE url = ?", BAD)
    except Exception:  # the file is being made
        found = []
    return found[0] if found else {"reason": None}


def kept(news: Path) -> set[object]:
    return {row["url"] for row in rows(news, "SELECT url FROM latest")}


def others() -> set[str]:
    return {story_url(number) for number in range(1, 20)}


def readers_of(pid: int) -> list[int]:
    """The guard of a crawl's worker, and the worker."""
    found = children(pid)
    return found + [reader for child in found for reader in readers_of(child)]


@pytest.mark.parametrize("poison", POISONS)
def test_of_twenty_pages_the_nineteen_others_are_had_in_the_first_crawl(serve, crawl, news, poison):
    answers = poisoned(poison)
    row = crawl(serve(answers))
    assert (row["first"], row["failed"]) == (19, 1)
    assert row["refused"] == {"reading_broke_off": 1}
    assert kept(news) == others()
    assert (state(news)["state"], state(news)["reason"]) == ("failed", "reading_broke_off")
    (evidence,) = rows(
        news,
        """SELECT s.id FROM snapshots s JOIN urls u ON u.id = s.url_id
        JOIN readings r ON r.snapshot_id = s.id
        WHERE u.url = ? AND r.refusal = 'reading_broke_off'""",
        BAD,
    )
    with Archive(news, read_only=True) as archive:
        assert archive.page(evidence["id"]).body == answers[BAD].body
        assert all(finding.ok for finding in verify(archive))


def test_explain_says_what_happened_and_when_it_is_retried(serve, crawl, news, warta):
    crawl(serve(poisoned()))
    told = warta("explain", BAD, archive=news).stdout
    assert "failed (reading it did not end" in told
    assert "Due again 2026-11-21T07:00:00+00:00: reading it broke off; it is retried" in told


def test_it_is_requested_after_all_others_and_later_each_time(serve, crawl, news):
    proxy = serve(poisoned())
    crawl(proxy)
    order: list[str] = []
    answers = poisoned()

    def answer(url: str) -> Answer | None:
        order.append(url)
        return answers.get(url)

    proxy.answers = answer
    crawl(proxy, at=NOW + timedelta(minutes=30), deadline=3)
    assert BAD not in order
    crawl(proxy, "--recheck", "all", at=NOW + timedelta(hours=2))
    stories = [url for url in order if "read" in url]
    assert stories.index(BAD) == len(stories) - 1
    assert state(news)["next_check_at"] == "2026-11-21T14:00:00+00:00"


def test_several_poisoned_pages_cost_as_many(serve, crawl, news):
    row = crawl(serve(poisoned("racun-mati", 3, 4, 11)))
    assert (row["first"], row["failed"]) == (16, 4)


def test_a_site_of_poison_ends_its_crawl_and_the_rest_is_read_by_the_next(serve, crawl, news):
    """Twenty readings in a row that broke are a failing site: others wait for the same worker."""
    answers = small_site(*range(1, 31))
    for number in range(3, 31):
        page = answers[story_url(number)]
        body = page.body.replace(b"</body>", b"<p>racun-mati</p></body>")
        answers[story_url(number)] = replace(page, body=body)
    answers[HOME] = home(*(story_url(number) for number in range(30, 0, -1)))
    first = crawl(serve(answers), code=1)
    assert (first["ended"], first["first"]) == ("site_failing", 0)
    assert first["failed"] >= MANY_FAILURES  # and as many more as were on their way
    second = crawl(serve(answers))
    assert (second["ended"], second["first"]) == ("finished", 2)
    assert first["failed"] + second["failed"] == 28


def test_a_crawl_whose_readings_break_gets_shorter_deadlines_until_one_ends() -> None:
    turns = WorkerTurns(1, Limits(deadline=8.0), is_ending=lambda: False)
    given: list[float | None] = []

    class Recorder:
        async def call_async(self, work: Callable[[], str], *, deadline: float | None) -> str:
            given.append(deadline)
            return work()

        def cpu_seconds(self) -> float:
            return 0.0

    def broken() -> str:
        raise ReadingBroke("terlalu lama")

    async def read(*readings: Callable[[], str]) -> None:
        turns._workers._free = asyncio.Queue()
        turns._workers._free.put_nowait(cast("Worker", Recorder()))
        for reading in readings:
            with suppress(ReadingBroke):
                await turns.run(reading)

    try:
        asyncio.run(read(*[broken] * 5, str, str))
    finally:
        turns.close()
    assert given == [8.0, 4.0, 2.0, 1.0, 1.0, 1.0, 8.0]


@pytest.mark.parametrize("readers", [1, 3])
def test_any_number_of_workers_reads_the_same(serve, crawl, news, readers):
    crawl(serve(poisoned("racun-mati")), "-s", f"READERS={readers}")
    found = rows(news, "SELECT url, headline, body, authors FROM latest ORDER BY url")
    assert len(found) == 19
    assert {row["headline"] for row in found} == {
        f"Saluran Air Kampung Damar Diperbaiki Tahap {number}" for number in range(1, 20)
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")
def test_killed_while_it_is_read_it_does_not_come_first_again(serve, crawl, news, tmp_path):
    proxy = serve(poisoned())
    with crawling(proxy, news, tmp_path) as pid:
        readers = readers_of(pid)
        assert len(readers) == 2
        os.kill(pid, signal.SIGKILL)
        asked = sum(proxy.requested(url) for url in (BAD, *others()))
        assert asked <= MAX_WAITING + CONCURRENT_REQUESTS  # nothing is fetched that nobody reads
        until(lambda: not any(map(alive, readers)))
    before = proxy.requested(BAD)
    row = crawl(proxy)
    assert (proxy.requested(BAD), kept(news)) == (before, others())
    assert row["failed"] == 0
    assert (state(news)["reason"], state(news)["failures"]) == ("reading_broke_off", 1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")
def test_sigterm_ends_the_crawl_and_kills_the_reading(serve, crawl, news, tmp_path):
    proxy = serve(poisoned())
    with crawling(proxy, news, tmp_path) as pid:
        readers = readers_of(pid)
        os.kill(pid, signal.SIGTERM)
    until(lambda: not any(map(alive, readers)))
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "shutdown"}]
    assert state(news)["failures"] == 1
    assert crawl(proxy)["failed"] == 0
    assert kept(news) == others()


def test_under_the_schedule_a_stop_ends_the_crawl_within_its_grace(serve, news, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(f"import {MODULE}", "utf-8")
    ours = {"PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ["PYTHONPATH"]))}
    processes = CrawlProcesses(
        lambda: datetime.now(UTC), environment(serve(poisoned())) | ours, grace=DEADLINE
    )
    settings = ("DOWNLOAD_DELAY=0", "READING_DEADLINE=3600", f"NOW={NOW.isoformat()}")
    order = Order(site="rmol", archive=news, settings=settings)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(processes.run, order)
        until(lambda: news.exists() and state(news)["reason"] == "reading_broke_off")
        processes.stop()
        result = ending.result()
    assert result is not None
    assert (result.exit_code, result.ended) == (1, "shutdown")
    assert state(news)["failures"] == 1


def test_a_source_that_hangs_costs_that_source(serve, crawl, news):
    """Its three deadlines over, the stories of the others are had; it rests for some hours."""
    sitemap = "https://rmol.id/sitemap.xml"
    answers = small_site(1, 2)
    answers[sitemap] = Answer(content_type="application/xml", body=b"<urlset>racun-macet</urlset>")
    proxy = serve(answers)
    row = crawl(proxy, deadline=0.2)
    assert row["first"] == 2
    reason = "SELECT reason FROM urls WHERE url = ?"
    assert rows(news, reason, sitemap) == [{"reason": "reading_broke_off"}]
    asked = proxy.requested(sitemap)
    assert asked == 1
    crawl(proxy, deadline=0.2)
    assert proxy.requested(sitemap) == asked


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")
def test_sigterm_while_a_source_is_read_ends_the_crawl_and_holds_nothing_against_it(
    serve, news, tmp_path
):
    sitemap = "https://rmol.id/sitemap.xml"
    hangs = Answer(content_type="application/xml", body=b"<urlset>racun-macet</urlset>")
    proxy = serve(small_site(1) | {sitemap: hangs})
    words = arguments(news, deadline=3600)
    process = start(*words, environment=environment(proxy), folder=tmp_path, changed=MODULE)
    try:
        until(lambda: proxy.requested(sitemap))
        readers = readers_of(process.pid)
        os.kill(process.pid, signal.SIGTERM)
        process.join(DEADLINE)
        assert process.exitcode == 1
    finally:
        process.kill()
        process.join()
    until(lambda: not any(map(alive, readers)))
    assert rows(news, "SELECT end_reason FROM crawls") == [{"end_reason": "shutdown"}]
    assert rows(news, "SELECT url FROM urls WHERE reason = 'reading_broke_off'") == []


def test_a_slow_page_that_ends_well_is_kept_like_any_other(serve, crawl, news):
    """It is written down as failed while it is read, and then as kept, with its bytes once."""
    row = crawl(serve(poisoned(SLOWLY)), deadline=60)
    assert (row["first"], row["failed"], row["refused"]) == (20, 0, {})
    history = """SELECT c.outcome FROM checks c JOIN urls u ON u.id = c.url_id
        WHERE u.url = ? ORDER BY c.id"""
    assert [check["outcome"] for check in rows(news, history, BAD)] == ["failed", "kept"]
    found = state(news)
    assert (found["state"], found["failures"], found["checks"]) == ("kept", 0, 1)
    assert rows(news, "SELECT count(*) AS pages FROM snapshots") == [{"pages": 20}]
    assert rows(news, "SELECT count(*) AS n FROM readings WHERE refusal IS NOT NULL") == [{"n": 0}]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_extract_reports_it_in_one_line_and_goes_on(tmp_path, jobs):
    answers = poisoned("racun-mati")
    manifest = tmp_path / "pages.jsonl"
    lines = []
    for number, (url, answer) in enumerate(answers.items()):
        (tmp_path / f"{number}.html").write_bytes(answer.body)
        lines.append(json.dumps({"url": url, "html": f"{number}.html"}))
    manifest.write_text("\n".join(lines), "utf-8")
    done = command("extract", "--manifest", str(manifest), "-j", jobs)
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["url"] for row in printed] == list(answers)
    (row,) = [row for row in printed if row["url"] == BAD]
    assert "reading the page did not end: its process ended (exit status 9)" in row["error"]
    assert done.stderr.splitlines()[0] == row["error"]
    assert done.returncode == 1


def test_clean_reports_it_with_its_line_and_goes_on(tmp_path):
    collection = tmp_path / "koleksi.jsonl"
    texts = ["Warga memperbaiki saluran air.", "racun-mati", "Warga menanam bakau."]
    collection.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    done = command("clean", "--jsonl", str(collection))
    first, broken, last = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["body"], last["body"]) == (texts[0], texts[2])
    assert broken["error"].startswith("reading the text did not end: its process ended")
    assert done.stderr == f"{collection}:2: {broken['error']}\n"
    assert done.returncode == 1


def test_import_reports_it_with_its_line_and_goes_on(news, tmp_path):
    texts = [
        "Warga memperbaiki saluran air. " * 20,
        "racun-mati " * 30,
        "Warga menanam bakau. " * 20,
    ]
    collection = tmp_path / "koleksi.jsonl"
    records = [
        {"url": f"https://kabar.example/{number}", "title": f"Judul {number}", "text": text}
        for number, text in enumerate(texts)
    ]
    collection.write_text("\n".join(map(json.dumps, records)), "utf-8")
    done = command("import", "--archive", str(news), str(collection))
    assert f"{collection}:2: reading it did not end" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 3
    assert len(kept(news)) == 2


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return warta(*words, environment=dict(os.environ), changed=MODULE)
