"""The commands that only read an archive: show, log, diff, explain, search, stats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from archive import reading
from archive.connection import plain_errors
from archive.history import word_diff
from archive.reasons import sentence
from archive.store import Archive
from archive.terminal import console, human_bytes, print_json, print_table

archive_option = click.option(
    "--archive",
    "path",
    type=click.Path(path_type=Path),
    envvar="WARTA_ARCHIVE",
    default="news.db",
    show_default=True,
    help="The archive's file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")

_STYLES = {"added": "green underline", "removed": "red strike", "same": ""}
_MARKS = {"added": ("[+", "+]"), "removed": ("[-", "-]"), "same": ("", "")}


def _identify() -> reading.Identify | None:
    """The profiles' eye for addresses, which the program that holds these commands lends them."""
    found: reading.Identify | None = click.get_current_context().find_root().obj
    return found


@contextmanager
def _open(path: Path) -> Iterator[Archive]:
    with plain_errors(path), Archive(path, read_only=True) as archive:
        yield archive


@click.command(short_help="One article as it stands.")
@click.argument("url")
@archive_option
@json_option
def show(url: str, path: Path, as_json: bool) -> None:
    """One article as it stands: by URL, story id or number.

    \b
    warta show https://republika.co.id/berita/tos4su512/dapur-masjid
    warta show 12 --json
    """
    with _open(path) as archive:
        article = reading.latest(archive.db, reading.find_article(archive.db, url, _identify()))
    if as_json:
        print_json([article])
        return
    out = console()
    for line in _heading(article):
        out.print(Text(line), soft_wrap=True)
    out.print()
    out.print(Text(article["body"]), soft_wrap=True)


def _heading(article: dict[str, Any]) -> list[str]:
    """The lines above a body."""
    lines = [article["kicker"], article["headline"] or "(no headline)", article["deck"]]
    people = ", ".join(article["authors"]) + (f" (editor: {', '.join(article['editors'])})" if article["editors"] else "")
    lines.append(" · ".join(filter(None, (people, article["agency"], article["published_at"], article["section"], article["dateline"]))))
    lines.append(f"{article['url']} (article {article['article_id']}, revision {article['revision']}, layout {article['layout']})")
    if article["removed_at"]:
        lines.append(f"Removed by the site; noticed {article['removed_at']}")
    if article["opted_out"]:
        lines.append(f"Opted out of text mining by {article['opted_out']}")
    if article["warnings"]:
        lines.append(f"Doubtful: {', '.join(article['warnings'])}")
    return [line for line in lines if line]


@click.command(short_help="The revisions of an article.")
@click.argument("url")
@archive_option
@json_option
def log(url: str, path: Path, as_json: bool) -> None:
    """The revisions of an article: when, of which kind, which fields."""
    with _open(path) as archive:
        rows = reading.revisions(archive.db, reading.find_article(archive.db, url, _identify()))
    if as_json:
        print_json(rows)
        return
    columns = {
        "number": "rev",
        "observed_at": "observed",
        "kind": "kind",
        "changed": "changed",
        "returns_to": "returns to",
        "headline": "headline",
    }
    print_table(rows, columns, title=rows[-1]["url"])


@click.command(short_help="What changed, word by word.")
@click.argument("url")
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@archive_option
@json_option
def diff(url: str, a: int | None, b: int | None, path: Path, as_json: bool) -> None:
    """What changed between revisions A and B of an article, word by word; the newest two if none is named.

    \b
    warta diff 12
    warta diff https://rmol.id/nusantara/read/2026/11/20/729812/lumbung-pangan 1 3
    """
    with _open(path) as archive:
        article_id = reading.find_article(archive.db, url, _identify())
        newest = reading.latest(archive.db, article_id)["revision"]
        b = b if b is not None else newest
        before = reading.revision(archive.db, article_id, a if a is not None else max(1, b - 1))
        after = reading.revision(archive.db, article_id, b)
    edits = [(name, list(word_diff(_text(before[name]), _text(after[name])))) for name in ("headline", *_OTHER_FIELDS, "body")]
    changed = [(name, runs) for name, runs in edits if any(run.kind != "same" for run in runs)]
    if as_json:
        print_json({"field": name, "edits": [{"kind": run.kind, "text": run.text} for run in runs]} for name, runs in changed)
        return
    out = console()
    out.print(
        Text(f"Revision {before['number']} ({before['observed_at']}) → revision {after['number']} of {newest} ({after['observed_at']})")
    )
    for name, runs in changed:
        out.print(Text(f"\n{name}", style="bold"))
        out.print(Text.assemble(*(_marked(run.kind, run.text, out.is_terminal) for run in runs)), soft_wrap=True)
    if not changed:
        out.print("No difference in any field.")


