"""Crawls and merges: an archive that is written meanwhile, and a merged one that is crawled on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from archive import Archive
from archive.maintenance.verify import verify
from scraper.cli.demo.proxy import Answer, Answers, ReplayProxy
from tests.archive.merge.worlds import merged
from tests.scraper.crawling.conftest import HOME, Crawl, home, rows, small_site, story, story_url

Serve = Callable[[Answers], ReplayProxy]
STATES = "SELECT url, state, reason FROM ledger ORDER BY url"


def problems(path: Path) -> list[str]:
    with Archive(path, read_only=True) as archive:
        return [problem for finding in verify(archive) for problem in finding.problems]


@pytest.mark.slow
def test_a_crawl_that_writes_meanwhile_is_merged_as_far_as_it_is(
    serve: Serve, crawl: Crawl, tmp_path: Path
) -> None:
    """The crawl stands still at a story until the merge is done."""
    reached, go_on = Event(), Event()
    site = small_site(1, 2, 3, 4)

    def answers(url: str) -> Answer | None:
        if url == story_url(3):
            reached.set()
            go_on.wait(60)
        return site.get(url)

    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    crawl(serve(small_site(5, 6)), "rmol", archive=paths[1])
    working = Thread(target=crawl, args=(serve(answers), "rmol"), kwargs={"archive": paths[0]})
    working.start()
    try:
        assert reached.wait(60)
        report = merged(tmp_path / "all.db", paths)
    finally:
        go_on.set()
        working.join()
    assert 2 <= report.stories < 6
    assert problems(tmp_path / "all.db") == []
    assert rows(paths[0], "SELECT count(*) AS n FROM latest") == [{"n": 4}]
    merged(tmp_path / "all.db", paths, update=True)
    merged(tmp_path / "anew.db", paths)
    assert rows(tmp_path / "all.db", STATES) == rows(tmp_path / "anew.db", STATES)
    assert rows(tmp_path / "all.db", "SELECT count(*) AS n FROM latest") == [{"n": 6}]


@pytest.mark.slow
def test_a_merged_archive_is_crawled_on_as_that_of_one_machine(
    serve: Serve, crawl: Crawl, tmp_path: Path
) -> None:
    """Two machines saw the site grow, and a story change; a third crawl finds another one, and
    requests of the others what one machine would, under the conditions that it would.
    """
    early, late = small_site(1, 2, 3), small_site(1, 2, 3, 4)
    late[story_url(2)] = story(2, headline="Saluran Air Sudah Selesai")
    one, first, second = (tmp_path / f"{name}.db" for name in ("one", "first", "second"))
    for site, archives in ((early, (one, first)), (late, (one, second))):
        for path in archives:
            crawl(serve(site), "rmol", "--recheck", "all", archive=path)
    whole = tmp_path / "whole.db"
    merged(whole, [second, first])
    addresses = [url for url in (*late, story_url(5)) if "/read/" in url]
    newest = {**late, story_url(5): story(5), HOME: home(*addresses)}
    requests: list[Counter[tuple[str, int]]] = []
    for path in (one, whole):
        for more in ((), ("--recheck", "all")):
            proxy = serve(newest)
            crawl(proxy, "rmol", *more, archive=path)
            requests.append(proxy.requests)
    assert requests[:2] == requests[2:]
    assert requests[0][story_url(5), 200] == 1
    assert requests[1][story_url(2), 304] == 1
    for statement in (
        STATES,
        "SELECT url, number, kind, changed FROM history ORDER BY url, number",
        "SELECT host, status, digest FROM robots ORDER BY 1",
    ):
        assert rows(whole, statement) == rows(one, statement)
    assert problems(whole) == []
