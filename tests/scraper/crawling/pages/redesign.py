"""A site after a redesign: no class and no id is what it was."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import md5

from scraper.cli.demo.proxy import Answer
from tests.scraper.crawling.conftest import HOME, ROBOTS, home, story, story_url
from tests.scraper.crawling.newsroom import prose


def renamed(name: str) -> str:
    return f"x{md5(name.encode(), usedforsecurity=False).hexdigest()[:8]}"


def redesigned(answer: Answer) -> Answer:
    page = re.sub(
        r'\b(class|id)="([^"]*)"',
        lambda match: f'{match[1]}="{renamed(match[2])}"',
        answer.body.decode(),
    )
    return replace(answer, body=page.encode())


def site_of(numbers: range, *, new_layout: bool = False) -> dict[str, Answer]:
    """rmol.id with stories that differ in every paragraph, before or after its redesign."""
    told = {story_url(number): story(number, prose=prose(number)) for number in numbers}
    pages = {url: redesigned(answer) for url, answer in told.items()} if new_layout else told
    robots = Answer(content_type="text/plain", body=b"User-agent: *\nDisallow: /search\n")
    return {ROBOTS: robots, HOME: home(*told), **pages}
