"""`warta help`: the manual."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from scraper.cli.help_command import TOPICS, first_sentence
from scraper.cli.main import main
from tests.scraper.cli.every_command import EVERY_COMMAND


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["help", *words])


def test_the_topics_are_listed_with_their_first_sentence() -> None:
    shown = run()
    assert shown.exit_code == 0
    lines = [line.split(maxsplit=1) for line in shown.stdout.splitlines() if line.startswith("  ")]
    assert [name for name, _sentence in lines] == list(TOPICS)
    for name, sentence in lines:
        assert sentence == first_sentence(name)
        assert sentence.endswith(".")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_pipe_gets_the_topic_as_plain_text(topic: str) -> None:
    shown = run(topic)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# ")
    assert "\x1b" not in shown.stdout
    assert "<!--" not in shown.stdout


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("crwl", "Error: no topic or command 'crwl'; did you mean crawl or crawling?\n"),
        ("nope", "Error: no topic or command 'nope'; `warta help` lists the topics\n"),
        ("xyzzy", "Error: no topic or command 'xyzzy'; `warta help` lists the topics\n"),
    ],
)
def test_an_unknown_topic_is_one_line(topic: str, said: str) -> None:
    shown = run(topic)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (2, "", said)


def test_a_terminal_gets_it_rendered_in_a_pager(tmp_path: Path, monkeypatch) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED\ncat\n")
    pager.chmod(0o700)
    monkeypatch.setenv("PAGER", str(pager))
    monkeypatch.setenv("TERM", "xterm")
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "scraper", "help", "as-of"]
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner) as shown:
        os.close(inner)
        text = "".join(_read(outer))
    os.close(outer)
    assert shown.returncode == 0
    assert "PAGED" in text
    assert "As of a time" in text
    assert "# As of" not in text
    assert "```" not in text


def _read(terminal: int) -> Iterator[str]:
    """Until the other end is closed, which Linux reports as an error."""
    with suppress(OSError):
        while found := os.read(terminal, 1024):
            yield found.decode(errors="replace")


SHARED = (
    "--site --section --author --since --until"
    " --limit --jobs --as-of --csv --json --archive --config"
).split()


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_options_that_commands_share_stand_in_one_order_around_their_own(name: str) -> None:
    params = EVERY_COMMAND[name].params
    names = [each.opts[-1] for each in params if isinstance(each, click.Option)]
    shared = [name for name in names if name in SHARED]
    assert shared == sorted(shared, key=SHARED.index)
    begin = len([name for name in shared if SHARED.index(name) < SHARED.index("--limit")])
    assert names[:begin] == shared[:begin]
    assert names[len(names) - len(shared) + begin :] == shared[begin:]


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_options_that_do_the_same_have_the_same_name(name: str) -> None:
    for option in EVERY_COMMAND[name].params:
        for one, other in (("-o", "--output"), ("-j", "--jobs"), ("-v", "--verbose")):
            assert not {one, other} & set(option.opts) or {one, other} <= set(option.opts)
        if option.name in ("zone", "timezone"):
            assert "--timezone" in option.opts
        if option.name == "dry_run":
            assert option.opts == ["--dry-run"]
        if option.name == "plan":  # under its first name, too
            assert option.opts == ["--dry-run", "--plan"]


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_the_examples_of_a_help_text_have_options_that_exist(name: str) -> None:
    lines = (EVERY_COMMAND[name].help or "").splitlines()
    for example in (line.strip() for line in lines if line.strip().startswith("warta ")):
        words = example.split()[1:]
        command = next(
            each for count in (2, 1) if (each := EVERY_COMMAND.get(" ".join(words[:count])))
        )
        options = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, example
