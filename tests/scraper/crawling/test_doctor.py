"""`warta doctor`: a handful of requests to a live site, and plain words about what they found."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import Archive
from archive.records import Announcement
from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.cli.demo.world import world
from scraper.crawling.doctor.findings import NOT_REQUESTED, Examination, SourceFinding, StoryFinding
from scraper.crawling.doctor.visitor import MAX_REQUESTS
from scraper.politeness.robots import parse_robots
from scraper.spiders import sites
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, run, small_site, story_url

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
SITES = ("suara", "rmol", "republika", "medcom", "islamtimes")
Doctor = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """`warta doctor` through a proxy, on a day when the stories are new, without the delay between
    requests, in an empty folder.
    """
    usual = ("-s", "DOWNLOAD_DELAY=0", "-s", f"NOW={TODAY.isoformat()}")

    def start(proxy: ReplayProxy, site: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(proxy, "scraper", "doctor", site, *usual, *arguments, cwd=tmp_path)

    return start


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def redesigned(answers: dict[str, Answer]) -> dict[str, Answer]:
    """The same stories in a page whose classes and ids have new names."""
    renamed = {
        url: replace(
            answer, body=re.sub(rb'(class|id|itemprop)="([^"]+)"', rb'class="baru-\2"', answer.body)
        )
        for url, answer in answers.items()
        if answer.content_type.startswith("text/html")
    }
    return answers | renamed


# A site that is well


@pytest.mark.parametrize("site", SITES)
def test_a_site_as_in_its_profile_is_well_and_three_stories_show_where_each_field_is_from(
    serve, doctor, site, tmp_path
):
    proxy = serve(world(1))
    done = doctor(proxy, site, "--json")
    found = told(done)
    assert (done.returncode, found["verdict"], found["problems"]) == (0, "well", [])
    assert found["robots"]["welcome"]
    assert len(found["stories"]) == 3
    for story in found["stories"]:
        assert story["layout"] != "fallback"
        assert {"headline", "body", "published_at"} <= story["fields"].keys()
        assert all(
            told["from"]
            for name, told in story["fields"].items()
            if name not in ("story_id", "canonical_url")
        )
    assert any(source["article_links"] for source in found["sources"])
    assert found["requests"] == sum(proxy.requests.values()) <= MAX_REQUESTS
    assert list(tmp_path.iterdir()) == []


def test_the_newest_stories_are_read_and_each_source_tells_its_newest(serve, doctor):
    found = told(doctor(serve(world(1)), "suara", "--json"))
    published = [story["fields"]["published_at"]["value"] for story in found["stories"]]
    assert published == sorted(published, reverse=True)
    assert published[0] == max(source["newest"] for source in found["sources"] if source["newest"])


def test_a_person_is_reported_the_same_in_words(serve, doctor):
    done = doctor(serve(world(1)), "suara")
    assert done.returncode == 0
    for words in (
        "Crawling is allowed",
        "Shut out: GPTBot",
        "Layout S5",
        "headline",
        "from",
        "suara: all is well",
    ):
        assert words in done.stdout
    assert "sources not requested" in done.stdout
    assert "not asked: the handful" not in done.stdout


def test_the_site_is_requested_with_our_name_and_contact(serve, doctor):
    proxy = serve(small_site(1))
    doctor(proxy, "rmol", "-s", "CONTACT=uji@example.org")
    (agent,) = proxy.user_agents
    assert re.fullmatch(r"warta/\S+ \(\+uji@example\.org\)", agent)


def test_the_configuration_gives_contact_and_delay_and_an_option_goes_before_them(
    serve, doctor, tmp_path
):
    (tmp_path / "warta.toml").write_text(
        "contact = 'meja@example.org'\n[crawl]\ndelay = 1\n[sites.rmol]\ndelay = 1.25\n"
    )
    proxy = serve({ROBOTS: Answer(status=503)})
    done = run(proxy, "scraper", "doctor", "rmol", cwd=tmp_path)
    assert proxy.user_agents == {
        next(agent for agent in proxy.user_agents if agent.endswith("(+meja@example.org)"))
    }
    assert "1.25 s apart" in done.stderr
    assert "0 s apart" in doctor(proxy, "rmol").stderr


# What needs a look


def test_after_a_redesign_it_says_where_the_body_seems_to_be_and_in_which_file_a_layout_is_wanted(
    serve, doctor
):
    done = doctor(serve(redesigned(world(1))), "suara", "--json")
    found = told(done)
    assert (done.returncode, found["verdict"]) == (3, "needs a look")
    assert {story["layout"] for story in found["stories"]} == {"fallback"}
    (problem,) = [
        problem for problem in found["problems"] if "no layout matched in 3 of 3 stories" in problem
    ]
    assert "add a Layout in front of `layouts` in scraper/spiders/suara.py" in problem
    assert re.search(r"the body seems to be in \w+\.baru-article-content \(\d+ words\)", problem)


def test_the_rule_that_forbids_us_is_named_and_nothing_else_is_requested(serve, doctor):
    forbids = Answer(
        content_type="text/plain",
        body=b"User-agent: *\nDisallow: /search\n\nUser-agent: warta\nDisallow: /\n",
    )
    proxy = serve({**small_site(1), ROBOTS: forbids})
    done = doctor(proxy, "rmol", "--json")
    found = told(done)
    assert done.returncode == 3
    assert (found["robots"]["group"], found["robots"]["line"], found["robots"]["rule"]) == (
        "warta",
        5,
        "Disallow: /",
    )
    assert "line 5, for warta: Disallow: /" in found["problems"][0]
    assert sum(proxy.requests.values()) == 1
    assert "Crawling is not allowed" in doctor(proxy, "rmol").stdout


@pytest.mark.parametrize("status", [503, 429, 500])
def test_a_robots_txt_that_cannot_be_had_means_that_nothing_is_requested(serve, doctor, status):
    proxy = serve({**small_site(1), ROBOTS: Answer(status=status)})
    done = doctor(proxy, "rmol", "--json")
    assert done.returncode == 3
    assert f"robots.txt is unavailable (status {status})" in told(done)["problems"][0]
    assert sum(proxy.requests.values()) == 1


def without_robots(answer: Callable[[str], Answer | None]) -> Callable[[str], Answer | None]:
    """A site that asks robots for nothing, and answers so."""
    return lambda url: Answer(status=404) if url.endswith("robots.txt") else answer(url)


@pytest.mark.parametrize("status", [404, 410])
def test_a_site_whose_sources_are_all_gone_needs_new_ones(serve, doctor, status):
    done = doctor(serve(without_robots(lambda _url: Answer(status=status))), "rmol", "--json")
    found = told(done)
    assert done.returncode == 3
    assert found["robots"]["welcome"]
    assert "no source has a link to a story" in found["problems"][0]
    assert "scraper/spiders/rmol.py" in found["problems"][0]
    assert {source["status"] for source in found["sources"] if source["reason"] != "not_asked"} == {
        status
    }
    assert found["requests"] <= MAX_REQUESTS


LATER = "the site fails, whatever its profile: try again later"


@pytest.mark.parametrize(
    ("status", "told_of", "advice"),
    [
        (500, "the server failed (5xx)", LATER),
        (
            403,
            "the server refused the request (403)",
            "the site refuses us: check whether a browser reads it from here, or ask the publisher",
        ),
    ],
)
def test_a_site_that_fails_or_refuses_us_everywhere_is_not_said_to_need_new_sources(
    serve, doctor, status, told_of, advice
):
    done = doctor(serve(without_robots(lambda _url: Answer(status=status))), "rmol", "--json")
    (problem,) = told(done)["problems"]
    assert done.returncode == 3
    assert re.fullmatch(
        rf"none of \d+ sources could be read \({re.escape(told_of)}\): {re.escape(advice)}", problem
    )


def of_sources(*reasons: str | None) -> list[str]:
    """The problems of a site that welcomes us, whose sources gave these reasons."""
    site = sites()["rmol"]
    sources = [
        SourceFinding(url=f"{site.home}{number}", kind="Feed", status=200, reason=reason)
        for number, reason in enumerate(reasons)
    ]
    found = Examination(site=site, robots=parse_robots(404, b""), sources=sources)
    return list(found.problems(now=TODAY))


def test_all_that_went_wrong_is_named_once_and_what_was_not_requested_does_not_count():
    why = (
        "the server did not answer in time; the server failed (5xx); "
        "the server requested a slower crawl (429)"
    )
    found = of_sources("http_5xx", "http_429", "timeout", "http_5xx", NOT_REQUESTED)
    assert found == [f"none of 4 sources could be read ({why}): {LATER}"]


@pytest.mark.parametrize(
    "reasons",
    [("http_5xx", "http_404"), ("http_403", "no_links"), ("http_5xx", None), (), (NOT_REQUESTED,)],
)
def test_a_source_that_is_gone_or_empty_among_those_that_fail_is_worth_a_look_at_the_profile(
    reasons,
):
    assert "add it to `sources`" in of_sources(*reasons)[0]


def test_addresses_of_a_new_shape_are_shown_as_what_a_pattern_is_wanted_for(serve, doctor):
    moved = [
        f"https://rmol.id/berita-baru/{number}-saluran-air-kampung-damar-diperbaiki"
        for number in range(5)
    ]
    found = told(doctor(serve({**small_site(), HOME: home(*moved)}), "rmol", "--json"))
    assert any("article_urls" in problem and moved[0] in problem for problem in found["problems"])


def test_a_story_that_cannot_be_had_is_named_with_its_reason(serve, doctor):
    done = doctor(serve({**small_site(1, 2), story_url(1): Answer(status=403)}), "rmol", "--json")
    assert done.returncode == 3
    assert any(story_url(1) in problem and "(403)" in problem for problem in told(done)["problems"])


def test_a_field_that_no_story_gives_is_reported_with_the_selector_to_look_at(serve, doctor):
    answers = {
        url: replace(answer, body=answer.body.replace(b"article:published_time", b"x"))
        for url, answer in small_site(1, 2).items()
    }
    found = told(doctor(serve(answers), "rmol", "--json"))
    if found["problems"]:  # the address may tell the day
        assert any(
            "see `date` of the layout in scraper/spiders/rmol.py" in problem
            for problem in found["problems"]
        )
    assert all("authors" in story["fields"] for story in found["stories"])


# A site whose stories are announced, and that is not well nevertheless


def with_a_feed(*numbers: int) -> dict[str, Answer]:
    """A small site whose sources answer, all but its sitemap and one feed."""
    site = small_site(*numbers)
    links = "".join(f"<item><link>{url}</link></item>" for url in site if "/read/" in url)
    feed = Answer(content_type="text/xml", body=f"<rss><channel>{links}</channel></rss>".encode())
    sections = ("indeksberita", *"politik hukum bisnis nusantara dunia publika".split())
    return {
        **site,
        "https://rmol.id/rss": feed,
        "https://rmol.id/feed": feed,
        **{f"https://rmol.id/{section}/1": site[HOME] for section in sections},
    }


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_site_most_of_whose_sources_are_lost_is_not_well(serve, doctor, status):
    site = small_site(1, 2, 3)
    proxy = serve(lambda url: site.get(url) or Answer(status=status))
    done = doctor(proxy, "rmol", "--json")
    found = told(done)
    assert (done.returncode, found["verdict"]) == (3, "needs a look")
    (problem,) = found["problems"]
    assert problem.startswith("only 1 of 8 sources could be read (7: ")
    assert "all is well" not in doctor(proxy, "rmol").stdout


def test_a_site_some_of_whose_sources_are_lost_is_well(serve, doctor):
    done = doctor(serve(with_a_feed(1, 2, 3)), "rmol", "--json")
    found = told(done)
    assert (done.returncode, found["problems"]) == (0, [])
    assert any(note.startswith("missing; if it stays so") for note in found["notes"])


def test_a_source_that_announced_stories_lately_is_essential(serve, doctor, tmp_path):
    """As the archive knows: the one that only this site's profile hopes for is none."""
    feed = "https://rmol.id/rss"
    with Archive(tmp_path / "news.db") as archive, archive.transaction(TODAY):
        link = Announcement(url=story_url(9), key="9", published_at=None)
        archive.ledger.announce("rmol", [link], source=feed)
    site = {**with_a_feed(1, 2, 3), feed: Answer(status=404)}
    done = doctor(serve(site), "rmol", "--json")
    found = told(done)
    assert done.returncode == 3
    (problem,) = found["problems"]
    assert problem.startswith(f"{feed} was lately the first to announce 1 story, and gives none")
    essential = {source["url"] for source in found["sources"] if source["essential"]}
    assert essential == {feed}


