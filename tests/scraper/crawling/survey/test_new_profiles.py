"""`warta sites new`: a profile from a dozen requests, which reads stories it has never seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.cli.demo.proxy import ReplayProxy
from scraper.crawling.doctor.visitor import MAX_REQUESTS
from scraper.extraction.article import read
from scraper.extraction.text.overlap import f1
from scraper.sites.site import Identity
from scraper.sites.sources import Sitemap
from tests.scraper.crawling.conftest import rows, run
from tests.scraper.crawling.survey.conftest import FAST, profile
from tests.scraper.crawling.survey.invented import (
    PUBLISHERS,
    custom,
    only_front_page,
    sitemap,
    wordpress,
)
from tests.scraper.crawling.survey.systems import SYSTEMS, ghost

TODAY = datetime(2026, 11, 20, 5, tzinfo=UTC)


@pytest.fixture(params=(*PUBLISHERS, *SYSTEMS), ids=lambda make: make.__name__)
def publisher(request):
    return request.param()


def test_a_profile_reads_every_story_of_a_publisher_rightly(survey, publisher, tmp_path):
    done = survey(publisher.answers, publisher.name, publisher.home)
    assert done.returncode == 0, done.stderr
    assert sum(survey.requests.values()) <= MAX_REQUESTS
    site = profile(tmp_path / "sites", publisher.name)
    assert has_ruffs_format(tmp_path / "sites" / f"{publisher.name}.py")
    assert (site.timezone, site.language) == (publisher.timezone, publisher.language)
    assert [type(source).__name__ for source in site.sources] == list(publisher.kinds)
    keys = set()
    for url, told in publisher.stories.items():
        named = site.identify(url)
        assert isinstance(named, Identity), url
        keys.add(named.key)
        article = read(publisher.answers[url].body, url, site, fetched_at=TODAY).article
        assert (article.layout, article.headline) == ("L1", told.headline)
        assert article.body == told.body
        assert article.authors == (told.author,)
        assert article.published_at is not None
        assert abs((article.published_at - told.at).total_seconds()) < 60
    assert len(keys) == len(publisher.stories)
    for url in publisher.others:
        assert not isinstance(site.identify(url), Identity), url


def has_ruffs_format(file: Path) -> bool:
    """Whether ruff leaves a file as it is; true where it is not installed."""
    config = Path(__file__).parents[4] / "pyproject.toml"
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--check",
        "--config",
        str(config),
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 or "No module named ruff" in done.stderr


def test_an_index_of_sitemaps_stands_for_the_one_of_tomorrow_and_opt_outs_are_said(
    survey, tmp_path
):
    publisher = wordpress()
    done = survey(publisher.answers, "lereng", publisher.home)
    first, *_others = profile(tmp_path / "sites", "lereng").sources
    assert first == Sitemap(f"{publisher.home}sitemap_index.xml")
    assert survey.requests[f"{publisher.home}post-sitemap2.xml", 200] == 1
    assert survey.requests[f"{publisher.home}page-sitemap.xml", 200] == 0
    text = (tmp_path / "sites/lereng.py").read_text("utf-8")
    for shown in (text, done.stdout):
        assert "excludes crawlers that collect training data (GPTBot)" in shown


def test_a_crawl_reads_every_story_by_the_profile(survey, tmp_path):
    publisher = ghost()
    assert survey(publisher.answers, publisher.name, publisher.home).returncode == 0
    with ReplayProxy(publisher.answers) as proxy:
        done = run(proxy, "scraper", "crawl", publisher.name, *FAST, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert max(proxy.requests.values()) == 1
        assert proxy.requests.keys() >= {(url, 200) for url in publisher.stories}
    found = rows(tmp_path / "news.db", "SELECT headline, body, layout FROM latest")
    expected = {(told.headline, told.body, "L1") for told in publisher.stories.values()}
    assert {(row["headline"], row["body"], row["layout"]) for row in found} == expected


def test_the_newest_stories_are_read_however_many_a_sitemap_has(survey, tmp_path):
    publisher = only_front_page()
    home, old = publisher.home, datetime(2020, 1, 1, tzinfo=UTC)
    earlier = {f"{home}warta-desa/panen-raya-di-desa-kami-{n}": old for n in range(10_000, 14_000)}
    times = {url: told.at for url, told in publisher.stories.items()}
    answers = publisher.answers | {f"{home}sitemap.xml": sitemap(earlier | times)}
    done = survey(answers, "pojok", home)
    assert done.returncode == 0, done.stderr
    newest = sorted(times, key=lambda url: times[url])[-3:]
    assert {url for url, status in survey.requests if url in times} == set(newest)


def test_a_dry_run_prints_the_profile_and_writes_nothing(survey, tmp_path):
    publisher = only_front_page()
    done = survey(publisher.answers, "pojok", publisher.home, "--dry-run")
    assert done.returncode == 0
    compile(done.stdout, "pojok.py", "exec")
    assert list(tmp_path.iterdir()) == []


def test_a_profile_may_be_written_elsewhere_and_its_commands_are_named(survey, tmp_path):
    publisher = only_front_page()
    done = survey(publisher.answers, "pojok", "www.pojokdesa.example", "-o", "lain/pojok.py")
    assert done.returncode == 0
    assert profile(tmp_path / "lain", "pojok").home == publisher.home
    assert "WARTA_SITES_FOLDER=lain warta sites check pojok" in done.stdout


def test_a_body_is_read_nearly_as_well_with_one_story_alone(survey, tmp_path):
    publisher = custom()
    url, told = next(iter(publisher.stories.items()))
    gone = [each for each in publisher.stories if each != url]
    answers = {key: value for key, value in publisher.answers.items() if key not in gone}
    done = survey(answers, "swara", publisher.home)
    assert done.returncode == 0, done.stderr
    article = read(answers[url].body, url, profile(tmp_path / "sites", "swara")).article
    assert f1(article.body, told.body) > 0.95


def test_no_name_of_a_publisher_becomes_a_program(survey, tmp_path):
    hostile = 'Kabar """\\\nraise SystemExit(7) \\N {0}'
    head = f"<meta property='og:site_name' content='{hostile}'>".encode()
    publisher = only_front_page()
    answers = {
        url: replace(answer, body=answer.body.replace(b"<meta ", head + b"<meta ", 1))
        for url, answer in publisher.answers.items()
    }
    done = survey(answers, "pojok", publisher.home)
    assert done.returncode == 0, done.stderr
    site = profile(tmp_path / "sites", "pojok")
    assert site.title == " ".join(hostile.split())
    url, told = next(iter(publisher.stories.items()))
    assert read(answers[url].body, url, site).article.body == told.body
