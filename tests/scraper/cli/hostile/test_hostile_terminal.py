"""Every command on a terminal, where colours are allowed, over an archive and sites full of hostile
text: what reaches the terminal is what warta and rich write, never a sequence of a page.
"""

from __future__ import annotations

import os
import pty
import re
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from scraper.cli.demo.proxy import Answer, ReplayProxy
from scraper.cli.main import COMMANDS
from tests.preloaded import MAX_SECONDS, start
from tests.scraper.cli.every_command import SERVES
from tests.scraper.cli.hostile.material import (
    HOSTILE,
    commands,
    fill,
    hostile_archive,
    make_hostile,
)
from tests.scraper.cli.hostile.test_hostile_archive import (
    ALL,
    FLEET,
    NETWORK,
    WITHOUT_ARCHIVE,
    hidden,
)
from tests.scraper.crawling.conftest import (
    FAST,
    HOME,
    ROBOTS,
    environment,
    home,
    small_site,
    story_url,
)

STYLES = re.compile(r"\x1b\[(?:[0-9;]*[mKAHJ]|\?25[lh])|\r")
"""What rich writes: colours, and the movements of its bars."""
COLOUR = "\x1b[31;1m"
"""Of HOSTILE, and not as rich writes it."""


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., str]:
    """Runs a command on a terminal of its own; returns what arrived there."""

    def shown(*words: str, environment: dict[str, str]) -> str:
        outer, inner = pty.openpty()
        termios.tcsetwinsize(inner, (50, 200))
        for name in ("out", "err"):
            link = tmp_path / name
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(inner))
        arrived: list[bytes] = []
        reader = Thread(target=_read_all, args=(outer, arrived))
        plain = {"TERM": "xterm-256color", "PAGER": "cat"}
        reader.start()
        process = start(*words, environment=environment | plain, folder=tmp_path)
        process.join(MAX_SECONDS)
        os.close(inner)
        reader.join(MAX_SECONDS)
        os.close(outer)
        assert process.exitcode is not None
        return b"".join(arrived).decode(errors="replace")

    return shown


def _read_all(outer: int, arrived: list[bytes]) -> None:
    """Read until the other end is closed, which Linux reports as an error."""
    with suppress(OSError):
        while found := os.read(outer, 65_536):
            arrived.append(found)


def check(shown: str, words: tuple[str, ...]) -> None:
    assert shown or {"--json", "--output"} & {*words}, words
    assert COLOUR not in shown, words
    rest = STYLES.sub("", shown)
    assert not {letter for letter in rest if letter != "\n" and hidden(letter)}, words
    assert "Traceback" not in rest, (words, rest)


@pytest.mark.parametrize("name", ALL)
def test_no_command_shows_a_sequence_of_a_page_on_a_terminal(
    path: Path, name: str, terminal: Callable[..., str]
) -> None:
    hostile_archive(path)
    named = () if name in WITHOUT_ARCHIVE else ("--archive", str(path))
    for words in commands(path.parent)[name]:
        check(terminal(name, *words, *named, environment=dict(os.environ)), (name, *words))


def hostile_site() -> dict[str, Answer]:
    """A site that writes hostile text wherever it can."""
    text = HOSTILE.replace("\r\n", " ").replace("\x00", "")
    answers = small_site(1, 2, 3)
    page = answers[story_url(1)]
    body = page.body.replace(b"Saluran Air", text.encode()).replace(b"RATNA SARI", text.encode())
    answers[story_url(1)] = replace(page, body=body)
    away = f"https://rmol.id/{text.encode().hex()}"
    answers[story_url(2)] = Answer(status=302, headers=(("Location", away),))
    answers[story_url(3)] = Answer(status=500, body=text.encode())
    links = [story_url(number) for number in (1, 2, 3)]
    strange = f"https://rmol.id/nusantara/read/2026/11/20/700009/{text}"
    answers[HOME] = home(*links, strange, f"https://{text}.id/a", f"javascript:{text}")
    rules = f"User-agent: *\nDisallow: /jauh{text}\nSitemap: https://rmol.id/{text}.xml\n"
    answers[ROBOTS] = Answer(content_type="text/plain", body=rules.encode())
    return answers


NETWORKED = {
    "crawl": [("rmol", *FAST, "-v"), ("rmol", *FAST, "--plan"), ("rmol", *FAST, "--json")],
    "doctor": [("rmol", *FAST), ("rmol", *FAST, "--json")],
    "demo": [()],
    "corpus": [("build", "{}/korpus", "--filters", "none"), ("build", "{}/lagi", "--plan")],
}


def test_each_command_is_tried() -> None:
    assert {*ALL, *NETWORKED, *FLEET, *SERVES} == {*COMMANDS}
    assert {*NETWORKED} == NETWORK


@pytest.mark.parametrize(
    "name", ["crawl", "demo", "doctor", pytest.param("corpus", marks=pytest.mark.slow)]
)
def test_nor_do_commands_that_crawl_or_build(
    path: Path, name: str, terminal: Callable[..., str], tmp_path: Path
) -> None:
    fill(path)
    make_hostile(path, site="rmol")
    with ReplayProxy(hostile_site()) as proxy:
        for words in NETWORKED[name]:
            given = tuple(word.format(tmp_path) for word in words)
            named = ("--archive", str(path))
            shown = terminal(name, *given, *named, environment=environment(proxy))
            check(shown, (name, *words))
