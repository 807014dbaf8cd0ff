"""`warta help`: the manual, one file per topic in `scraper/cli/help/`."""

import re
import sys
from collections.abc import Sequence
from importlib.resources import files

import click
from rich.console import Console
from rich.markdown import Markdown

from archive.ledger.wording import did_you_mean
from scraper.cli.groups import FittedHelp
from scraper.cli.rendering.terminal import console, say
from scraper.cli.rendering.wrapping import width

TOPICS = (
    "commands crawling sites politeness extracting importing archive reading search warc"
    " tables web datasette as-of syndication corpus schedule fleet configuration coverage alerts"
    " metrics maintenance merging scale takedown python benchmarks"
).split()
"""In the order in which a newcomer meets them."""

_WIDEST = 100
"""Columns of a rendered page at most: longer lines are hard to read."""


def _completed(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Called by click: the topics and commands that begin so."""
    names = [*TOPICS, *_root(context).list_commands(context)]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


@click.command("help")
@click.argument("topic", nargs=-1, shell_complete=_completed)
@click.pass_context
def help_command(context: click.Context, topic: tuple[str, ...]) -> None:
    """Show TOPIC of the manual, or how a command is used, in a pager on a terminal; list the topics
    without one.

    \b
    warta help crawling
    warta help corpus build
    """
    if not topic:
        _list_topics()
        return
    name = " ".join(topic)
    usage = _usage(context, topic)
    if name not in TOPICS and usage is None:
        known = dict.fromkeys([*TOPICS, *_root(context).list_commands(context)])
        raise UnknownTopic(name, list(known))
    if name not in TOPICS:
        click.echo(usage)
        return
    text = read_topic(name)
    if usage is not None:
        text += f"\n## The command\n\n```text\n{usage}\n```\n"
    out = console()
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    page = Console(highlight=False, width=min(out.width, _WIDEST), height=out.height)
    with page.capture() as captured:
        page.print(Markdown(text, hyperlinks=False))
    click.echo_via_pager(captured.get())


def _root(context: click.Context) -> click.Group:
    """Return the command `warta`."""
    root = context.find_root().command
    assert isinstance(root, click.Group)
    return root


def _usage(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the help of a command; None where there is none of that name."""
    context, command = context.find_root(), _root(context)
    found: click.Command | None = command
    for word in words:
        if not isinstance(found, click.Group):
            return None
        found = found.get_command(context, word)
        if found is None:
            return None
        settings = command.context_settings
        context = click.Context(found, info_name=word, parent=context, **settings)
    return found.get_help(context) if found is not None else None


def read_topic(topic: str) -> str:
    """Return the Markdown text of a topic without its comments, which are for tests."""
    text = files("scraper.cli").joinpath("help", f"{topic}.md").read_text("utf-8")
    return re.sub(r"<!--.*?-->\n", "", text, flags=re.DOTALL)


def first_sentence(topic: str) -> str:
    """Return the sentence that a topic opens with."""
    paragraph = read_topic(topic).split("\n\n")[1].replace("\n", " ")
    return re.split(r"(?<=\.) ", paragraph, maxsplit=1)[0]


def _list_topics() -> None:
    formatter = FittedHelp(
        width=min(_WIDEST, width(sys.stdout)) if sys.stdout.isatty() else 2 * _WIDEST
    )
    with formatter.section("Topics"):
        formatter.write_dl([(topic, first_sentence(topic)) for topic in TOPICS])
    click.echo(formatter.getvalue())
    say("`warta help TOPIC` shows a topic, `warta help COMMAND` the options of a command.")


class UnknownTopic(click.ClickException):
    """The manual has no such topic: wrong usage, in one line."""

    exit_code = 2

    def __init__(self, topic: str, known: Sequence[str]) -> None:
        meant = did_you_mean(topic, known) or "; `warta help` lists the topics"
        super().__init__(f"no topic or command {topic!r}{meant}")
