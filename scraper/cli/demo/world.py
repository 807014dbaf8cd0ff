"""The demo world: five small sites with invented stories, as a dictionary of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from scraper.cli.demo.proxy import Answer
from scraper.cli.demo.records import Site, Story, bundled_text, read_site

SITES = ("suara", "rmol", "republika", "medcom", "islamtimes")
HARI = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# fmt: off
BULAN = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on
CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


def world(round_number: int) -> dict[str, Answer]:
    """Every URL of the five sites with its answer: as first published (1), or after edits and
    removals (2).
    """
    if round_number not in (1, 2):
        raise ValueError(f"the demo world has the rounds 1 and 2, not {round_number}")
    answers: dict[str, Answer] = {}
    for name in SITES:
        answers.update(site_answers(read_site(name), round_number))
    return answers


def crawled_at(round_number: int) -> datetime:
    """When a round is to be crawled: an hour after the newest story, or the newest edit, so that it
    is the same in any year.
    """
    stories = [story for name in SITES for story in read_site(name).stories]
    edits = [story.edit.modified for story in stories if story.edit and round_number == 2]
    return (max((*(story.published for story in stories), *edits)) + timedelta(hours=1)).astimezone(
        UTC
    )


def site_answers(site: Site, round_number: int = 1) -> dict[str, Answer]:
    """Every URL of one site with its answer."""
    return dict((*_listing_answers(site, round_number), *story_answers(site, round_number)))


def _listing_answers(site: Site, round_number: int) -> Iterator[tuple[str, Answer]]:
    """The answers of the pages that are no story."""
    standing = [story for story in site.stories if round_number == 1 or not story.vanishes]
    stories = [_as_of(story, round_number) for story in standing]
    for listing in site.listings:
        listed = [story for story in stories if listing.shows(story)]
        answer = _rendered(f"{site.name}/{listing.template}", stories=listed, listing=listing)
        yield from ((url, answer) for url in listing.urls)


def story_answers(site: Site, round_number: int) -> Iterator[tuple[str, Answer]]:
    """The answers of all stories, page by page."""
    for story in site.stories:
        related = [other for other in site.stories if other is not story][:4]
        current = _as_of(story, round_number)
        for url, page, paragraphs in _pages(current, site):
            if story.vanishes and round_number == 2:
                yield url, replace(_rendered("gone.html"), status=404)
                continue
            answer = _rendered(
                f"{site.name}/{story.layout}.html",
                story=current,
                page=page,
                page_urls=_page_urls(story, site),
                paragraphs=paragraphs,
                related=related,
                pulse=int(story.counters_move and round_number == 2),
            )
            yield url, answer


def _as_of(story: Story, round_number: int) -> Story:
    """The story as it reads in this round."""
    edit = story.edit
    if round_number == 1 or edit is None:
        return story
    before, after = story.paragraphs[: edit.paragraph], story.paragraphs[edit.paragraph + 1 :]
    paragraphs = (*before, edit.text, *after)
    return replace(story, headline=edit.headline, modified=edit.modified, paragraphs=paragraphs)


def _page_urls(story: Story, site: Site) -> tuple[str, ...]:
    """The URLs of the story's pages, the first being its own."""
    later = range(2, len(story.pages) + 1)
    return (story.url, *(story.url + site.page_suffix.format(number) for number in later))


def _pages(story: Story, site: Site) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """The pages of the story, each with its URL, its number (0 is the whole in one piece) and its
    paragraphs.
    """
    start = 0
    lengths = story.pages or (len(story.paragraphs),)
    for number, (url, length) in enumerate(zip(_page_urls(story, site), lengths, strict=True), 1):
        yield url, number, story.paragraphs[start : start + length]
        start += length
    if story.pages and site.whole_suffix:
        yield story.url + site.whole_suffix, 0, story.paragraphs


def _rendered(template: str, **context: object) -> Answer:
    """An answer with this template as its body."""
    body = _environment().get_template(template).render(context).encode()
    return Answer(content_type=CONTENT_TYPES[template.rpartition(".")[2]], body=body)


@cache
def _environment() -> Environment:
    """The templates, with the filters they use."""
    environment = Environment(
        loader=FunctionLoader(lambda name: bundled_text(f"templates/{name}")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(written=_written, marked=_marked, plain=_plain)
    return environment


def _written(moment: datetime, pattern: str) -> str:
    """A moment in a site's own wording: the pattern names its parts, as in `{hari}, {d} {bulan}
    {y}`.
    """
    return pattern.format(
        hari=HARI[moment.weekday()],
        weekday=WEEKDAYS[moment.weekday()],
        bulan=BULAN[moment.month - 1],
        month=MONTHS[moment.month - 1],
        d=f"{moment:%d}",
        day=moment.day,
        y=f"{moment:%Y}",
        hm=f"{moment:%H:%M}",
        hms=f"{moment:%H:%M:%S}",
        gmt=f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} GMT",
    )


def _marked(paragraph: str) -> Markup:
    """A paragraph as markup."""
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', str(escape(paragraph)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text))  # noqa: S704 - escaped above


def _plain(paragraph: str) -> str:
    """A paragraph without its marks, for descriptions in head and feed."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", paragraph).replace("*", "")