def test_a_site_that_announces_old_stories_only_is_not_well(serve, doctor):
    later = ("-s", f"NOW={(TODAY + timedelta(days=40)).isoformat()}")
    done = doctor(serve(with_a_feed(1, 2, 3)), "rmol", "--json", *later)
    assert done.returncode == 3
    (problem,) = told(done)["problems"]
    assert problem.startswith("the newest story that is announced is 40 days old")


def test_a_site_whose_stories_robots_txt_forbids_is_not_well(serve, doctor):
    forbids = Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /nusantara/read/\n")
    done = doctor(serve({**with_a_feed(1, 2, 3), ROBOTS: forbids}), "rmol", "--json")
    assert done.returncode == 3
    assert any("robots.txt forbids" in problem for problem in told(done)["problems"])


def test_a_site_none_of_whose_stories_was_examined_is_not_well():
    site = sites()["rmol"]
    source = SourceFinding(url=site.home, kind="Section", status=200, article_links=3)
    story = StoryFinding(url=story_url(1), reason=NOT_REQUESTED)
    found = Examination(site=site, robots=parse_robots(404, b""), sources=[source], stories=[story])
    assert found.verdict(now=TODAY) == "needs a look"


# A site that cannot be reached


def test_a_site_that_does_not_answer_cannot_be_reached(serve, doctor):
    def answer(url: str) -> Answer | None:
        raise ConnectionResetError

    done = doctor(serve(answer), "rmol", "--json")
    found = told(done)
    assert (done.returncode, found["verdict"]) == (1, "cannot be reached")
    assert "could not be reached" in found["problems"][0]


