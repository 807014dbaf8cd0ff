"""Hostile text of pages stays text in HTML, JSON, Atom and SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import pytest

from archive import Archive
from scraper.web.serve import Deployment, application
from tests.archive.invented import DAY, HOUR, NOW, keep, story
from tests.scraper.web.visiting import Site

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }}",
    "' onmouseover='alert(1)",
    "\x1b]0;judul\x07\u202ebalik\x00\ufffe",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An archive in which every field that is shown holds an attack."""
    path = tmp_path_factory.mktemp("hostile") / "news.db"
    with Archive(path) as archive:
        for number, attack in enumerate(ATTACKS, 1):
            fields = {
                "headline": f"Judul {attack}",
                "kicker": attack,
                "deck": attack,
                "section": attack,
                "authors": (attack,),
                "caption": attack,
                "body": f"Warga membaca {attack} di pasar.\n\nRalat: {attack}",
            }
            keep(archive, story(number, **fields), at=NOW)
            keep(archive, story(number, **{**fields, "headline": f"Baru {attack}"}), at=NOW + HOUR)
    opened = Site(application(Deployment(archive=path)))
    yield opened
    opened.close()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.handlers: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _value in attrs if name.startswith("on")]
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "action")
        ]


PAGES = (
    "/ /article/{n} /article/{n}/revision/1 /article/{n}/diff/1..2 /changes /search?q={q} "
    "/explain?url={q} /changes?site={q} /clusters?site={q} /coverage /article/{n}?as_of={q}"
).split()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("number", range(1, len(ATTACKS) + 1))
def test_no_attack_becomes_a_tag_a_handler_or_an_address(
    site: Site, page: str, number: int
) -> None:
    from urllib.parse import quote

    reply = site.get(page.format(n=number, q=quote(ATTACKS[number - 1])))
    assert reply.status < 500
    found = _Tags()
    found.feed(reply.text)
    assert found.handlers == []
    assert not found.tags & {"script", "img", "iframe", "object", "embed", "base"}
    assert not any(address.lower().startswith("javascript:") for address in found.addresses)
    assert "\x1b" not in reply.text and "\u202e" not in reply.text and "49" not in reply.words[:60]


def test_an_address_that_is_no_web_address_is_no_link(site: Site) -> None:
    from jinja2 import Environment

    from scraper.web.rendering import _environment

    environment: Environment = _environment("en")
    template = environment.from_string('{% import "macros.html" as show %}{{ show.outside(url) }}')
    assert template.render(url="javascript:alert(1)") == "javascript:alert(1)"
    assert 'href="https://suara.com/"' in template.render(url="https://suara.com/")


def test_feeds_are_well_formed_whatever_a_headline_holds(site: Site) -> None:
    feed = feedparser.parse(site.get("/feed/changes.atom").body)
    assert not feed.bozo, feed.get("bozo_exception")
    assert len(feed.entries) == len(ATTACKS)


def test_json_shows_the_text_as_it_is(site: Site) -> None:
    shown = site.get("/article/1.json").json
    assert shown["article"]["headline"] == f"Baru {ATTACKS[0]}"


def test_a_broken_time_of_another_program_is_shown_as_text(
    path: Path, serve: Callable[..., Site]
) -> None:
    with Archive(path) as archive:
        keep(archive, story(1), at=NOW + DAY)
        with archive.transaction(NOW + DAY):
            archive.db.conn.execute("UPDATE articles SET published_at = '<b>kemarin</b>'")
    page = serve(path).get("/article/1")
    assert page.status == 200
    assert "&lt;b&gt;kemarin&lt;/b&gt;" in page.text
