"""`warta sites check`: what a profile misses, by the pages that were kept, and its test cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.main import main
from tests.scraper.crawling.conftest import run
from tests.scraper.crawling.survey.conftest import FAST
from tests.scraper.crawling.survey.invented import custom

PROFILE = Path("sites/swara.py")


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory) -> Path:
    """A folder with the profile of `custom` and the three pages that it was made from."""
    folder = tmp_path_factory.mktemp("surveyed")
    publisher = custom()
    with ReplayProxy(publisher.answers) as proxy:
        done = run(proxy, "scraper", "sites", "new", "swara", publisher.home, *FAST, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def a_copy(surveyed, tmp_path, monkeypatch) -> Path:
    for file in surveyed.glob("sites/**/*"):
        if file.is_file() and "__pycache__" not in file.parts:
            copy = tmp_path / file.relative_to(surveyed)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*words: str) -> Result:
    return CliRunner().invoke(main, ["sites", "check", "swara", *words])


def change(before: str, after: str) -> None:
    text = PROFILE.read_text("utf-8")
    assert before in text
    PROFILE.write_text(text.replace(before, after), "utf-8")


def found(result: Result) -> dict[str, object]:
    row: dict[str, object] = json.loads(result.stdout)
    return row


def test_a_profile_that_was_just_written_misses_nothing():
    result = check()
    assert result.exit_code == 0
    assert "3 pages: nothing is missing." in result.stdout
    pages = found(check("--json"))["pages"]
    assert isinstance(pages, list)
    assert [page["missing"] for page in pages] == [[], [], []]
    assert all(page["layout"] == "L1" and page["agreement"] > 0.95 for page in pages)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("/read/", "/baca/", "of an article at this site; see `article_urls`"),
        ('body="#isi"', 'body=".tiada"', "no layout matches; see `body` of `layouts`"),
        ('body="#isi"', 'body=".ket-foto"', "outside the node that the layout names; see `body`"),
        ('NewsSitemap("', 'Section("', "no sitemap and no feed is among `sources`"),
    ],
)
def test_what_is_missing_is_said_with_the_field_to_change(before, after, says):
    change(before, after)
    result = check("--json")
    assert result.exit_code == 1
    problems = found(result)["problems"]
    assert isinstance(problems, list)
    assert any(says in problem for problem in problems), problems


def test_a_site_without_kept_pages_is_said_how_to_get_some(a_copy):
    for file in a_copy.glob("sites/swara-pages/*"):
        file.unlink()
    result = check()
    assert result.exit_code == 1
    assert "`warta doctor swara --keep`" in result.stdout


def test_cases_are_made_of_the_pages_once_and_compared_from_then_on():
    assert check("--write-tests").exit_code == 0
    cases = sorted(Path("sites/swara-cases").glob("*.json"))
    assert len(cases) == len(list(Path("sites/swara-cases").glob("*.html"))) == 3
    case = json.loads(cases[0].read_text("utf-8"))
    assert {"url", "site", "story_id", "layout", "headline", "body", "published_at"} <= case.keys()
    cases[0].write_text(json.dumps(case | {"headline": "Judul yang Benar"}), "utf-8")
    result = check("--write-tests", "--json")
    assert result.exit_code == 1
    assert found(result)["cases"] == 3
    assert found(result)["differences"] == [
        {
            "case": cases[0].stem,
            "field": "headline",
            "wanted": "Judul yang Benar",
            "found": case["headline"],
        }
    ]
    assert "2 of 3 cases as they should be" in check().stdout


@pytest.mark.parametrize(
    "line",
    [
        "bukan json",
        "[]",
        '{"url": "https://swaranusa.example/a/read/1/b"}',
        json.dumps({"url": "https://swaranusa.example/", "html": "../swara.py", "fetched_at": "x"}),
        json.dumps({"url": "https://swaranusa.example/", "html": "/etc/hosts", "fetched_at": "x"}),
        json.dumps({"url": 3, "html": "1.html", "fetched_at": "2026-11-20T00:00:00+00:00"}),
    ],
)
def test_a_broken_list_of_pages_is_one_line_and_leads_out_of_no_folder(line):
    Path("sites/swara-pages/pages.jsonl").write_text(line + "\n", "utf-8")
    result = check()
    assert (result.exit_code, result.stdout) == (1, "")
    (said,) = result.stderr.splitlines()
    assert said.startswith("Error: ")
    assert "pages.jsonl" in said


def test_a_broken_case_is_one_line():
    Path("sites/swara-cases").mkdir()
    Path("sites/swara-cases/satu.json").write_text("[", "utf-8")
    result = check()
    assert (result.exit_code, result.stdout) == (1, "")
    assert "satu.json: it is no case" in result.stderr


def test_the_pages_of_an_examination_are_kept_beside_those_of_the_survey(a_copy):
    with ReplayProxy(custom().answers) as proxy:
        for _time in range(2):
            done = run(proxy, "scraper", "doctor", "swara", "--keep", *FAST, cwd=a_copy)
            assert "3 pages kept in" in done.stderr
    lines = Path("sites/swara-pages/pages.jsonl").read_text("utf-8").splitlines()
    assert len({json.loads(line)["url"] for line in lines}) == len(lines) == 3
    assert check().exit_code == 0


def test_the_sources_are_requested_only_if_that_is_said(a_copy):
    gone = {url: answer for url, answer in custom().answers.items() if "sitemap" not in url}
    with ReplayProxy(gone) as proxy:
        quiet = run(proxy, "scraper", "sites", "check", "swara", cwd=a_copy)
        assert (quiet.returncode, sum(proxy.requests.values())) == (0, 0)
        done = run(proxy, "scraper", "sites", "check", "swara", "--live", *FAST, cwd=a_copy)
    assert proxy.requests["https://swaranusa.example/sitemap-news.xml", 404] == 1
    assert done.returncode == 1
    assert "could be read" in done.stdout
