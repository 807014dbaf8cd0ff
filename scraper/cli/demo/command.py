"""`warta demo`: five bundled sample sites on loopback, crawled twice with the real spiders."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from shlex import quote

import click

from archive.archive import Archive
from archive.errors import ArchiveError
from archive.revisions import queries
from scraper.cli import options
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.demo.world import crawled_at, world
from scraper.cli.errors.interrupts import Interrupted, pressed
from scraper.cli.rendering.terminal import columns, print_table, say
from scraper.display import clear_bar
from scraper.schedule.program import MAIN, script

_SETTINGS = (
    "DOWNLOAD_DELAY=0",
    "CONTACT=warta demo",
    "DEMO=1",
    # A page is read before the next one is requested, so that the articles have the same numbers
    # each time.
    "CONCURRENT_REQUESTS=1",
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE=1",
)
_COLUMNS = columns(
    "article_id site layout published_at revision headline",
    article_id="article",
    published_at="published",
    revision="rev",
)


@click.command()
@click.option(
    "--archive",
    "path",
    type=click.Path(path_type=Path),
    default="demo.db",
    help="File of the demo's archive.",
)
@options.json
def demo(path: Path, as_json: bool) -> None:
    """Serve bundled sample pages of all five sites on loopback and crawl them, twice, into demo.db.

    Needs no network: a small proxy in this process answers for the real addresses. The stories are
    invented.
    """
    if path.exists() and not _is_demo(path):
        raise click.ClickException(
            f"{path}: this is an archive of real crawls; name another file with --archive"
        )
    with _plain_errors(path):
        _delete(path)
    try:
        _show_rounds(path, as_json=as_json)
    except (KeyboardInterrupt, ArchiveError, click.ClickException):
        if not pressed():
            raise  # else what failed was interrupted
        _delete(path)
        for lock in path.parent.glob(f"{escape(path.name)}.*.lock"):  # of the crawl that was killed
            lock.unlink(missing_ok=True)
        raise Interrupted(f"Stopped; there is no {path}.") from None


def _delete(path: Path) -> None:
    for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        leftover.unlink(missing_ok=True)


def _show_rounds(path: Path, *, as_json: bool) -> None:
    Archive(path).close()  # where it cannot be written that is one line, before anything is crawled
    with _plain_errors(Path(tempfile.gettempdir())), ReplayProxy(world(1)) as proxy:
        say("First round: five sites as first published.", bold=True, err=as_json)
        _crawl(path, proxy.url, 1, as_json=as_json)
        proxy.answers = world(2)
        second = "one story edited and one taken down on each site, the rest unchanged."
        say(err=as_json)
        say(f"Second round: {second}", bold=True, err=as_json)
        _crawl(path, proxy.url, 2, "--recheck", "all", as_json=as_json)
    _summary(path)


@contextmanager
def _plain_errors(place: Path) -> Iterator[None]:
    """Turn an error of the file system into a line."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise click.ClickException(
            f"{place}: it cannot be written there ({why}); name another file with --archive"
        ) from error


def _is_demo(path: Path) -> bool:
    """Whether only crawls of the demo wrote the archive. Raises ArchiveError where it is none."""
    with Archive(path, read_only=True) as archive:
        sql = """SELECT min(arguments LIKE '%"demo"%') FROM crawls"""
        return bool(archive.db.conn.execute(sql).fetchone()[0])


def _crawl(path: Path, proxy: str, round_number: int, *arguments: str, as_json: bool) -> None:
    """Crawl in a process of its own, as a user would, through the proxy."""
    # The demo is the same whatever is configured.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.lower() != "no_proxy" and not name.startswith("WARTA_")
    }
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
    environment = kept | proxies | {"WARTA_CONFIG": os.devnull}
    command = [*script(MAIN), "crawl", "--archive", str(path)]
    for setting in _SETTINGS:
        command += ["-s", setting]
    command += arguments
    if as_json:
        command.append("--json")
    # The ages of the stories decide when they are due.
    command += ["-s", f"NOW={crawled_at(round_number).isoformat()}"]
    sys.stdout.flush()
    # Locks of its own: no real site is requested, so crawls of those may run beside a demo.
    with tempfile.TemporaryDirectory() as locks:
        environment |= {"WARTA_LOCKS": locks}
        # A group of its own: Ctrl-C reaches this process alone, which ends the whole group.
        with subprocess.Popen(command, env=environment, process_group=0) as crawl:  # noqa: S603
            try:
                code = crawl.wait()
            except KeyboardInterrupt:
                os.killpg(crawl.pid, signal.SIGKILL)
                crawl.wait()
                clear_bar(sys.stderr)
                raise
    if code < 0:
        raise click.ClickException("the demo's crawl was killed")
    if code:  # the crawl has said why
        raise SystemExit(code)


def _summary(path: Path) -> None:
    with Archive(path, read_only=True) as archive:
        stories = list(archive.db.query("SELECT * FROM latest ORDER BY article_id"))
        edited = "SELECT min(article_id) FROM history WHERE kind = 'publisher'"
        number = archive.db.conn.execute(edited).fetchone()[0] or 1
        sites = len(queries.stats(archive.db))
    bad = [story for story in stories if story["layout"] == "fallback" or not story["headline"]]
    for story in stories:
        if story["removed_at"]:
            story["headline"] = f"{story['headline']} (taken down)"
    click.echo()
    print_table(stories, _COLUMNS, title=f"{path}: {len(stories)} stories of {sites} sites")
    if bad:
        raise click.ClickException(f"{len(bad)} stories were not read in their site's own layout")
    say()
    say("Every story was read in its site's own layout. What to try next:")
    say()
    program = _program()
    for line in (f"show {number}", f"log {number}", f"diff {number}", "search batik", "stats"):
        click.echo(f"  {program} {line} --archive {quote(str(path))}")
    query = "'select site, headline from latest'"
    click.echo(f"  sqlite3 {quote(str(path))} {query}")


def _program() -> str:
    """Return how warta was started, to be pasted: by its name, its module or its path."""
    name, started = click.get_current_context().find_root().info_name, Path(sys.argv[0])
    if started.name != name or shutil.which(name) == str(started):
        return name or "warta"
    return quote(str(started))
