"""The demo world: five small sites with invented stories, as a dictionary of answers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from babel.dates import format_date
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from scraper.cli.demo.proxy import Answer
from scraper.cli.demo.records import Site, Story, bundled_text, read_site

SITES = ("suara", "rmol", "republika", "medcom", "islamtimes")
CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


def world(round_number: int) -> dict[str, Answer]:
    """Return the answers of the five sites by URL: as first published (1), or after edits (2)."""
    answers: dict[str, Answer] = {}
    for name in SITES:
        answers |= site_answers(read_site(name), round_number)
    return answers


def crawled_at(round_number: int) -> datetime:
    """Return the time of a round's crawls: an hour after its newest story or edit, in UTC."""
    stories = [story for name in SITES for story in read_site(name).stories]
    times = [story.published for story in stories]
    if round_number == 2:
        times += [story.edit.modified for story in stories if story.edit]
    return (max(times) + timedelta(hours=1)).astimezone(UTC)


def site_answers(site: Site, round_number: int = 1) -> dict[str, Answer]:
    """Return the answers of one site by URL."""
    answers: dict[str, Answer] = {}
    kept = [story for story in site.stories if round_number == 1 or not story.vanishes]
    stories = [_as_of(story, round_number) for story in kept]
    for listing in site.listings:
        listed = [story for story in stories if listing.shows(story)]
        answer = _rendered(f"{site.name}/{listing.template}", stories=listed, listing=listing)
        answers |= dict.fromkeys(listing.urls, answer)
    return answers | dict(story_answers(site, round_number))


def story_answers(site: Site, round_number: int) -> Iterator[tuple[str, Answer]]:
    """Yield the answers of all stories, page by page."""
    for story in site.stories:
        related = [other for other in site.stories if other is not story][:4]
        current = _as_of(story, round_number)
        for url, page, paragraphs in _pages(current, site):
            if story.vanishes and round_number == 2:
                yield url, replace(_rendered("gone.html"), status=404)
                continue
            context = {"story": current, "page": page, "page_urls": _page_urls(story, site)}
            context |= {"paragraphs": paragraphs, "related": related}
            pulse = int(story.counters_move and round_number == 2)
            yield url, _rendered(f"{site.name}/{story.layout}.html", **context, pulse=pulse)


def _as_of(story: Story, round_number: int) -> Story:
    """Return the story as it is in this round."""
    edit = story.edit
    if round_number == 1 or edit is None:
        return story
    before, after = story.paragraphs[: edit.paragraph], story.paragraphs[edit.paragraph + 1 :]
    paragraphs = (*before, edit.text, *after)
    return replace(story, headline=edit.headline, modified=edit.modified, paragraphs=paragraphs)


def _page_urls(story: Story, site: Site) -> tuple[str, ...]:
    """Return the URLs of the story's pages; the first is its own."""
    later = range(2, len(story.pages) + 1)
    return (story.url, *(story.url + site.page_suffix.format(number) for number in later))


def _pages(story: Story, site: Site) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield URL, number (0: all pages in one) and paragraphs of each page of the story."""
    start = 0
    lengths = story.pages or (len(story.paragraphs),)
    for number, (url, length) in enumerate(zip(_page_urls(story, site), lengths, strict=True), 1):
        yield url, number, story.paragraphs[start : start + length]
        start += length
    if story.pages and site.whole_suffix:
        yield story.url + site.whole_suffix, 0, story.paragraphs


def _rendered(template: str, **context: object) -> Answer:
    """Return an answer with this template as its body."""
    body = _environment().get_template(template).render(context).encode()
    return Answer(content_type=CONTENT_TYPES[template.rpartition(".")[2]], body=body)


@cache
def _environment() -> Environment:
    """Return the templates, with the filters they use."""
    environment = Environment(
        loader=FunctionLoader(lambda name: bundled_text(f"templates/{name}")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(written=_written, marked=_marked, plain=_plain)
    return environment


def _written(time: datetime, pattern: str) -> str:
    """Return a time as a site writes it; a pattern is like `{hari}, {d} {bulan} {y}`."""
    return pattern.format(
        hari=format_date(time, "EEEE", locale="id"),
        weekday=format_date(time, "EEEE", locale="en"),
        bulan=format_date(time, "MMMM", locale="id"),
        month=format_date(time, "MMMM", locale="en"),
        d=f"{time:%d}",
        day=time.day,
        y=f"{time:%Y}",
        hm=f"{time:%H:%M}",
        hms=f"{time:%H:%M:%S}",
        gmt=f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} GMT",
    )


def _marked(paragraph: str) -> Markup:
    """Return a paragraph as markup."""
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', str(escape(paragraph)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text))  # noqa: S704 - escaped above


def _plain(paragraph: str) -> str:
    """Return a paragraph without its marks, for descriptions in head and feed."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", paragraph).replace("*", "")