def test_a_proxy_that_is_not_there_is_a_site_that_cannot_be_reached(serve, doctor):
    proxy = serve({})
    proxy.__exit__(None, None, None)
    done = doctor(proxy, "rmol")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "the proxy could not be reached" in done.stdout


class NoTLS(ReplayProxy):
    """Answers a client's TLS with something else."""

    def end_tls(self, connection: Any) -> Any:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        raise OSError("no TLS here")


def test_a_host_without_tls_cannot_be_reached(doctor):
    with NoTLS({}) as proxy:
        done = doctor(proxy, "rmol", "--json")
    assert done.returncode == 1
    assert told(done)["verdict"] == "cannot be reached"


# Hostile answers


HUGE = b"<html>" + b"<a href='https://rmol.id/x'>x</a>" * 400_000
INSIDE = b"<sitemapindex><sitemap><loc>http://127.0.0.1/s.xml</loc></sitemap></sitemapindex>"
LEADING_OUT = "https://rmol.id/rss"
HOSTILE = {
    "robots.txt of garbage, an empty sitemap, a redirect to another site": {
        ROBOTS: Answer(content_type="text/plain", body=bytes(range(256)) * 50),
        "https://rmol.id/sitemap.xml": Answer(content_type="application/xml"),
        LEADING_OUT: Answer(status=302, headers=(("Location", "https://example.com/"),)),
    },
    "a page for robots.txt, a sitemap that is none, endless redirects, a page that is too large": {
        ROBOTS: Answer(body=b"<html><body>User-agent: * Disallow: nothing</body></html>"),
        "https://rmol.id/sitemap.xml": Answer(
            content_type="application/xml", body=b"\x1f\x8bnot gzip"
        ),
        LEADING_OUT: Answer(status=302, headers=(("Location", LEADING_OUT),)),
        "https://rmol.id/feed": Answer(body=HUGE),
    },
    "a sitemap that leads to an internal address": {
        "https://rmol.id/sitemap.xml": Answer(content_type="application/xml", body=INSIDE)
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_findings_and_the_rest_is_examined(serve, doctor, name):
    proxy = serve({**with_a_feed(1, 2, 3), **HOSTILE[name]})
    done = doctor(proxy, "rmol", "--json", "-s", "DOWNLOAD_MAXSIZE=2000000")
    found = told(done)
    assert found["verdict"] != "cannot be reached"
    assert [story["layout"] for story in found["stories"]] == ["R4"] * 3
    assert sum(proxy.requests.values()) <= MAX_REQUESTS


def test_a_site_that_asks_for_a_long_pause_in_the_middle_gets_it(serve, doctor):
    proxy = serve(
        {
            **small_site(1, 2),
            "https://rmol.id/rss": Answer(status=429, headers=(("Retry-After", "99999"),)),
        }
    )
    done = doctor(proxy, "rmol", "--json")
    assert done.returncode == 3
    assert proxy.requested(HOME) == 0
    assert "requested a pause" in told(done)["problems"][0]


# What an archive remembers, and wrong usage


def test_a_site_that_requested_an_earlier_crawl_for_quiet_is_not_requested(serve, doctor, tmp_path):
    with (
        Archive(tmp_path / "news.db") as archive,
        archive.transaction(datetime(2026, 1, 1, tzinfo=UTC)),
    ):
        archive.backoffs.note(
            "rmol", delay=4.0, quiet_until=NOW.replace(year=2099), reason="http_429"
        )
    proxy = serve(small_site(1))
    done = doctor(proxy, "rmol")
    assert done.returncode == 3
    assert "is not crawled until 2099-01-01T00:00:00+00:00" in done.stderr
    assert sum(proxy.requests.values()) == 0


def test_with_a_file_that_is_no_archive_nothing_is_requested(serve, doctor, tmp_path):
    (tmp_path / "news.db").write_text("catatan harian " * 500)
    proxy = serve(small_site(1))
    done = doctor(proxy, "rmol")
    assert (done.returncode, done.stderr) == (1, "Error: news.db: it is not an SQLite file\n")
    assert not proxy.requests


def test_no_such_site_is_wrong_usage_in_one_line(serve, doctor):
    done = doctor(serve({}), "kompas")
    assert done.returncode == 2
    assert "no site is called kompas; there are islamtimes" in done.stderr


def test_a_bad_setting_is_one_line(serve, doctor):
    for setting in ("NOW=2026-11-20", "NOW=besok", "DOWNLOAD_DELAY=abc"):
        done = doctor(serve({}), "rmol", "-s", setting)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
