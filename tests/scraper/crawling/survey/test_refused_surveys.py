"""`warta sites new` where no profile can be made: one line, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli.demo.proxy import Answer
from scraper.cli.main import main
from tests.scraper.crawling.survey.invented import html, only_front_page, text

PUBLISHER = only_front_page()
HOME = PUBLISHER.home
ROBOTS = f"{HOME}robots.txt"
TEASER = html("<html><body><h1>Segera</h1><p>Berita ini belum ada.</p></body></html>")


@pytest.mark.parametrize(
    ("changed", "says", "requests"),
    [
        ({ROBOTS: text("User-agent: *\nDisallow: /\n")}, "robots.txt forbids this address", 1),
        ({ROBOTS: Answer(status=503)}, "robots.txt was unavailable", 1),
        ({HOME: Answer(status=403)}, "the server refused the request (403)", 2),
        ({HOME: Answer(content_type="application/pdf", body=b"%PDF-1.4")}, "not an HTML page", 2),
        (
            {HOME: Answer(status=301, headers=(("Location", "https://lain.example/"),))},
            "a redirect led to another site",
            2,
        ),
        ({HOME: html("<html><a href='/tentang'>Tentang</a></html>")}, "no link to a story", 7),
        (dict.fromkeys(PUBLISHER.stories, TEASER), "none of 3 pages was read as a story", 10),
    ],
    ids=["forbidden", "no rules", "refused", "a PDF", "elsewhere", "no links", "no stories"],
)
def test_a_site_that_gives_no_profile_is_one_line(survey, tmp_path, changed, says, requests):
    done = survey({**PUBLISHER.answers, **changed}, "pojok", HOME)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert says in line
    assert sum(survey.requests.values()) == requests
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "url", "says"),
    [
        ("Po Jok", HOME, "cannot be the name of a publisher"),
        ("suara", HOME, "there is a site called suara already"),
        ("pojok", "https://www.suara.com/news", "www.suara.com is a domain of the site suara"),
        ("pojok", "ftp://pojokdesa.example/", "is no web address"),
        ("pojok", "https://[::", "is no web address"),
        ("pojok", "http://127.0.0.1:8000/", "an internal address"),
        ("pojok", "https://printer.local/", "an internal address"),
        ("pojok", "localhost", "an internal address"),
        ("pojok", "https://co.id/", "co.id is no publisher's alone"),
    ],
)
def test_a_bad_name_or_address_is_one_line_before_anything_is_requested(
    name, url, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["sites", "new", name, url])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert says in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["sites/pojok.py", "sites/pojok-pages/pages.jsonl"])
def test_a_file_is_never_replaced(taken, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = Path(taken)
    file.parent.mkdir(parents=True)
    file.write_text("SITE = None\n")
    result = CliRunner().invoke(main, ["sites", "new", "pojok", HOME])
    assert result.exit_code in (1, 2)
    assert "already" in result.stderr.splitlines()[-1]
    assert file.read_text() == "SITE = None\n"
