"""`warta demo`: five bundled sample sites on loopback, crawled twice with the real spiders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from archive.archive import Archive
from archive.revisions import queries
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.demo.world import crawled_at, world
from scraper.cli.options import json_option
from scraper.cli.terminal import print_table

_SETTINGS = ("-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=warta demo", "-s", "DEMO=1")


@click.command(short_help="See it work, without the network.")
@click.option(
    "--archive",
    "path",
    type=click.Path(path_type=Path),
    default="demo.db",
    show_default=True,
    help="Where the demo's archive is made.",
)
@json_option
def demo(path: Path, as_json: bool) -> None:
    """Serve bundled sample pages of all five sites on loopback and crawl them, twice, into demo.db.

    Needs no network: a small proxy in this process answers for the real addresses. The stories are
    invented.
    """
    if path.exists() and not _is_a_demo(path):
        raise click.ClickException(
            f"{path}: this is an archive of real crawls; name another file with --archive"
        )
    for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        leftover.unlink(missing_ok=True)
    with ReplayProxy(world(1)) as proxy:
        click.secho("First round: five sites as first published.", bold=True, err=as_json)
        _crawl(path, proxy.url, "-s", _clock(1), as_json=as_json)
        proxy.answers = world(2)
        click.secho(
            "\nSecond round: a story edited and one taken down on each site, the rest as it was.",
            bold=True,
            err=as_json,
        )
        _crawl(path, proxy.url, "-s", _clock(2), "--recheck", "all", as_json=as_json)
    _summary(path, as_json=as_json)


def _is_a_demo(path: Path) -> bool:
    """Whether nothing but the demo's crawls wrote the archive; raises ArchiveError where it is no
    archive at all.
    """
    with Archive(path, read_only=True) as archive:
        demos, others = archive.db.conn.execute(
            "SELECT total(arguments LIKE '%\"demo\"%'), total(arguments NOT LIKE '%\"demo\"%') FROM crawls"
        ).fetchone()
    return bool(demos > 0 and others == 0)


def _clock(round_number: int) -> str:
    """The setting that gives a round's crawls their time: what is new, and when it is due again,
    depends on the stories' ages.
    """
    return f"NOW={crawled_at(round_number).isoformat()}"


def _crawl(path: Path, proxy: str, *arguments: str, as_json: bool) -> None:
    """A crawl in its own process, as a user would start it, through the proxy."""
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.lower() != "no_proxy" and not name.startswith("WARTA_")
    }
    environment = (
        kept | dict.fromkeys(names, proxy) | {"WARTA_CONFIG": os.devnull}
    )  # a demo is the same whatever is configured
    command = [
        sys.executable,
        "-m",
        "scraper",
        "crawl",
        "--archive",
        str(path),
        *_SETTINGS,
        *arguments,
        *(["--json"] if as_json else []),
    ]
    sys.stdout.flush()
    with (
        tempfile.TemporaryDirectory() as locks
    ):  # no real site is asked: crawls of those may go on beside a demo
        done = subprocess.run(command, env=environment | {"WARTA_LOCKS": locks}, check=False)  # noqa: S603 - our own words
    if done.returncode != 0:
        raise click.ClickException("the demo's crawl failed; its lines above say why")


def _summary(path: Path, *, as_json: bool) -> None:
    with Archive(path, read_only=True) as archive:
        stories = list(
            archive.db.query(
                "SELECT article_id, site, layout, published_at, headline, revision, removed_at FROM latest ORDER BY 1"
            )
        )
        edited = next(
            archive.db.query(
                "SELECT article_id, url FROM history WHERE kind = 'publisher' ORDER BY article_id LIMIT 1"
            ),
            None,
        )
        bad = [story for story in stories if story["layout"] == "fallback" or not story["headline"]]
        counts = queries.stats(archive.db)
    click.echo()
    columns = {
        "article_id": "article",
        "site": "site",
        "layout": "layout",
        "published_at": "published",
        "revision": "rev",
        "headline": "headline",
    }
    print_table(
        [dict(story, headline=_headline(story)) for story in stories],
        columns,
        title=f"{path}: {len(stories)} stories of {len(counts)} sites",
    )
    if bad:
        raise click.ClickException(f"{len(bad)} stories were not read in their site's own layout")
    click.echo("\nEvery story was read in its site's own layout. What to type next:\n")
    number = edited["article_id"] if edited else 1
    program = "warta" if shutil.which("warta") else sys.argv[0]
    for line in (f"show {number}", f"log {number}", f"diff {number}", "search batik", "stats"):
        click.echo(f"  {program} {line} --archive {path}")
    click.echo(f"  sqlite3 {path} 'select site, headline from latest'")  # noqa: S608 - shown, not run


def _headline(story: dict[str, object]) -> str:
    return f"{story['headline']}{' (taken down)' if story['removed_at'] else ''}"
