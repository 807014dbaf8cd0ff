"""An invented publisher whose profile is a file of the user's: Kabar Lembah, at kabar.example."""

from __future__ import annotations

from pathlib import Path

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import PROSE

PROFILE = '''"""{title}, an invented publisher."""

from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import Feed, Section, Sitemap

SITE = Site(
    name="{name}",
    title="{title}",
    home="https://{host}/",
    domains=("{host}",),
    article_urls=(
        ArticleURL(
            pattern=r"(?:www\\.)?{pattern}/(?P<kanal>[a-z]+)/(?P<id>\\d+)/(?P<slug>[^/]+)",
            canonical="{host}/{{kanal}}/{{id}}/{{slug}}",
            story_id="{{id}}",
        ),
    ),
    sources=(Section("https://{host}/"),),
    layouts=(Layout(name="K1", body="div.isi", headline=("h1",), date=("time",)),),
    rules=(Rule(name="app", pattern=r"^unduh aplikasi kabar lembah$"),),
    timezone="Asia/Makassar",
)
'''
HOME = "https://kabar.example/"


def profile(name: str = "kabar", *changes: tuple[str, str], host: str = "") -> str:
    """The text of a file with a profile, after changes (old, new) that must each do something."""
    host = host or f"{name}.example"
    title = f"{name.title()} Lembah"
    text = PROFILE.format(name=name, title=title, host=host, pattern=host.replace(".", "\\."))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def written(folder: Path, name: str = "kabar", *changes: tuple[str, str], host: str = "") -> Path:
    """The file of a profile in a folder, which is made."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.py"
    file.write_text(profile(name, *changes, host=host), "utf-8")
    return file


def story_url(number: int) -> str:
    return f"{HOME}desa/{number}/saluran-air-{number}"


def story(number: int) -> Answer:
    paragraphs = "".join(f"<p>{paragraph} ({number})</p>" for paragraph in PROSE)
    title = f"Saluran Air Kampung Damar Tahap {number}"
    page = (
        f'<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><time>20 November 2026 08:00 WITA</time>"
        f'<div class="isi">{paragraphs}<p>Unduh aplikasi Kabar Lembah</p></div></body></html>'
    )
    return Answer(body=page.encode())


def kabar(*numbers: int) -> dict[str, Answer]:
    """kabar.example with a home page and these stories; robots.txt forbids number 9."""
    stories = {story_url(number): story(number) for number in numbers}
    links = "".join(f'<a href="{url}">berita</a>' for url in stories)
    robots = b"User-agent: *\nDisallow: /desa/9/\n"
    return {
        f"{HOME}robots.txt": Answer(content_type="text/plain", body=robots),
        HOME: Answer(body=f"<html><body>{links}</body></html>".encode()),
        **stories,
    }
