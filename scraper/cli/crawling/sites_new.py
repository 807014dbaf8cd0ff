"""`warta sites new`: a profile for a site that has none, from a dozen requests."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

import click

from archive.ledger.wording import plural, sentence
from archive.printable import in_line
from scraper.cli import options
from scraper.cli.crawling.visits import visit_settings, visited
from scraper.cli.defaults import config_option, configured, folders_of
from scraper.cli.new_file import check_folder, new_file
from scraper.cli.rendering.terminal import columns, note, print_table, say
from scraper.crawling.doctor.visitor import MAX_REQUESTS
from scraper.crawling.survey.conclusions import Conclusion
from scraper.crawling.survey.profile_file import CHECK, profile_file
from scraper.crawling.survey.surveyor import Surveyor
from scraper.ingest.saved.pages import pages_folder, save_pages
from scraper.politeness.leases import take
from scraper.sites.addresses import is_private, plain_url
from scraper.sites.profile_checks import problems_of_name
from scraper.sites.public_suffixes import is_public_suffix, registered_domain
from scraper.sites.site import Site
from scraper.spiders import names, site_of

_STORIES = columns(
    "headline published_at words authors agreement", published_at="published", agreement="agrees"
)


@click.command()
@click.argument("name")
@click.argument("home", metavar="URL")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; default: NAME.py in the folder of your profiles.",
)
@click.option("--dry-run", is_flag=True, help="Print the profile, write nothing.")
@options.scrapy_settings
@options.verbose
@config_option
@click.pass_context
def new(
    context: click.Context,
    name: str,
    home: str,
    output: Path | None,
    dry_run: bool,
    overrides: tuple[str, ...],
    verbose: bool,
) -> None:
    """Write a profile NAME for the site at URL, by at most a dozen polite requests: robots.txt, the
    home page, sitemaps, feeds, and three stories.

    The profile says what was found, how sure that is, and what is to be checked. No file is ever
    replaced. The stories' pages are kept beside it for `warta sites check`. Uses the proxies of
    `http_proxy` and `https_proxy`.

    \b
    warta sites new kabar https://kabar.example/
    warta sites check kabar
    """
    site = _site(name, home)
    target = output or folders_of(context)[0].path / f"{name}.py"
    if not dry_run:
        _check_free(name, target)
    context.with_resource(take(name, fleet=configured(context).configuration.fleet))
    spider = _surveyed(site, overrides, verbose=verbose)
    found = spider.conclusion
    if found is None:
        raise click.ClickException(in_line(spider.problem or "nothing was found"))
    day = f"{spider.crawl.now():%Y-%m-%d}"
    text = profile_file(found, made_at=day, remarks=list(_remarks(spider)))
    if dry_run:
        click.echo(text, nl=False)
        return
    _write(target, text, spider)
    _show(context, spider, found, target)


def _surveyed(site: Site, overrides: Sequence[str], *, verbose: bool) -> Surveyor:
    """Return the spider that read the site."""
    with tempfile.TemporaryDirectory() as nothing:
        settings = visit_settings(Path(nothing) / "none.db", site.name, overrides, verbose=verbose)
        delay = settings["DOWNLOAD_DELAY"]
        note(f"Reading {site.home} (at most {MAX_REQUESTS} requests, {delay} s apart) …")
        return visited(Surveyor, settings, {"site": site})


def _site(name: str, url: str) -> Site:
    """Return what is known of the site: its name, address and domain."""
    if wrong := next(problems_of_name(name), None):
        raise click.UsageError(in_line(wrong))
    if name in names():
        raise click.UsageError(f"there is a site called {name} already; choose another name")
    home = url if "://" in url else f"https://{url}"
    expected = "expected an address like https://kabar.example/"
    if plain_url(home) is None:
        raise click.UsageError(in_line(f"{url} is no web address; {expected}"))
    host = (urlsplit(home).hostname or "").lower()
    if is_private(host):
        raise click.UsageError(in_line(f"{url}: {sentence('private_address')}"))
    if is_public_suffix(host):
        raise click.UsageError(in_line(f"{host} is no publisher's alone; {expected}"))
    if (known := site_of(home)) is not None:
        raise click.UsageError(in_line(f"{host} is a domain of the site {known.name}"))
    parts = urlsplit(home)
    home = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path or '/'}"
    return Site(
        name=name, title=name, home=home, domains=(registered_domain(host),), article_urls=()
    )


def _check_free(name: str, target: Path) -> None:
    """Raise click.ClickException where a file or the pages of another profile would be replaced."""
    check_folder(target.parent)
    for path in (target, pages_folder(target.parent, name)):
        if path.exists() or path.is_symlink():
            what = "a folder" if path.is_dir() else "a file"
            raise click.ClickException(
                f"{path}: there is {what} already, which is never replaced; "
                "remove it, or choose another name"
            )


def _remarks(spider: Surveyor) -> Iterator[str]:
    """Yield what robots.txt says, for the profile's first lines."""
    rules = spider.rules
    if rules is None:
        return
    if rules.crawl_delay:
        yield f"robots.txt requires {rules.crawl_delay:g} s between requests, which crawls obey."
    excluded = [*rules.excluded(spider.site.home)]
    if excluded:
        yield (
            f"robots.txt excludes crawlers that collect training data ({', '.join(excluded)}): "
            "stories are marked `opted_out`."
        )
    elif spider.opted_out:
        yield f"Stories opt out of text mining ({spider.opted_out}): they are marked `opted_out`."


def _write(target: Path, text: str, spider: Surveyor) -> None:
    """Write the profile, and the pages that it was made from beside it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with new_file(target, force=False) as file:
            file.write(text.encode())
        save_pages(pages_folder(target.parent, spider.site.name), spider.pages)
    except OSError as error:
        where = error.filename or target
        raise click.ClickException(f"{where}: it cannot be written ({error.strerror})") from error


def _show(context: click.Context, spider: Surveyor, found: Conclusion, target: Path) -> None:
    rows = [
        {
            "headline": reading.article.headline,
            "published_at": reading.article.published_at,
            "words": len(reading.article.body.split()),
            "authors": list(reading.article.authors),
            "agreement": f"{reading.agreement:.0%}",
        }
        for reading in found.readings
    ]
    print_table(rows, _STORIES, flexible="headline")
    say()
    for line in _remarks(spider):
        say(line)
    checks = sum(CHECK in text for text in found.notes.values())
    sure = f"; {plural(checks, 'field')} marked {CHECK}" if checks else ""
    addresses = plural(len(found.patterns), "form")
    sources = plural(len(found.sources), "source")
    say(f"{target}: {addresses} of addresses, {sources}{sure} ({spider.sent()} requests).")
    say("What to do next:")
    say()
    for command in _next_commands(context, found.site.name, target):
        click.echo(f"  {command}")


def _next_commands(context: click.Context, name: str, target: Path) -> Iterator[str]:
    """Yield the commands that check the profile, as they find its file."""
    program = context.find_root().info_name or "warta"
    if target.parent.absolute() != folders_of(context)[0].path:
        program = f"WARTA_SITES_FOLDER={quote(str(target.parent))} {program}"
    for command in ("sites check {}", "doctor {}", "crawl {} --dry-run", "crawl {} --limit 20"):
        yield f"{program} {command.format(name)}"
