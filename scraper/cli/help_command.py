"""`warta help`: the manual, one file per topic in `scraper/cli/help/`."""

import re
from difflib import get_close_matches
from importlib.resources import files

import click
from rich.console import Console
from rich.markdown import Markdown

from scraper.cli.terminal import console

TOPICS = (
    "commands crawling sites politeness extracting importing archive reading search web datasette"
    " as-of syndication corpus schedule configuration coverage alerts metrics maintenance takedown python"
    " benchmarks"
).split()
"""In the order in which a newcomer meets them."""

_WIDEST = 100
"""Columns of a rendered page at most: longer lines are hard to read."""


@click.command("help")
@click.argument("topic", required=False)
def help_command(topic: str | None) -> None:
    """Show TOPIC of the manual, in a pager on a terminal; list the topics without one."""
    if topic is None:
        _list_topics()
        return
    text = read_topic(topic)
    out = console()
    if not out.is_terminal:
        click.echo(text, nl=False)
        return
    page = Console(highlight=False, width=min(out.width, _WIDEST))
    with page.capture() as captured:
        page.print(Markdown(text))
    click.echo_via_pager(captured.get())


def read_topic(topic: str) -> str:
    """Return the Markdown text of a topic without its comments, which are for tests."""
    if topic not in TOPICS:
        raise UnknownTopic(topic)
    text = files("scraper.cli").joinpath("help", f"{topic}.md").read_text("utf-8")
    return re.sub(r"<!--.*?-->\n", "", text, flags=re.DOTALL)


def first_sentence(topic: str) -> str:
    """Return the sentence that a topic opens with."""
    paragraph = read_topic(topic).split("\n\n")[1].replace("\n", " ")
    return re.split(r"(?<=\.) ", paragraph, maxsplit=1)[0]


def _list_topics() -> None:
    formatter = click.HelpFormatter(width=_WIDEST)
    with formatter.section("Topics"):
        formatter.write_dl([(topic, first_sentence(topic)) for topic in TOPICS])
    click.echo(formatter.getvalue())
    click.echo("`warta help TOPIC` shows a topic, `warta COMMAND --help` the options of a command.")


class UnknownTopic(click.ClickException):
    """The manual has no such topic: wrong usage, in one line."""

    exit_code = 2

    def __init__(self, topic: str) -> None:
        near = get_close_matches(topic, TOPICS, cutoff=0.5)
        meant = f"did you mean {' or '.join(near)}?" if near else "`warta help` lists the topics"
        super().__init__(f"no topic {topic!r} in the manual; {meant}")