_OTHER_FIELDS = ("kicker", "deck", "dateline", "authors", "editors", "agency", "published_at", "section", "caption")


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""


def _marked(kind: str, text: str, coloured: bool) -> tuple[str, str]:
    before, after = ("", "") if coloured else _MARKS[kind]
    return before + text + after, _STYLES[kind] if coloured else ""


@click.command(short_help="Full text of the newest revisions.")
@click.argument("words", nargs=-1, required=True)
@click.option("--site", help="Only stories of this site.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Stories shown at most.")
@archive_option
@json_option
def search(words: tuple[str, ...], site: str | None, limit: int, path: Path, as_json: bool) -> None:
    """Full text: stories whose newest revision holds all the words; "quotes" make a phrase."""
    with _open(path) as archive:
        rows = list(reading.search(archive.db, " ".join(words), site=site, limit=limit))
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("Nothing found.", err=True)
        return
    print_table(rows, {"article_id": "article", "site": "site", "published_at": "published", "headline": "headline", "snippet": "text"})


@click.command(short_help="A URL's whole life.")
@click.argument("url")
@archive_option
@json_option
def explain(url: str, path: Path, as_json: bool) -> None:
    """A URL's whole life: who announced it, each check with its answer, and what it made."""
    with _open(path) as archive:
        life = reading.life_of(archive.db, url, _identify())
    if as_json:
        print_json([life])
        return
    for line in _life(life):
        click.echo(line)


def _life(life: dict[str, Any]) -> list[str]:
    lines = [life["url"], f"Site {life['site']}, state {life['state']}" + (f": {sentence(life['reason'])}" if life["reason"] else "") + "."]
    announced = f" by {life['announced_by']}" if life["announced_by"] else ""
    lines.append(f"First announced {life['first_seen_at']}{announced}.")
    for check in life["history"]:
        answer = f"status {check['status']}" if check["status"] else "no answer"
        reason = f" ({sentence(check['reason'])})" if check["reason"] else ""
        lines.append(
            f"Asked {check['checked_at']}: {answer}, {check['outcome'].replace('_', ' ')}{reason}, {human_bytes(check['bytes'] or 0)}."
        )
    if not life["history"]:
        lines.append("Never asked for.")
    if life["next_check_at"]:
        lines.append(f"Due again {life['next_check_at']}.")
    elif life["state"] != "source":
        lines.append("Not due again by itself.")
    if life["article_id"] is not None:
        lines.append(f"It is article {life['article_id']}:")
        for made in life["revisions"]:
            changed = f", changed {', '.join(made['changed'])}" if made["changed"] else ""
            lines.append(f"  revision {made['number']} ({made['kind']}{changed}) {made['observed_at']}")
    return lines


@click.command(short_help="Counts and bytes, a row a site.")
@archive_option
@json_option
def stats(path: Path, as_json: bool) -> None:
    """Counts and bytes, a row a site."""
    with _open(path) as archive:
        rows = reading.stats(archive.db)
    if as_json:
        print_json(rows)
        return
    shown = [dict(row, bytes_sent=human_bytes(row["bytes_sent"]), bytes_kept=human_bytes(row["bytes_kept"])) for row in rows]
    names = ("site", "articles", "revisions", "publisher_edits", "removed", "opted_out", "urls", "due", "refused", "failed", "snapshots")
    columns = {name: name.replace("_", " ") for name in (*names, "bytes_sent", "bytes_kept")}
    print_table(shown, columns, title=f"{path} ({human_bytes(path.stat().st_size)} on disk)")


COMMANDS = (show, log, diff, search, explain, stats)
