"""Names of sites as people write them: `suara`, `Suara`, `SUARA.com`, `https://www.suara.com/`."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from archive.ledger.wording import meant
from scraper.cli.defaults import folders_of
from scraper.cli.publishers import refuse_broken
from scraper.sites.folders import using


class SiteName(click.ParamType[str]):
    """The name of a site; a domain or an address of a site with a profile is taken for its name."""

    name = "site"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Called by click; a name that no profile has is returned as it is."""
        plain = _plain(value)
        if plain in profiled():
            return plain
        from scraper.spiders import site_of

        site = site_of(f"https://{plain}/")
        return site.name if site is not None else value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Called by click."""
        begun = incomplete.lower()
        with using(partial(folders_of, ctx)):
            names = profiled()
        return [CompletionItem(name) for name in names if name.startswith(begun)]


def profiled() -> list[str]:
    """Return the names of the sites with a profile, without loading those."""
    from scraper.spiders import names

    return names()


def checked_sites(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the names without repeats, as they are known. Raises click.UsageError for a site that
    is not known, ClickException for one whose profile is broken.
    """
    known = list(known)
    as_known = {_plain(name): name for name in known}
    unknown = [name for name in names if _plain(name) not in as_known]
    if unknown:
        refuse_broken(map(_plain, unknown))
        there_are = ", ".join(known) or "none yet"
        near = get_close_matches(_plain(unknown[0]), as_known, n=1)
        probable = meant(as_known[each] for each in near)
        called = ", ".join(unknown)
        raise click.UsageError(f"no site is called {called}; there are {there_are}{probable}")
    return list(dict.fromkeys(as_known[_plain(name)] for name in names))


def _plain(text: str) -> str:
    """Return the host of an address or the name, in small letters.

    >>> _plain("https://WWW.Suara.com/news"), _plain("suara.com/"), _plain("Islam Times")
    ('suara.com', 'suara.com', 'islamtimes')
    """
    text = "".join(text.lower().split())
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname
    except ValueError:
        host = None
    return (host or text).removeprefix("www.")
